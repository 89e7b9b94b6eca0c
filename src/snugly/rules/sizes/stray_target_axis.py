"""SNG103 stray-target-axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.records import dataclass
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import CLASS_INDEX, pair, sizes, title
from snugly.rules.registry import rule
from snugly.rules.targets import indices_shape, to_shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall
    from snugly.facts.tensors import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class StrayTargetAxis(Diagnosis):
    """Class indices with an axis of one that the scores have no use for.

    Attributes:
        loss: what the user calls it.
        input: the shape of the scores.
        target: the shape of the labels.
        wanted: the shape that labels for these scores have.
    """

    loss: str
    input: Shape
    target: Shape
    wanted: Shape

    @property
    def message(self) -> str:
        """Say what shape the labels must have."""
        return (
            f"{self.loss} wants class indices of {sizes(self.wanted)} for scores of {sizes(self.input)}, and raises. "
            f"The target is {sizes(self.target)}: it has an axis of one too many."
        )


@rule("SNG103", name="stray-target-axis", severity=Severity.ERROR, refused=True, losses=CLASS_INDEX)
def stray_target_axis(call: LossCall) -> Iterator[Diagnosis]:
    """Finds class indices that have an axis of one too many, such as a column of labels or masks with a channel."""
    arguments = pair(call)
    if arguments is None:
        return
    input, target = arguments
    wanted = indices_shape(input)
    if wanted is None or target.rank is None or target.rank <= len(wanted) or target.size(0) == 1 != input.size(0):
        return
    remedies = to_shape("target", target, wanted)
    if not remedies or input.shape is None or target.shape is None:
        return
    yield StrayTargetAxis(
        loss=title(call),
        input=input.shape,
        target=target.shape,
        wanted=wanted,
        argument="target",
        remedies=remedies,
        only=("input", "target"),
    )
