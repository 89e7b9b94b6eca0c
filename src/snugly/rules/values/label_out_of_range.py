"""SNG301 label-out-of-range."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass
from snugly.remedies.changes import Rescale
from snugly.remedies.remedy import ChangeArgument
from snugly.remedies.rewrite import SetOption
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.heads import resized_head
from snugly.rules.occurring import strays
from snugly.rules.reading import CLASS_INDEX, class_axis, classes, fixed, option, pair, title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall, Verdict
    from snugly.facts.tensors import TensorFacts
    from snugly.facts.values import ValueFacts

IGNORED = (-1, 255, -2, 254, 65535)
SIGNIFICANT_GAP = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelOutOfRange(Diagnosis):
    """A class index that names no class.

    Attributes:
        loss: what the user calls it.
        classes: how many classes the scores have.
        low: the smallest label, if known.
        high: the largest, if known.
        strays: the labels that name no class, if they are few.
        certain: whether such a label is known to occur.
    """

    loss: str
    classes: int
    low: float | None
    high: float | None
    strays: tuple[float, ...]
    certain: bool

    @property
    def message(self) -> str:
        """Say which labels there are."""
        said = f"{self.loss} has scores for {self.classes} classes and takes labels from 0 to {self.classes - 1}"
        if self.low == 1 and self.high == self.classes:
            found = f"the labels run from 1 to {self.classes}"
        elif self.strays:
            found = (
                f"{', '.join(f'{each:g}' for each in self.strays)} "
                f"{'occur' if len(self.strays) > 1 else 'occurs'} among them"
            )
        else:
            span = " to ".join(f"{end:g}" for end in (self.low, self.high) if end is not None)
            found = f"they run over {span}"
        end = "it raises on a CPU, and asserts on a GPU." if self.certain else "the first one that does not fit raises."
        return f"{said}, but {found}: {end}"


@rule("SNG301", name="label-out-of-range", severity=Severity.ERROR, losses=CLASS_INDEX | {"multi_margin_loss"})
def label_out_of_range(call: LossCall, verdict: Verdict) -> Iterator[Diagnosis]:
    """Finds class indices that name no class: labels from 1, a void value such as 255, a head that is too small."""
    arguments = pair(call)
    number = fixed(classes(call))
    if arguments is None or number is None or number < 2:
        return
    input, target = arguments
    if verdict.accepted is False and verdict.violations[0].clause != "label-range":
        return
    if target.rank is not None and target.rank >= (input.rank or 0):
        return
    ignored = option(call, "ignore_index")
    values = target.values
    certain = verdict.accepted is False
    tight = values.is_integral() is True and values.low == 1 and values.high == number
    written = strays(target, 0, number - 1, ignoring=ignored)
    if not certain and not tight and not written:
        return
    low, high, outside = _extremes(values, number, ignored)
    yield LabelOutOfRange(
        loss=title(call),
        classes=number,
        low=low,
        high=high,
        strays=outside or written[:4],
        certain=certain,
        argument="target",
        remedies=tuple(_remedies(call, input, number, (low, high), outside or written)),
        severity=None if certain or tight else Severity.WARNING,
        silent=not certain,
        only=("input", "target"),
    )


def _extremes(values: ValueFacts, number: int, ignored: Any) -> tuple[float | None, float | None, tuple[float, ...]]:
    known = values.members if values.members is not None else (frozenset(values.elements) if values.elements else None)
    if known:
        outside = sorted(each for each in known if not 0 <= each < number and each != ignored)
        return min(known), max(known), tuple(outside[:4])
    ends = [end for end in (values.low, values.high) if end is not None and not 0 <= end < number and end != ignored]
    return values.low, values.high, tuple(ends if values.attained else ())


def _remedies(
    call: LossCall, input: TensorFacts, number: int, ends: tuple[float | None, float | None], outside: tuple[float, ...]
) -> Iterator[Any]:
    low, high = ends
    if low == 1 and high == number:
        yield ChangeArgument("target", (Rescale(plus=-1),), "Count the classes from 0")
        return
    if len(outside) == 1 and int(outside[0]) in IGNORED and "ignore_index" not in call.options:
        value = int(outside[0])
        yield SetOption("ignore_index", value, str(value), f"Ignore the label {value}")
        return
    if (
        high is not None
        and low is not None
        and low >= 0
        and high >= number
        and high - number < max(SIGNIFICANT_GAP, number)
    ):
        yield from resized_head("input", input, class_axis(input), int(high) + 1)
