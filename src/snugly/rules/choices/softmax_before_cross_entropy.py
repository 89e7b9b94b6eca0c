"""SNG501 softmax-before-cross-entropy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from snugly.facts.records import dataclass
from snugly.facts.values import Meaning
from snugly.rules.activations import applied, blame, without_activation
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import class_axis, fixed, given, swapped, title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall
    from snugly.facts.dims import Dim

SQUASHED = (Meaning.PROBABILITIES, Meaning.BERNOULLI)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftmaxBeforeCrossEntropy(Diagnosis):
    """Probabilities where the loss takes scores.

    Attributes:
        loss: what the user calls it.
        activation: what made them.
        classes: how many there are.
    """

    loss: str
    activation: str
    classes: Dim | None

    @property
    def floor(self) -> float | None:
        """The smallest value of the loss: log(e + C - 1) - 1."""
        number = fixed(self.classes)
        return None if number is None else math.log(math.e + number - 1) - 1

    @property
    def message(self) -> str:
        """Say what the loss cannot fall below."""
        floor = self.floor
        cannot = "fall to 0" if floor is None else f"fall below log(e + {fixed(self.classes)} − 1) − 1 = {floor:.4f}"
        return (
            f"{self.loss} applies log-softmax itself. Given the probabilities of {self.activation} it cannot {cannot}, "
            f"and its gradients are squashed."
        )


@rule(
    "SNG501",
    name="softmax-before-cross-entropy",
    severity=Severity.ERROR,
    refused=False,
    losses={"cross_entropy"},
)
def softmax_before_cross_entropy(call: LossCall) -> Iterator[Diagnosis]:
    """Finds probabilities (softmax or sigmoid) given to a loss that applies log-softmax itself."""
    input = None if swapped(call) else given(call, "input")
    if input is None or not input.shape:
        return
    if input.values.meaning not in SQUASHED or fixed(input.size(class_axis(input))) == 1:
        return
    found = applied(input)
    yield SoftmaxBeforeCrossEntropy(
        loss=title(call),
        activation="a softmax" if found is None else found.name,
        classes=input.size(class_axis(input)),
        argument="input",
        blame=blame(found),
        remedies=without_activation("input", input),
        silent=True,
        only=("input",),
    )
