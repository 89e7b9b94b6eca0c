"""SNG110 ctc-lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import given, title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall, Verdict
    from snugly.facts.dims import Dim

CLAUSES = frozenset(("lengths-range", "target-lengths-range", "target-lengths-sum", "lengths-batch", "lengths-dtype"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CtcLengths(Diagnosis):
    """Lengths that do not belong to the tensors they are given with.

    Attributes:
        loss: what the user calls it.
        name: the argument.
        steps: how many time steps the scores have.
        largest: the largest length, if known.
    """

    loss: str
    name: str
    steps: Dim | None
    largest: Any

    @property
    def message(self) -> str:
        """Say what the lengths count."""
        if self.name == "input_lengths":
            found = "one is longer" if self.largest is None else f"one of them is {self.largest}"
            return (
                f"{self.loss} takes the lengths of the scores, which have {self.steps} time steps, but {found}, "
                "and it raises. "
                f"Lengths that count frames before a layer with a stride have to go through the same arithmetic."
            )
        return f"{self.loss} refuses {self.name}: they do not belong to the targets they are given with."


@rule("SNG110", name="ctc-lengths", severity=Severity.ERROR, refused=True, losses={"ctc_loss"})
def ctc_lengths(call: LossCall, verdict: Verdict) -> Iterator[Diagnosis]:
    """Finds lengths for CTC that are longer than the scores or the targets."""
    if not verdict.violations:
        return
    violation = verdict.violations[0]
    if violation.clause not in CLAUSES:
        return
    scores = given(call, "log_probs")
    steps = None if scores is None or not scores.shape else scores.shape[0]
    lengths = call.arguments.get(violation.argument)
    largest = None if lengths is None or lengths.values.high is None else int(lengths.values.high)
    yield CtcLengths(
        loss=title(call),
        name=violation.argument,
        steps=steps,
        largest=largest,
        argument=violation.argument if violation.argument in call.arguments else None,
        only=("log_probs", violation.argument),
    )
