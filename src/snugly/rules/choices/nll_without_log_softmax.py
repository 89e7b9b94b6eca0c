"""SNG503 nll-without-log-softmax."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.records import dataclass
from snugly.facts.values import Meaning
from snugly.remedies.changes import LogSoftmax
from snugly.remedies.remedy import ChangeArgument
from snugly.remedies.rewrite import UseLoss
from snugly.rules.activations import applied, exchanged, raw_scores
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import class_axis, given, short, swapped, title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall

ARGUMENTS = {"nll_loss": "input", "ctc_loss": "log_probs"}
TO_LOG = {"softmax": "log_softmax", "Softmax": "LogSoftmax", "Softmax2d": "LogSoftmax"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NllWithoutLogSoftmax(Diagnosis):
    """Scores or probabilities where the loss takes log-probabilities.

    Attributes:
        loss: what the user calls it.
        meaning: what it was given.
    """

    loss: str
    meaning: str

    @property
    def message(self) -> str:
        """Say what the loss is then."""
        if self.loss.lower().startswith("ctc"):
            given_instead = "raw scores" if self.meaning == Meaning.LOGITS.value else "probabilities"
            return (
                f"{self.loss} takes log-probabilities and adds up those of every alignment. Given {given_instead} "
                f"the sum is no probability: the loss has no lower bound and does not say how likely the labels are."
            )
        if self.meaning == Meaning.LOGITS.value:
            return (
                f"{self.loss} takes log-probabilities and only picks one number of each row. Given raw scores it "
                "is minus "
                f"the score of the class: it falls without bound and trains nothing else."
            )
        return (
            f"{self.loss} takes log-probabilities and only picks one number of each row. Given probabilities it lies "
            f"between −1 and 0, with gradients that no longer grow where the model is wrong."
        )


@rule("SNG503", name="nll-without-log-softmax", severity=Severity.ERROR, refused=False, losses=frozenset(ARGUMENTS))
def nll_without_log_softmax(call: LossCall) -> Iterator[Diagnosis]:
    """Finds raw scores or probabilities given to a loss that takes log-probabilities."""
    name = ARGUMENTS[short(call)]
    input = None if swapped(call) else given(call, name)
    if input is None:
        return
    meaning = Meaning.LOGITS if raw_scores(input) else input.values.meaning
    if meaning not in (Meaning.LOGITS, Meaning.PROBABILITIES, Meaning.BERNOULLI):
        return
    cross_entropy = UseLoss("cross_entropy", "CrossEntropyLoss", "Use the loss that takes scores")
    logarithm = exchanged(name, input, TO_LOG, Meaning.LOG_PROBABILITIES, "Use the logarithm of the softmax")
    title_of_fix = "Turn the scores into log-probabilities"
    axis = len(input.shape or ()) - 1 if name == "log_probs" else class_axis(input)
    normalized = ChangeArgument(name, (LogSoftmax(axis),), title_of_fix, near=True, safe=False)
    found = applied(input)
    scores = meaning is Meaning.LOGITS
    yield NllWithoutLogSoftmax(
        loss=title(call),
        meaning=meaning.value,
        argument=name,
        blame=None if scores or found is None else found.origin.layer or found.origin,
        remedies=(*((cross_entropy,) if name == "input" else ()), normalized) if scores else logarithm,
        silent=True,
        only=(name,),
    )
