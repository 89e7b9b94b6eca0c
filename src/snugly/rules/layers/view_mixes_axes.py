"""SNG802 view-mixes-axes."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.facts.dims import Expr, product, same
from snugly.facts.records import dataclass
from snugly.facts.tensors import TensorFacts
from snugly.remedies.changes import Permute
from snugly.remedies.lexical import expression_at
from snugly.remedies.remedy import Placement
from snugly.remedies.rewrite import Rewrite
from snugly.remedies.undo import called
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Edit, Severity
from snugly.rules.reading import fixed, sizes
from snugly.rules.registry import rule, withdrawal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snugly.facts.origins import Origin, Place
    from snugly.facts.tensors import Shape
    from snugly.operations.registry import Application
    from snugly.remedies.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewMixesAxes(Diagnosis):
    """A view that renames axes where they had to change places.

    Attributes:
        operation: ``"view"`` or ``"reshape"``.
        before: the shape before it.
        after: the shape after it.
        axis: the axis, after it, that shows the fault.
    """

    operation: str
    before: Shape
    after: Shape
    axis: int

    @property
    def message(self) -> str:
        """Say what happens to the elements."""
        return (
            f"{self.operation} from {sizes(self.before)} to {sizes(self.after)} does not move the axes: it cuts "
            "the same "
            f"memory into other pieces, so what was one entry of axis {self.axis} is now spread over others. "
            "torch says nothing."
        )


def moved_axis(before: Shape, after: Shape) -> tuple[int, int] | None:
    """Return an axis that a view pretends to move: where it was and where it is now.

    A view keeps the order of the elements. An axis that is kept whole therefore keeps the number of elements before it;
    an axis that is the same by identity, with another number of elements before it, has been mixed up.
    """
    for was, size in enumerate(before):
        if not isinstance(size, Expr) or same(size, 1) is True or sum(size == each for each in before) != 1:
            continue
        now = [axis for axis, each in enumerate(after) if each == size]
        if len(now) != 1:
            continue
        ahead, behind = product(before[:was]), product(after[: now[0]])
        if ahead is not None and behind is not None and same(ahead, behind) is False:
            return was, now[0]
    return None


def heads_merged(before: Shape, after: Shape) -> tuple[int, int] | None:
    """Return where the positions were and are where (N, heads, T, D) is read as (N, T, heads * D)."""
    if len(before) != 4 or len(after) != 3:
        return None
    rows, heads, positions, features = before
    wide = product((heads, features))
    if None in before or wide is None or any(same(size, 1) is not False for size in (heads, positions, features)):
        return None
    alone = same(heads, positions) is False and same(features, positions) is False
    fits = same(rows, after[0]) is True and same(positions, after[1]) is True and same(wide, after[2]) is True
    return (2, 1) if alone and fits else None


def reordered(before: Shape, after: Shape) -> Permute | None:
    """Return the reordering of axes that a view pretends to be, if it keeps the sizes in another order."""
    if len(before) != len(after) or len(before) < 2:
        return None
    order: list[int] = []
    for size in after:
        match = next((axis for axis, each in enumerate(before) if axis not in order and same(each, size) is True), None)
        if match is None:
            return None
        order.append(match)
    visible = [old for old in order if same(before[old], 1) is not True]
    return None if visible == sorted(visible) else Permute(tuple(order))


def certain(before: Shape, after: Shape, order: Permute) -> bool:
    """Tell whether a reordering of sizes can be nothing but a reordering of axes."""
    if moved_axis(before, after) is not None:
        return True
    return len(order.order) > 2 and all(fixed(size) != 1 for size in before)


@rule("SNG802", name="view-mixes-axes", severity=Severity.ERROR, operations={"view", "reshape"}, refused=False)
def view_mixes_axes(application: Application) -> Iterator[Diagnosis]:
    """Finds a view or reshape that permutes sizes, where the axes themselves had to be permuted."""
    result = application.result
    given = next((each for each in application.arguments.values() if isinstance(each, TensorFacts)), None)
    if given is None or given.shape is None or not isinstance(result, TensorFacts) or result.shape is None:
        return
    if any(size is None for size in (*given.shape, *result.shape)):
        return
    order = reordered(given.shape, result.shape)
    moved = moved_axis(given.shape, result.shape) or heads_merged(given.shape, result.shape)
    if moved is None and (order is None or not certain(given.shape, result.shape, order)):
        return
    if taken_back_by(application) is not None:
        return
    axis = moved[1] if moved is not None else next(new for new, old in enumerate(order.order) if new != old)  # type: ignore[union-attr]
    made = result.origin
    yield ViewMixesAxes(
        operation=application.name.rpartition(".")[2],
        before=given.shape,
        after=result.shape,
        axis=axis,
        argument=next(iter(application.arguments)),
        blame=made,
        remedies=_permuted(given, result, order, moved, made),
        silent=True,
    )


@withdrawal("SNG802", operations=("view", "reshape", "view_as"))
def taken_back_by(application: Application) -> Place | None:
    """Return the view that another view takes back, after a slice of what the first one made.

    Relative positions are shifted so: a column is added, the memory is read with the axes in another order, an entry is
    cut off, and the memory is read in the first order again.
    """
    result = application.result
    given = next((each for each in application.arguments.values() if isinstance(each, TensorFacts)), None)
    if given is None or not isinstance(result, TensorFacts) or result.shape is None:
        return None
    origin, cut = given.origin, False
    while origin is not None and origin.operation.endswith("getitem") and origin.inputs:
        origin, cut = origin.inputs[0].origin, True
    if origin is None or not cut or not origin.operation.endswith((".view", ".reshape")) or not origin.inputs:
        return None
    first = origin.inputs[0].shape
    if first is None or len(first) != len(result.shape) or None in first or None in result.shape:
        return None
    near = all(
        isinstance(step := after - before, int) and abs(step) <= 1
        for before, after in zip(first, result.shape, strict=True)
        if before is not None and after is not None
    )
    return origin.place if near else None


def _permuted(
    given: TensorFacts, result: TensorFacts, order: Permute | None, moved: tuple[int, int] | None, made: Origin | None
) -> tuple[Rewrite, ...]:
    """Return the remedy: permute instead of the view, or before it."""
    before: Permute | None = None
    if order is None and moved is not None and given.rank is not None:
        was, now = moved
        rest = [axis for axis in range(given.rank) if axis != was]
        before = Permute((*rest[:now], was, *rest[now:]))

    def write(site: Site) -> Iterable[Placement]:
        place = site.place if made is None else made.place
        written = expression_at(place, site.callers)
        if written is None or not isinstance(written.node, ast.Call):
            return
        base = base_of(written.node)
        if base is None:
            return
        if order is not None:
            text = order.source(written.text.of(base), given.kind)
        elif before is not None:
            arguments = _rest(written.text.of(written.node), written.text.of(written.node.func))
            text = f"{before.source(written.text.of(base), given.kind)}.reshape{arguments}"
        else:
            return
        yield Placement((Edit(written.place, text),), text, written.place)

    if order is None and before is None:
        return ()
    return (Rewrite("Exchange the axes", {"result": result}, write, safe=order is not None),)


def base_of(call: ast.Call) -> ast.expr | None:
    """Return what a view is taken of: the receiver of the method, or the first argument of the function."""
    name, receiver = called(call)
    if name not in ("view", "reshape"):
        return None
    if isinstance(receiver, ast.Name) and receiver.id in ("torch", "np", "numpy"):
        return call.args[0] if call.args else None
    return receiver


def _rest(call: str, function: str) -> str:
    return call[len(function) :]
