"""SNG606 weight-does-not-broadcast."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import same
from snugly.facts.records import dataclass
from snugly.rules.axes import made_axis
from snugly.rules.broadcasts import meets
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.lengths import mended, wrong_step
from snugly.rules.reading import EXACT, fixed, given, sizes, title
from snugly.rules.registry import rule
from snugly.rules.tables import table_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall
    from snugly.facts.tensors import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightDoesNotBroadcast(Diagnosis):
    """Weights of elements that do not broadcast against the scores.

    Attributes:
        loss: what the user calls it.
        name: ``"pos_weight"`` or ``"weight"``.
        weight: the shape of the weights.
        input: the shape of the scores.
    """

    loss: str
    name: str
    weight: Shape
    input: Shape

    @property
    def message(self) -> str:
        """Say both shapes."""
        last = self.input[-1]
        wants = f", one for each of the {last} classes" if self.name == "pos_weight" and len(self.input) == 2 else ""
        return (
            f"{self.loss} broadcasts {self.name} against the scores of shape {sizes(self.input)}{wants}, gets "
            f"{sizes(self.weight)}, and raises."
        )


@rule(
    "SNG606",
    name="weight-does-not-broadcast",
    severity=Severity.ERROR,
    refused=True,
    losses=EXACT,
    given={"weight", "pos_weight"},
)
def weight_does_not_broadcast(call: LossCall) -> Iterator[Diagnosis]:
    """Finds a weight or pos_weight of a binary loss that does not broadcast against the scores."""
    input = given(call, "input")
    if input is None or not input.shape:
        return
    for name in ("pos_weight", "weight"):
        weight = given(call, name)
        if weight is None or weight.shape is None or meets(weight.shape, input.shape) is not False:
            continue
        if name == "weight" and len(weight.shape) == 1 and same(weight.shape[0], input.shape[0]) is True:
            continue
        axis = made_axis(input)
        number = input.shape[-1]
        if _along_classes(weight.shape, input.shape, axis):
            continue
        step = None if number is None or len(weight.shape) != 1 else wrong_step(weight, number)
        yield WeightDoesNotBroadcast(
            loss=title(call),
            name=name,
            weight=weight.shape,
            input=input.shape,
            argument=name,
            blame=table_of(weight, fixed(weight.size(0))) if step is None and weight.rank == 1 else None,
            remedies=() if step is None or number is None else (mended(name, weight, number, step),),
            only=("input", name),
        )


def _along_classes(weight: Shape, input: Shape, axis: int | None) -> bool:
    """Tell whether a vector of weights has the size of the classes, which are not the last axis."""
    if len(weight) != 1 or axis is None or axis == len(input) - 1:
        return False
    return same(weight[0], input[axis]) is not False
