"""SNG705 view-for-another-batch."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, Expr, divides, less, product, same
from snugly.facts.records import dataclass
from snugly.remedies.lexical import expression_at
from snugly.remedies.remedy import Placement
from snugly.remedies.rewrite import Rewrite
from snugly.remedies.undo import called
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Edit, Severity
from snugly.rules.reading import sizes
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snugly.facts.tensors import Shape
    from snugly.operations.registry import Application
    from snugly.remedies.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewForAnotherBatch(Diagnosis):
    """A view to the configured batch size of a smaller batch.

    Attributes:
        before: the shape at hand.
        wanted: the sizes that the view asks for.
    """

    before: Shape
    wanted: Shape

    @property
    def message(self) -> str:
        """Say which batch fails."""
        return (
            f"The view to {sizes(self.wanted)} is made for batches of {self.wanted[0]}, but a batch of "
            f"{self.before[0]} occurs, "
            f"and torch raises there."
        )


@rule("SNG705", name="view-for-another-batch", severity=Severity.ERROR, refused=True, clauses={"view-size"})
def view_for_another_batch(application: Application) -> Iterator[Diagnosis]:
    """Finds a view to the configured batch size that meets a smaller last batch."""
    misfit = application.misfit
    if misfit is None:
        return
    before, wanted = misfit.details.get("shape"), misfit.details.get("sizes")
    if not isinstance(before, tuple) or not isinstance(wanted, tuple) or not before or not wanted:
        return
    batch, made_for = before[0], wanted[0]
    if not isinstance(batch, Expr) or not isinstance(made_for, Dim) or less(batch, made_for) is not True:
        return
    if not _fits((batch, *wanted[1:]), product(before)):
        return
    yield ViewForAnotherBatch(
        before=before,
        wanted=wanted,
        argument="shape" if "shape" in application.arguments else None,
        remedies=(Rewrite("Start the view from the batch at hand", {}, lambda site: _written(site, wanted)),),
    )


def _fits(sizes: Shape, count: Dim | None) -> bool:
    known = product(size for size in sizes if size != -1)
    if known is None or count is None:
        return False
    return divides(known, count) is True if -1 in sizes else same(known, count) is True


def _written(site: Site, wanted: Shape) -> Iterable[Placement]:
    written = expression_at(site.place, site.callers)
    if written is None or not isinstance(written.node, ast.Call):
        return
    name, receiver = called(written.node)
    arguments = written.node.args
    first = arguments[0] if arguments else None
    if isinstance(first, ast.Tuple | ast.List) and first.elts:
        first = first.elts[0]
    if name not in ("view", "reshape") or receiver is None or first is None:
        return
    text = "-1" if -1 not in wanted else f"{written.text.of(receiver)}.size(0)"
    if -1 in wanted and not isinstance(receiver, ast.Name):
        return
    place = written.text.place(first)
    yield Placement((Edit(place, text),), text, place)
