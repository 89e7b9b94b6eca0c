"""SNG105 target-shape-differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, product, same
from snugly.facts.dims import divides as divisible
from snugly.facts.records import dataclass
from snugly.remedies.changes import First
from snugly.remedies.remedy import ChangeArgument
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.flattening import moved_into_batch
from snugly.rules.matching import matched
from snugly.rules.reading import ELEMENTWISE, EXACT, fixed, pair, short, sizes, title
from snugly.rules.registry import rule
from snugly.rules.rows import rows_of_another_batch
from snugly.rules.sizes.class_count_differs import differing_axis
from snugly.rules.sizes.map_size_differs import differing_maps
from snugly.rules.squeezing import eaten
from snugly.rules.steps import chain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall, Verdict
    from snugly.facts.origins import Origin
    from snugly.facts.tensors import Shape, TensorFacts

PICTURE_CHANNELS = (3, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetShapeDiffers(Diagnosis):
    """Two shapes that an elementwise loss cannot pair.

    Attributes:
        loss: what the user calls it.
        input: the shape of the prediction.
        target: the shape of the target.
        exact: whether the loss wants equal shapes, rather than shapes that broadcast.
        times: how many times the larger holds the smaller, if it does.
    """

    loss: str
    input: Shape
    target: Shape
    exact: bool
    times: Dim | None

    @property
    def message(self) -> str:
        """Say what the loss wants."""
        want = (
            "wants a target of the same shape as the input" if self.exact else "pairs the elements of input and target"
        )
        said = f"{self.loss} {want}, gets {sizes(self.input)} and {sizes(self.target)}, and raises."
        if self.times is None or same(self.times, 1):
            return said
        return f"{said} One has exactly {self.times} times as many elements as the other."


@rule("SNG105", name="target-shape-differs", severity=Severity.ERROR, refused=True, losses=ELEMENTWISE)
def target_shape_differs(call: LossCall, verdict: Verdict) -> Iterator[Diagnosis]:
    """Finds predictions and targets that an elementwise loss cannot pair, such as a column and a vector."""
    arguments = pair(call)
    if arguments is None:
        return
    input, target = arguments
    if input.shape is None or target.shape is None:
        return
    if len(input.shape) == len(target.shape) and all(
        same(a, b) is not False for a, b in zip(input.shape, target.shape, strict=True)
    ):
        return
    if not _shape_to_blame(verdict) or differing_axis(input, target) is not None or eaten(input) or eaten(target):
        return
    if rows_of_another_batch(call) is not None or differing_maps(call) is not None:
        return
    if input.shape and target.shape and moved_into_batch(input, target.shape[0]) is not None:
        return
    channels = _channels_of_a_grey_picture(call)
    one = ChangeArgument("target", (First(1),), "Keep one channel of the target", safe=False)
    yield TargetShapeDiffers(
        loss=title(call),
        input=input.shape,
        target=target.shape,
        exact=short(call) in EXACT,
        times=_times(input.shape, target.shape),
        argument="target",
        blame=_made(target) if channels else None,
        remedies=(one, *matched(input, target)) if channels else matched(input, target),
        only=("input", "target"),
    )


def _channels_of_a_grey_picture(call: LossCall) -> bool:
    """Tell whether a mask has the channels of a picture file, beside scores that have one and fit otherwise."""
    arguments = pair(call)
    if arguments is None or short(call) not in EXACT or arguments[0].rank != 4 or arguments[1].rank != 4:
        return False
    a, b = arguments[0].shape or (), arguments[1].shape or ()
    rest = all(same(a[axis], b[axis]) is not False for axis in (0, 2, 3))
    return rest and same(a[1], 1) is True and fixed(b[1]) in PICTURE_CHANNELS


def _made(facts: TensorFacts) -> Origin | None:
    """Return the operation that gave a tensor its shape, the making of samples and batches left out."""
    return next((origin for origin, _, _ in chain(facts) if origin.operation not in ("item", "collate")), None)


def _shape_to_blame(verdict: Verdict) -> bool:
    return bool(verdict.violations) and verdict.violations[0].clause in ("target-shape", "broadcast", "input-shape")


def _times(input: Shape, target: Shape) -> Dim | None:
    a, b = product(input), product(target)
    if a is None or b is None:
        return None
    for large, small in ((a, b), (b, a)):
        if same(small, 0) is False and divisible(small, large) is True:
            return large // small
    return None
