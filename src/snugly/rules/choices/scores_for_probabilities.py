"""SNG510 scores-for-probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.records import dataclass
from snugly.facts.values import Meaning
from snugly.remedies.rewrite import UseLoss
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import given, swapped, title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoresForProbabilities(Diagnosis):
    """Raw scores where the loss takes probabilities.

    Attributes:
        loss: what the user calls it.
        meaning: what it was given.
    """

    loss: str
    meaning: str

    @property
    def message(self) -> str:
        """Say when torch raises."""
        return (
            f"{self.loss} takes probabilities and is given {self.meaning}, which are not bounded. On a CPU it "
            "raises as soon "
            f"as one lies outside [0, 1]; on a GPU the kernel asserts."
        )


@rule("SNG510", name="scores-for-probabilities", severity=Severity.ERROR, losses={"binary_cross_entropy"})
def scores_for_probabilities(call: LossCall, verdict: Verdict) -> Iterator[Diagnosis]:
    """Finds raw scores given to a loss that takes probabilities."""
    input = None if swapped(call) else given(call, "input")
    if input is None:
        return
    outside = (
        bool(verdict.violations)
        and verdict.violations[0].clause == "probability-range"
        and verdict.violations[0].argument == "input"
        and not input.values.has_nan()
    )
    if input.values.meaning not in (Meaning.LOGITS, Meaning.LOG_PROBABILITIES, Meaning.LOG_BERNOULLI) and not outside:
        return
    remedy = UseLoss("binary_cross_entropy_with_logits", "BCEWithLogitsLoss", "Use the loss that takes scores")
    yield ScoresForProbabilities(
        loss=title(call),
        meaning="raw scores" if input.values.meaning is Meaning.LOGITS else "values outside [0, 1]",
        argument="input",
        remedies=(remedy,),
        silent=not outside,
        only=("input",),
    )
