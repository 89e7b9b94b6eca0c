"""SNG201 float-class-labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dtypes import is_floating
from snugly.facts.records import dataclass
from snugly.remedies.changes import Cast
from snugly.remedies.remedy import ChangeArgument
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import CLASS_INDEX, classes, fixed, pair, title
from snugly.rules.registry import rule
from snugly.rules.targets import indices_shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatClassLabels(Diagnosis):
    """Class indices as floating point numbers.

    Attributes:
        loss: what the user calls it.
        dtype: their dtype.
    """

    loss: str
    dtype: str

    @property
    def message(self) -> str:
        """Say what the loss wants."""
        return (
            f"{self.loss} takes one label for each row as a class index, which must be int64 (or uint8), and raises: "
            f"the target is {self.dtype}."
        )


@rule("SNG201", name="float-class-labels", severity=Severity.ERROR, refused=True, losses=CLASS_INDEX)
def float_class_labels(call: LossCall) -> Iterator[Diagnosis]:
    """Finds class indices that are floating point numbers."""
    arguments = pair(call)
    if arguments is None:
        return
    input, target = arguments
    wanted = indices_shape(input)
    if is_floating(target.dtype) is not True or target.dtype is None or wanted is None or target.shape is None:
        return
    if fixed(classes(call)) == 1 or target.values.is_integral() is False:
        return
    rows = [size for size in target.shape if size != 1]
    if len(rows) != len([size for size in wanted if size != 1]) or (
        len(target.shape) == input.rank and target.size(1) != 1
    ):
        return
    yield FloatClassLabels(
        loss=title(call),
        dtype=target.dtype,
        argument="target",
        remedies=(ChangeArgument("target", (Cast("int64"),), "Make the class labels int64"),),
        only=("input", "target"),
    )
