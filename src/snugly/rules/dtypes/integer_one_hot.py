"""SNG202 integer-one-hot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dtypes import is_floating
from snugly.facts.records import dataclass
from snugly.facts.values import Meaning
from snugly.remedies.changes import Cast
from snugly.remedies.remedy import ChangeArgument
from snugly.remedies.reshaping import equal
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import CLASS_INDEX, class_axis, fixed, pair, sizes, title
from snugly.rules.registry import rule
from snugly.rules.targets import from_one_hot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall
    from snugly.facts.dims import Dim
    from snugly.facts.tensors import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegerOneHot(Diagnosis):
    """Integer rows of the same shape as the scores.

    Attributes:
        loss: what the user calls it.
        shape: the shape of scores and target.
        dtype: the dtype of the target.
        classes: how many classes there are.
        many: whether rows can hold several ones.
    """

    loss: str
    shape: Shape
    dtype: str
    classes: Dim
    many: bool

    @property
    def message(self) -> str:
        """Say how the loss reads the target."""
        rows = "multi-hot" if self.many else "one-hot"
        return (
            f"The target has the shape of the scores, {sizes(self.shape)}, so {self.loss} reads it as the "
            "probabilities "
            f"of {self.classes} classes, which must be floating point, and raises: it is {self.dtype}. For {rows} rows "
            + ("every class is a question of its own." if self.many else "pass the class indices.")
        )


@rule("SNG202", name="integer-one-hot", severity=Severity.ERROR, refused=True, losses=CLASS_INDEX)
def integer_one_hot(call: LossCall) -> Iterator[Diagnosis]:
    """Finds integer one-hot rows where the loss takes class indices or floating point probabilities."""
    arguments = pair(call)
    if arguments is None:
        return
    input, target = arguments
    if input.shape is None or target.shape is None or target.dtype is None or is_floating(target.dtype) is not False:
        return
    axis = class_axis(input)
    number = input.size(axis) if len(input.shape) > 1 else None
    if number is None or fixed(number) == 1 or not equal(input.shape, target.shape):
        return
    several = target.values.meaning is Meaning.MASK and target.values.sums_to_one(axis) is not True
    several = several or target.values.sums_to_one(axis) is False
    soft = ChangeArgument(
        "target", (Cast(input.dtype or "float32"),), "Make the target floating point", near=True, safe=False
    )
    indices = from_one_hot("target", target, axis)
    yield IntegerOneHot(
        loss=title(call),
        shape=target.shape,
        dtype=target.dtype,
        classes=number,
        many=several,
        argument="target",
        remedies=(soft,) if several else (*indices, soft),
        only=("input", "target"),
    )
