"""Where a vector of weights got a wrong length: a slice, a reduction along the wrong axis, an incomplete count."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, same
from snugly.facts.records import dataclass
from snugly.remedies.lexical import Written, expression_at
from snugly.remedies.remedy import Placement
from snugly.remedies.rewrite import Rewrite
from snugly.remedies.undo import called, with_argument
from snugly.rules.findings import Edit
from snugly.rules.reading import fixed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snugly.facts.origins import Origin
    from snugly.facts.tensors import TensorFacts
    from snugly.remedies.site import Site

REDUCTIONS = frozenset((
    "sum", "mean", "nansum", "nanmean", "count_nonzero", "any", "all", "amax", "amin", "max", "min", "std", "var",
))  # fmt: skip
MOST_WALKED = 200


@dataclass(frozen=True, slots=True)
class Step:
    """The operation that gave weights a wrong length.

    Attributes:
        origin: the operation.
        title: what mends it, as an imperative clause.
        edits: the edits that do.
        shown: how the changed expression reads.
    """

    origin: Origin
    title: str
    edits: tuple[Edit, ...]
    shown: str


def wrong_step(weight: TensorFacts, wanted: Dim) -> Step | None:
    """Return the operation on the way to weights at which their length went wrong, and what mends it.

    Every operation of the same kind and length counts, since arithmetic such as ``(n - f[1:]) / f[1:]`` has several.
    """
    if weight.origin is None:
        return None
    length = weight.size(0) if weight.rank == 1 else None
    steps = [each for origin in weight.origin.walk(MOST_WALKED) for each in _steps(origin, length, wanted)]
    if not steps:
        return None
    first = steps[0]
    alike = [each for each in steps if each.title == first.title]
    edits = tuple(dict.fromkeys(edit for each in alike for edit in each.edits))
    return Step(first.origin, first.title, edits, first.shown)


def mended(name: str, weight: TensorFacts, wanted: Dim, step: Step) -> Rewrite:
    """Return the remedy that mends the step."""
    place = step.edits[0].place

    def write(site: Site) -> Iterable[Placement]:
        del site
        yield Placement(step.edits, step.shown, place, local=False)

    return Rewrite(step.title, {name: weight.with_(shape=(wanted,))}, write)


def _steps(origin: Origin, length: Dim | None, wanted: Dim) -> Iterator[Step]:
    before = next((each for each in origin.inputs if each.kind != "parameter"), None)
    name = origin.operation.rpartition(".")[2]
    written = expression_at(origin.place, origin.callers)
    if written is None:
        return
    if name == "bincount" and isinstance(written.node, ast.Call) and called(written.node)[0] == "bincount":
        yield from _counted(origin, written, wanted)
    elif before is None or before.shape is None:
        return
    elif name == "getitem" and before.rank == 1 and same(before.shape[0], wanted) is True:
        if isinstance(written.node, ast.Subscript) and same(length, wanted) is False:
            whole = written.text.of(written.node.value)
            yield Step(origin, "Take a weight for every class", (Edit(written.place, whole),), whole)
    elif name in REDUCTIONS and before.rank is not None and isinstance(written.node, ast.Call):
        yield from _reduced(origin, before, written, wanted)


def _counted(origin: Origin, written: Written, wanted: Dim) -> Iterator[Step]:
    size = fixed(wanted)
    node = written.node
    if size is None or not isinstance(node, ast.Call):
        return
    given = next((each.value for each in node.keywords if each.arg == "minlength"), None)
    if given is None and len(node.args) < 2:
        edit = with_argument(written.text, node, f"minlength={size}")
        yield Step(origin, "Count every class, those that do not occur too", (edit,), f"minlength={size}")
    elif given is not None and isinstance(given, ast.Constant):
        edit = Edit(written.text.place(given), str(size))
        yield Step(origin, "Count every class, and no more", (edit,), f"minlength={size}")


def _reduced(origin: Origin, before: TensorFacts, written: Written, wanted: Dim) -> Iterator[Step]:
    """Yield the step that reduces the axis of the classes and keeps the one of the samples."""
    shape = before.shape or ()
    kept = [axis for axis, size in enumerate(shape) if same(size, wanted) is True]
    if len(shape) != 2 or len(kept) != 1 or not isinstance(written.node, ast.Call):
        return
    node, right = written.node, 1 - kept[0]
    along = next((each.value for each in node.keywords if each.arg in ("dim", "axis")), None)
    if along is None and node.args:
        receiver = called(node)[1]
        function = isinstance(receiver, ast.Name) and receiver.id in ("torch", "np", "numpy")
        position = 1 if function else 0
        along = node.args[position] if len(node.args) > position else None
    number = _number(along)
    if along is None or number is None or number % 2 == right:
        return
    whole = written.text.of(node)
    start = written.text.of(along)
    edit = Edit(written.text.place(along), str(right))
    yield Step(origin, "Reduce along the samples, not along the classes", (edit,), _shown(whole, start, right))


def _shown(whole: str, old: str, new: int) -> str:
    head, _, tail = whole.rpartition(old)
    return f"{head}{new}{tail}"


def _number(node: ast.expr | None) -> int | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, int) and not isinstance(node.value, bool):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _number(node.operand)
        return None if inner is None else -inner
    return None
