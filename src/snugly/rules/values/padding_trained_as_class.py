"""SNG305 padding-trained-as-class."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.facts.records import dataclass
from snugly.remedies.lexical import expression_at
from snugly.remedies.remedy import Placement
from snugly.remedies.rewrite import Rewrite
from snugly.remedies.undo import with_argument
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Edit, Severity
from snugly.rules.reading import CLASS_INDEX, classes, fixed, given, option, short, title
from snugly.rules.registry import rule
from snugly.rules.steps import chain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snugly.contracts import LossCall, Verdict
    from snugly.facts.dims import Dim
    from snugly.facts.origins import Origin
    from snugly.facts.tensors import TensorFacts

CARRYING = frozenset((
    "view", "reshape", "flatten", "to", "long", "cuda", "contiguous", "getitem", "transpose", "permute",
    "clone", "collate",
    "detach", "type", "squeeze", "t", "item",
))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PaddingTrainedAsClass(Diagnosis):
    """Padding whose value is a class, beside a loss that ignores another value.

    Attributes:
        loss: what the user calls it.
        padding: the value of the padding.
        ignored: the value that the loss ignores.
        classes: how many classes there are.
    """

    loss: str
    padding: int
    ignored: int
    classes: Dim

    @property
    def message(self) -> str:
        """Say what is trained."""
        return (
            f"The labels are padded with {self.padding}, which is one of the {self.classes} classes, and "
            f"{self.loss} ignores "
            f"{self.ignored}: every padded position is trained, and counted in the mean, as class {self.padding}."
        )


@rule("SNG305", name="padding-trained-as-class", severity=Severity.ERROR)
def padding_trained_as_class(call: LossCall, verdict: Verdict) -> Iterator[Diagnosis]:
    """Finds labels that are padded with the index of a class while the loss ignores another value."""
    target = given(call, "target")
    number, ignored = fixed(classes(call)), option(call, "ignore_index")
    if verdict.accepted is False or short(call) not in CLASS_INDEX or target is None or number is None:
        return
    if not isinstance(ignored, int) or option(call, "reduction") == "none":
        return
    padded = _padded(target)
    if padded is None:
        return
    origin, padding = padded
    if padding == ignored or not 0 <= padding < number:
        return
    remedy = Rewrite(
        "Pad the labels with the ignored value",
        {"target": target.with_(origin=None)},
        lambda _: _written(origin, ignored),
    )
    told = PaddingTrainedAsClass(
        loss=title(call),
        padding=padding,
        ignored=ignored,
        classes=number,
        argument="target",
        blame=origin,
        remedies=(remedy,),
        silent=True,
        only=("target",),
        severity=Severity.ERROR if "ignore_index" in call.options else Severity.WARNING,
    )
    yield told


def _padded(target: TensorFacts) -> tuple[Origin, int] | None:
    """Return the padding that the labels come from, if nothing changed their elements since, and its value."""
    for origin, _, _ in chain(target):
        name = origin.operation.rpartition(".")[2]
        if name == "pad_sequence":
            value = origin.options.get("padding_value", 0)
            return (origin, int(value)) if isinstance(value, int | float) and float(value).is_integer() else None
        if name not in CARRYING:
            return None
    return None


def _written(origin: Origin, ignored: int) -> Iterable[Placement]:
    written = expression_at(origin.place, origin.callers)
    if written is None or not isinstance(written.node, ast.Call):
        return
    keyword = next((each for each in written.node.keywords if each.arg == "padding_value"), None)
    if keyword is not None:
        edit = Edit(written.text.place(keyword.value), str(ignored))
    elif len(written.node.args) > 2:
        edit = Edit(written.text.place(written.node.args[2]), str(ignored))
    else:
        edit = with_argument(written.text, written.node, f"padding_value={ignored}")
    yield Placement((edit,), f"padding_value={ignored}", written.place, local=False)
