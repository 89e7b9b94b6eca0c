"""SNG601 class-weight-length."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, same
from snugly.facts.records import dataclass
from snugly.remedies.changes import Squeeze
from snugly.remedies.remedy import ChangeArgument
from snugly.remedies.rewrite import Rewrite
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.lengths import mended, wrong_step
from snugly.rules.reading import CLASS_INDEX, classes, fixed, given, sizes, title
from snugly.rules.registry import rule
from snugly.rules.tables import table_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall
    from snugly.facts.tensors import Shape, TensorFacts
    from snugly.remedies.remedy import Remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassWeightLength(Diagnosis):
    """Class weights of another number than classes.

    Attributes:
        loss: what the user calls it.
        weight: the shape of the weights.
        classes: how many classes the scores have.
    """

    loss: str
    weight: Shape
    classes: Dim

    @property
    def message(self) -> str:
        """Say both numbers."""
        return (
            f"{self.loss} takes one weight for each of the {self.classes} classes, ({self.classes},), gets "
            f"{sizes(self.weight)}, and raises."
        )


@rule(
    "SNG601",
    name="class-weight-length",
    severity=Severity.ERROR,
    refused=True,
    losses=CLASS_INDEX | {"multi_margin_loss"},
    given={"weight"},
)
def class_weight_length(call: LossCall) -> Iterator[Diagnosis]:
    """Finds class weights whose number or shape is not that of the classes."""
    weight, number = given(call, "weight"), classes(call)
    if weight is None or number is None or weight.shape is None:
        return
    if len(weight.shape) == 1 and same(weight.shape[0], number) is not False:
        return
    step = wrong_step(weight, number)
    yield ClassWeightLength(
        loss=title(call),
        weight=weight.shape,
        classes=number,
        argument="weight",
        blame=table_of(weight, fixed(weight.size(0))) if step is None and weight.rank == 1 else None,
        remedies=(mended("weight", weight, number, step),) if step is not None else tuple(_remedies(weight, number)),
        only=("input", "weight"),
    )


def _remedies(weight: TensorFacts, number: Dim) -> Iterator[Remedy]:
    shape = weight.shape or ()
    lean = [axis for axis, size in enumerate(shape) if same(size, number) is True]
    if len(shape) == 2 and len(lean) == 1 and shape[1 - lean[0]] == 1:
        yield ChangeArgument("weight", (Squeeze(1 - lean[0]),), "Take the axis of one out of the weights", near=True)
        return
    size = fixed(number)
    if size is None or len(shape) != 1:
        return
    title_of_fix = f"Give a weight to each of the {size} classes"
    yield Rewrite(title_of_fix, {"weight": weight.with_(shape=(number,))}, lambda _: ())
