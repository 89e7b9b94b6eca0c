"""SNG111 class-axis-coincides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, same
from snugly.facts.dtypes import is_floating
from snugly.facts.records import dataclass
from snugly.remedies.changes import Permute
from snugly.remedies.remedy import ChangeArgument, ChangeBoth
from snugly.rules.axes import made_axis
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import CLASS_INDEX, pair, sizes, title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall
    from snugly.facts.tensors import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassAxisCoincides(Diagnosis):
    """Scores whose class axis has the size of another one, so that nothing is raised.

    Attributes:
        loss: what the user calls it.
        input: the shape of the scores.
        classes: how many classes there are.
        axis: where they are.
        soft: whether the target holds class probabilities, which fit whatever the sizes are.
    """

    loss: str
    input: Shape
    classes: Dim
    axis: int
    soft: bool

    @property
    def message(self) -> str:
        """Say what is normalized over what."""
        place = (
            f"{self.loss} takes axis 1 for the classes, but the layer before it puts the {self.classes} classes of "
            f"{sizes(self.input)} on axis {self.axis}."
        )
        other = self.input[1]
        if not self.soft and same(self.classes, other) is not True:
            return (
                f"{place} torch raises unless {self.classes} happens to be {other}; then the softmax runs over "
                f"positions, and each label is looked up at the wrong place."
            )
        why = "the target has the same shape" if self.soft else f"both axes have {self.classes} entries"
        return (
            f"{place} Nothing is raised, because {why}: the softmax runs over positions, and each label is looked up "
            f"at the wrong place."
        )


@rule("SNG111", name="class-axis-coincides", severity=Severity.ERROR, refused=False, losses=CLASS_INDEX)
def class_axis_coincides(call: LossCall) -> Iterator[Diagnosis]:
    """Finds scores whose class axis is the last one, where sizes that coincide keep torch from noticing."""
    arguments = pair(call)
    if arguments is None:
        return
    input, target = arguments
    if input.shape is None or target.shape is None or len(input.shape) < 3:
        return
    axis = made_axis(input)
    if axis is None or axis in (0, 1):
        return
    soft = len(target.shape) == len(input.shape) and is_floating(target.dtype) is True
    rest = tuple(size for place, size in enumerate(input.shape) if place != axis)
    fits = len(rest) == len(target.shape) and all(same(a, b) is True for a, b in zip(rest, target.shape, strict=True))
    classes = input.shape[axis]
    if classes is None or not (soft or fits):
        return
    order = (0, axis, *(each for each in range(1, len(input.shape)) if each != axis))
    words = "Move the class axis to place 1"
    scores = ChangeArgument("input", (Permute(order),), words, near=True)
    labels = ChangeArgument("target", (Permute(order),), words, near=True)
    yield ClassAxisCoincides(
        loss=title(call),
        input=input.shape,
        classes=classes,
        axis=axis,
        soft=soft,
        argument="input",
        remedies=(ChangeBoth(scores, labels, f"{words} in both") if soft else scores,),
        silent=True,
        only=("input", "target"),
    )
