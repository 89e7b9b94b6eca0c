"""SNG309 several-classes-at-once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dtypes import is_floating
from snugly.facts.records import dataclass
from snugly.facts.values import Meaning
from snugly.remedies.reshaping import equal
from snugly.remedies.rewrite import UseLoss
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import class_axis, fixed, pair, title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall
    from snugly.facts.dims import Dim


@dataclass(frozen=True, slots=True, kw_only=True)
class SeveralClassesAtOnce(Diagnosis):
    """Rows of 0 and 1 that do not sum to one, as class probabilities.

    Attributes:
        loss: what the user calls it.
        classes: how many classes there are.
    """

    loss: str
    classes: Dim

    @property
    def message(self) -> str:
        """Say what the softmax makes of it."""
        return (
            f"{self.loss} takes the target as probabilities of {self.classes} classes that exclude each other, "
            "but its rows "
            f"of 0 and 1 do not sum to 1: the scores of classes that occur together are trained against each other."
        )


@rule(
    "SNG309",
    name="several-classes-at-once",
    severity=Severity.WARNING,
    refused=False,
    losses={"cross_entropy"},
)
def several_classes_at_once(call: LossCall) -> Iterator[Diagnosis]:
    """Finds multi-hot targets given to a loss for classes that exclude each other."""
    arguments = pair(call)
    if arguments is None:
        return
    input, target = arguments
    if input.shape is None or target.shape is None or not input.shape or len(input.shape) < 2:
        return
    axis = class_axis(input)
    number = input.shape[axis]
    if (
        is_floating(target.dtype) is not True
        or not equal(input.shape, target.shape)
        or number is None
        or fixed(number) == 1
    ):
        return
    binary = target.values.only((0, 1)) is True
    certain = target.values.sums_to_one(axis) is False and binary
    if not certain and not (
        target.values.meaning is Meaning.MASK and target.values.sums_to_one(axis) is None and binary
    ):
        return
    remedy = UseLoss("binary_cross_entropy_with_logits", "BCEWithLogitsLoss", "Ask about every class on its own")
    yield SeveralClassesAtOnce(
        loss=title(call), classes=number, argument="target", remedies=(remedy,), silent=True, only=("input", "target")
    )
