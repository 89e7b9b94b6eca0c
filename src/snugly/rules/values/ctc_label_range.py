"""SNG310 ctc-label-range."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.records import dataclass
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import fixed, given, title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall, Verdict
    from snugly.facts.dims import Dim


@dataclass(frozen=True, slots=True, kw_only=True)
class CtcLabelRange(Diagnosis):
    """Labels for CTC that name no class.

    Attributes:
        loss: what the user calls it.
        classes: how many classes the scores have, the blank included.
        low: the smallest label, if known.
        high: the largest, if known.
    """

    loss: str
    classes: Dim | None
    low: float | None
    high: float | None

    @property
    def message(self) -> str:
        """Say what torch does, which is worse than raising."""
        span = " to ".join(f"{end:g}" for end in (self.low, self.high) if end is not None)
        return (
            f"{self.loss} has scores for {self.classes} classes, the blank among them, and gets labels of "
            f"{span or 'others'}. torch "
            "does not check that: the forward pass reads, and the backward pass writes, memory that belongs to "
            "something else."
        )


@rule("SNG310", name="ctc-label-range", severity=Severity.ERROR, losses={"ctc_loss"})
def ctc_label_range(call: LossCall, verdict: Verdict) -> Iterator[Diagnosis]:
    """Finds labels for CTC outside the classes, which torch reads and writes out of bounds."""
    scores, targets = given(call, "log_probs"), call.arguments.get("targets")
    if scores is None or targets is None or not scores.shape:
        return
    number = fixed(scores.shape[-1])
    if number is None or targets.values.inside(0, number - 1) is not False:
        return
    yield CtcLabelRange(
        loss=title(call),
        classes=scores.shape[-1],
        low=targets.values.low,
        high=targets.values.high,
        argument="targets",
        silent=not (verdict.accepted is False and verdict.violations and verdict.violations[0].clause == "label-range"),
        only=("log_probs", "targets"),
    )
