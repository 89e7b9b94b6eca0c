"""SNG704 rows-of-another-batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.records import dataclass
from snugly.remedies.rewrite import Rewrite
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import CLASS_INDEX, ELEMENTWISE, title
from snugly.rules.registry import rule
from snugly.rules.rows import first_rows
from snugly.rules.rows import rows_of_another_batch as found_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall
    from snugly.facts.dims import Dim


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsOfAnotherBatch(Diagnosis):
    """A target made for the configured batch size, beside a smaller batch.

    Attributes:
        loss: what the user calls it.
        name: the argument that has too many rows.
        made_for: how many rows it has.
        batch: how many the batch has.
    """

    loss: str
    name: str
    made_for: Dim
    batch: Dim

    @property
    def message(self) -> str:
        """Say which batch fails."""
        return (
            f"The {self.name} always has {self.made_for} rows, but a batch of {self.batch} occurs: {self.loss} "
            "raises there."
        )


@rule("SNG704", name="rows-of-another-batch", severity=Severity.ERROR, refused=True, losses=CLASS_INDEX | ELEMENTWISE)
def rows_of_another_batch(call: LossCall) -> Iterator[Diagnosis]:
    """Finds a target that is made for the configured batch size and meets a smaller last batch."""
    rows = found_rows(call)
    if rows is None:
        return
    facts = call.arguments[rows.name]
    changed = {rows.name: facts.with_(shape=(rows.batch, *(facts.shape or ())[1:]))}
    yield RowsOfAnotherBatch(
        loss=title(call),
        name=rows.name,
        made_for=rows.made_for,
        batch=rows.batch,
        argument=rows.name,
        blame=facts.origin,
        remedies=(Rewrite("Take as many rows as the batch has", changed, lambda site: first_rows(rows, site)),),
        only=("input", "target"),
    )
