"""SNG106 class-count-differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, same
from snugly.facts.dtypes import is_floating
from snugly.facts.records import dataclass
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.heads import resized_head
from snugly.rules.reading import CLASS_INDEX, ELEMENTWISE, fixed, pair, short, sizes, title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall
    from snugly.facts.tensors import Shape, TensorFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassCountDiffers(Diagnosis):
    """A head with another number of outputs than the target has columns.

    Attributes:
        loss: what the user calls it.
        input: the shape of the scores.
        target: the shape of the target.
        outputs: how many values the model gives for each sample.
        labels: how many the target has.
    """

    loss: str
    input: Shape
    target: Shape
    outputs: Dim
    labels: Dim

    @property
    def message(self) -> str:
        """Say both counts."""
        return (
            f"{self.loss} pairs {sizes(self.input)} with {sizes(self.target)}, and raises: the model gives "
            f"{self.outputs} values for each sample, the target has {self.labels}."
        )


def differing_axis(input: TensorFacts, target: TensorFacts) -> int | None:
    """Return the one axis in which two shapes of the same rank differ, the batch axis left out."""
    if input.shape is None or target.shape is None or len(input.shape) != len(target.shape) or len(input.shape) < 2:
        return None
    differing = [
        axis for axis, (a, b) in enumerate(zip(input.shape, target.shape, strict=True)) if same(a, b) is not True
    ]
    if len(differing) != 1 or differing[0] == 0:
        return None
    axis = differing[0]
    ones = 1 in (fixed(input.shape[axis]), fixed(target.shape[axis]))
    counts = fixed(input.shape[axis]) is not None and fixed(target.shape[axis]) is not None
    return axis if counts and not ones else None


@rule("SNG106", name="class-count-differs", severity=Severity.ERROR, refused=True, losses=ELEMENTWISE | CLASS_INDEX)
def class_count_differs(call: LossCall) -> Iterator[Diagnosis]:
    """Finds a head whose number of outputs is not the number of columns of the target."""
    arguments = pair(call)
    if arguments is None:
        return
    input, target = arguments
    axis = differing_axis(input, target)
    if axis is None or input.shape is None or target.shape is None:
        return
    if short(call) in CLASS_INDEX and is_floating(target.dtype) is not True:
        return
    outputs, labels = input.shape[axis], target.shape[axis]
    if outputs is None or labels is None:
        return
    yield ClassCountDiffers(
        loss=title(call),
        input=input.shape,
        target=target.shape,
        outputs=outputs,
        labels=labels,
        argument="input",
        remedies=resized_head("input", input, axis, labels),
        only=("input", "target"),
    )
