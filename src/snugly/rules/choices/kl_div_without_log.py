"""SNG509 kl-div-without-log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.records import dataclass
from snugly.facts.values import Meaning
from snugly.remedies.rewrite import SetOption
from snugly.rules.activations import applied, exchanged
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import option, title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall

TO_LOG = {"softmax": "log_softmax", "Softmax": "LogSoftmax"}


@dataclass(frozen=True, slots=True, kw_only=True)
class KlDivWithoutLog(Diagnosis):
    """Arguments of a divergence in the wrong space.

    Attributes:
        loss: what the user calls it.
        side: ``"input"`` or ``"target"``.
        meaning: what it was given there.
    """

    loss: str
    side: str
    meaning: str

    @property
    def message(self) -> str:
        """Say what the loss takes there."""
        if self.side == "input":
            return (
                f"{self.loss} takes log-probabilities as its input and is given {self.meaning}: the value is no "
                "divergence and can be negative."
            )
        return (
            f"{self.loss} takes probabilities as its target and is given {self.meaning}: without "
            "log_target=True the value is NaN or no divergence."
        )


@rule("SNG509", name="kl-div-without-log", severity=Severity.ERROR, refused=False, losses={"kl_div"})
def kl_div_without_log(call: LossCall) -> Iterator[Diagnosis]:
    """Finds a divergence whose input is not in log space, or whose target is and is not declared so."""
    input, target = call.arguments.get("input"), call.arguments.get("target")
    if input is None or target is None:
        return
    if input.values.meaning in (Meaning.PROBABILITIES, Meaning.LOGITS):
        found = applied(input)
        yield KlDivWithoutLog(
            loss=title(call),
            side="input",
            meaning=input.values.meaning.value,
            argument="input",
            blame=None if found is None else found.origin,
            remedies=exchanged("input", input, TO_LOG, Meaning.LOG_PROBABILITIES, "Take the logarithm of the softmax"),
            silent=True,
            only=("input",),
        )
    if target.values.meaning is Meaning.LOG_PROBABILITIES and option(call, "log_target") is False:
        yield KlDivWithoutLog(
            loss=title(call),
            side="target",
            meaning=target.values.meaning.value,
            argument="target",
            remedies=(SetOption("log_target", value=True, text="True", title="Say that the target is in log space"),),
            silent=True,
            only=("target",),
        )
