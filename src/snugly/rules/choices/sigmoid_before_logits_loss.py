"""SNG502 sigmoid-before-logits-loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.records import dataclass
from snugly.facts.values import Meaning
from snugly.remedies.rewrite import UseLoss
from snugly.rules.activations import applied, without_activation
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import given, short, swapped, title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall

LOSSES = frozenset(("binary_cross_entropy_with_logits", "multilabel_soft_margin_loss"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SigmoidBeforeLogitsLoss(Diagnosis):
    """Probabilities where the loss takes logits.

    Attributes:
        loss: what the user calls it.
        activation: what made them.
    """

    loss: str
    activation: str

    @property
    def message(self) -> str:
        """Say what the loss cannot fall below."""
        return (
            f"{self.loss} applies a sigmoid itself. Given the probabilities of {self.activation}, a target of 1 "
            "costs at "
            f"least 0.3133 and a target of 0 at least 0.6931, and the gradients are squashed."
        )


@rule("SNG502", name="sigmoid-before-logits-loss", severity=Severity.ERROR, refused=False, losses=LOSSES)
def sigmoid_before_logits_loss(call: LossCall) -> Iterator[Diagnosis]:
    """Finds probabilities given to a loss that applies a sigmoid itself."""
    input = None if swapped(call) else given(call, "input")
    if input is None or input.values.meaning not in (Meaning.BERNOULLI, Meaning.PROBABILITIES):
        return
    found = applied(input)
    other = UseLoss("binary_cross_entropy", "BCELoss", "Use the loss that takes probabilities")
    same_options = "pos_weight" not in call.arguments and short(call) == "binary_cross_entropy_with_logits"
    yield SigmoidBeforeLogitsLoss(
        loss=title(call),
        activation="a sigmoid" if found is None else found.name,
        argument="input",
        remedies=(*((other,) if same_options else ()), *without_activation("input", input)),
        silent=True,
        only=("input",),
    )
