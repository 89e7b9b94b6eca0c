"""SNG102 target-in-one-row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, same
from snugly.facts.records import dataclass
from snugly.remedies.changes import Squeeze
from snugly.remedies.remedy import ChangeArgument
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import CLASS_INDEX, many, pair, sizes, title
from snugly.rules.registry import rule
from snugly.rules.targets import indices_shape, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall
    from snugly.facts.tensors import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetInOneRow(Diagnosis):
    """Labels with a leading axis of one.

    Attributes:
        loss: what the user calls it.
        rows: rows of scores.
        target: the shape of the labels.
        wanted: the shape that labels for these scores have.
    """

    loss: str
    rows: Dim
    target: Shape
    wanted: Shape

    @property
    def message(self) -> str:
        """Say how the loss reads the row."""
        return (
            f"{self.loss} reads a target of {sizes(self.target)} as one sample, for {many(self.rows, 'row')} of "
            "scores, "
            f"and raises. The labels lie in one row; they must be {sizes(self.wanted)}."
        )


@rule("SNG102", name="target-in-one-row", severity=Severity.ERROR, refused=True, losses=CLASS_INDEX)
def target_in_one_row(call: LossCall) -> Iterator[Diagnosis]:
    """Finds labels that carry a leading axis of one."""
    arguments = pair(call)
    if arguments is None:
        return
    input, target = arguments
    wanted = indices_shape(input)
    if wanted is None or not wanted or target.rank != len(wanted) + 1 or target.size(0) != 1 or input.shape is None:
        return
    rows = input.shape[0]
    if rows is None or same(target.size(1), rows) is not True or target.shape is None:
        return
    changes = (Squeeze(0),)
    yield TargetInOneRow(
        loss=title(call),
        rows=rows,
        target=target.shape,
        wanted=wanted,
        argument="target",
        remedies=(ChangeArgument("target", changes, sentence("target", changes)),),
        only=("input", "target"),
    )
