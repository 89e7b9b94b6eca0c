"""SNG603 pos-weight-axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, same
from snugly.facts.records import dataclass
from snugly.remedies.changes import Unsqueeze
from snugly.remedies.remedy import ChangeArgument
from snugly.rules.axes import made_axis
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import EXACT, given, sizes, title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall, Verdict
    from snugly.facts.tensors import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class PosWeightAxis(Diagnosis):
    """A vector of class weights that runs along another axis than the classes.

    Attributes:
        loss: what the user calls it.
        name: ``"pos_weight"`` or ``"weight"``.
        input: the shape of the scores.
        axis: where the classes are.
        classes: how many there are.
        silent_axis: whether the sizes coincide, so that torch says nothing.
    """

    loss: str
    name: str
    input: Shape
    axis: int
    classes: Dim
    silent_axis: bool

    @property
    def message(self) -> str:
        """Say along which axis the weights run."""
        last = len(self.input) - 1
        said = (
            f"{self.loss} broadcasts {self.name} ({self.classes},) against the last axis of {sizes(self.input)}, "
            "but the "
            f"{self.classes} classes are axis {self.axis}"
        )
        if self.silent_axis:
            return (
                f"{said}. Both axes have {self.classes} entries, so nothing is raised: the weights of the "
                f"classes are applied to axis {last}."
            )
        return f"{said}, and raises."


@rule("SNG603", name="pos-weight-axis", severity=Severity.ERROR, losses=EXACT, given={"weight", "pos_weight"})
def pos_weight_axis(call: LossCall, verdict: Verdict) -> Iterator[Diagnosis]:
    """Finds a vector of class weights that broadcasts along another axis than that of the classes."""
    input = given(call, "input")
    if input is None or input.shape is None or len(input.shape) < 3:
        return
    for name in ("pos_weight", "weight"):
        weight = given(call, name)
        if weight is None or weight.shape is None or len(weight.shape) != 1 or same(weight.shape[0], 1) is not False:
            continue
        axis = made_axis(input)
        last = len(input.shape) - 1
        coincides = same(weight.shape[0], input.shape[last])
        if axis is None or axis in (0, last) or same(weight.shape[0], input.shape[axis]) is not True:
            continue
        if coincides is None or (coincides is False and verdict.accepted is not False):
            continue
        changes = tuple(Unsqueeze(place) for place in range(1, last - axis + 1))
        remedy = ChangeArgument(name, changes, f"Put the {name} on the axis of the classes", near=True)
        yield PosWeightAxis(
            loss=title(call),
            name=name,
            input=input.shape,
            axis=axis,
            classes=weight.shape[0] or 0,
            silent_axis=coincides,
            argument=name,
            remedies=(remedy,),
            silent=coincides,
            only=("input", name),
        )
