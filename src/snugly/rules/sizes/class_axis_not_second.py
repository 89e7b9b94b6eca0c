"""SNG104 class-axis-not-second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import same
from snugly.facts.records import dataclass
from snugly.remedies.changes import Permute
from snugly.remedies.remedy import ChangeArgument
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import CLASS_INDEX, pair, sizes, title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall
    from snugly.facts.tensors import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassAxisNotSecond(Diagnosis):
    """Scores whose class axis is not axis 1.

    Attributes:
        loss: what the user calls it.
        input: the shape of the scores.
        target: the shape of the labels.
        axis: where the classes are.
    """

    loss: str
    input: Shape
    target: Shape
    axis: int

    @property
    def message(self) -> str:
        """Say how the loss reads the shape."""
        return (
            f"{self.loss} takes axis 1 for the classes, reads {sizes(self.input)} as {self.input[1]} classes at "
            f"{' × '.join(map(str, self.input[2:]))} positions, and raises. The target {sizes(self.target)} shows that "
            f"the {self.input[self.axis]} classes are axis {self.axis}."
        )


def to_second(shape: Shape, target: Shape) -> Permute | None:
    """Return the reordering of scores by which class indices of shape ``target`` fit them, if there is just one."""
    if len(shape) != len(target) + 1:
        return None
    matches: list[int] = []
    for size in target:
        found = [axis for axis, each in enumerate(shape) if axis not in matches and same(each, size) is True]
        if not found:
            return None
        matches.append(found[0])
    rest = [axis for axis in range(len(shape)) if axis not in matches]
    order = (matches[0], rest[0], *matches[1:])
    return None if order == tuple(range(len(shape))) else Permute(order)


@rule("SNG104", name="class-axis-not-second", severity=Severity.ERROR, refused=True, losses=CLASS_INDEX)
def class_axis_not_second(call: LossCall) -> Iterator[Diagnosis]:
    """Finds scores whose classes are not on axis 1, such as (N, T, C) for a target of (N, T)."""
    arguments = pair(call)
    if arguments is None:
        return
    input, target = arguments
    if input.shape is None or target.shape is None or len(input.shape) < 3:
        return
    change = to_second(input.shape, target.shape)
    if change is None:
        return
    axis = change.order[1]
    yield ClassAxisNotSecond(
        loss=title(call),
        input=input.shape,
        target=target.shape,
        axis=axis,
        argument="input",
        remedies=(ChangeArgument("input", (change,), "Move the class axis to place 1", near=True),),
        only=("input", "target"),
    )
