"""SNG107 positions-in-batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, product, same
from snugly.facts.records import dataclass
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.flattening import keeping_batch, moved_into_batch
from snugly.rules.reading import CLASS_INDEX, EXACT, pair, sizes, title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall
    from snugly.facts.tensors import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionsInBatch(Diagnosis):
    """A view made several rows of each sample.

    Attributes:
        loss: what the user calls it.
        rows: rows of scores.
        batch: samples.
        times: rows of each sample, ``None`` where rows hold parts of several samples.
        before: the shape before the view.
        after: the shape after it.
    """

    loss: str
    rows: Dim
    batch: Dim
    times: Dim | None
    before: Shape
    after: Shape

    @property
    def message(self) -> str:
        """Say where the rows come from."""
        if self.times is None:
            return (
                f"{self.loss} gets {self.rows} rows of scores for {self.batch} labels, and raises. The view from "
                f"{sizes(self.before)} to {sizes(self.after)} cuts the {product(self.before[1:])} features of a sample "
                f"into rows of {self.after[-1]}, and so makes {self.rows} rows of {self.batch} samples."
            )
        inner = " × ".join(str(size) for size in self.before[2:]) or str(self.times)
        shown = self.times if not self.before[2:] or same(product(self.before[2:]), self.times) is not True else inner
        return (
            f"{self.loss} gets {self.rows} rows of scores for {self.batch} labels, and raises. "
            f"{self.rows} = {self.batch} × {shown}: the view from {sizes(self.before)} to {sizes(self.after)} turns "
            f"the {shown} positions of each sample into rows of the batch."
        )


@rule("SNG107", name="positions-in-batch", severity=Severity.ERROR, refused=True, losses=CLASS_INDEX | EXACT)
def positions_in_batch(call: LossCall) -> Iterator[Diagnosis]:
    """Finds a view that turns the positions of each sample into rows of the batch."""
    arguments = pair(call)
    if arguments is None:
        return
    input, target = arguments
    if not input.shape or not target.shape or same(input.size(0), target.size(0)) is not False:
        return
    moved = moved_into_batch(input, target.size(0))
    rows = input.size(0)
    if moved is None or rows is None or moved.before.shape is None or moved.after.shape is None:
        return
    wanted = input.with_(shape=(moved.batch, *input.shape[1:]))
    yield PositionsInBatch(
        loss=title(call),
        rows=rows,
        batch=moved.batch,
        times=moved.times,
        before=moved.before.shape,
        after=moved.after.shape,
        argument="input",
        blame=None,
        remedies=keeping_batch(moved, "input", wanted),
        only=("input", "target"),
    )
