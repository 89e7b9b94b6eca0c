"""Where an argument could be changed: at the call, at the caller, in the data set, where it was made.

A change that is wanted at a loss is followed back along the origin of the argument: through the
collation of a batch (which adds the first axis), through indexing along it, through conversions. It ends at the
first operation that it cannot be moved across.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.facts.records import dataclass, replace
from snugly.remedies.changes import Argmax, Cast, Change, Permute, Rescale, Squeeze, Unsqueeze
from snugly.remedies.lexical import Written, expression_at, followed
from snugly.rules.steps import chain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.facts.origins import Origin, Place
    from snugly.facts.tensors import TensorFacts
    from snugly.remedies.site import Site

CONVERSIONS = frozenset((
    "to", "float", "double", "half", "bfloat16", "long", "int", "short", "byte", "bool", "type", "type_as",
    "cuda", "cpu",
    "clone", "detach", "contiguous", "requires_grad_", "from_numpy", "tensor", "as_tensor", "asarray", "array",
    "astype",
    "numpy", "copy", "pin_memory", "Tensor", "FloatTensor", "LongTensor", "IntTensor", "DoubleTensor", "neg", "abs",
    "relu", "sigmoid", "tanh", "exp", "log", "sqrt", "clamp", "clip", "squeeze_", "detach_", "dropout",
))  # fmt: skip
SEVERAL = frozenset(("max", "min", "topk", "sort", "mode", "median", "kthvalue", "split", "chunk", "unbind", "unique"))
INDEXING = frozenset(("getitem", "__getitem__", "index_select", "narrow", "split", "chunk", "iter", "unbind"))


@dataclass(frozen=True, slots=True)
class Position:
    """An expression that could be changed, and how.

    Attributes:
        place: its span.
        text: its text.
        changes: what to do to it there, which may count axes differently from the loss.
        facts: what is known about it.
        hop: ``"use"`` at the call, ``"caller"``, ``"assignment"``, ``"item"`` in the data set, ``"made"`` where an
            operation made it.
        depth: how many operations before the use it is.
        sample: whether it is one sample, before samples were put together to a batch.
        whole: whether the expression is the tensor, not a tuple or an iterator that gives it.
        origin: the operation that made it.
        shared: how many more times the name it was reached from is used.
    """

    place: Place
    text: str
    changes: tuple[Change, ...]
    facts: TensorFacts
    hop: str
    depth: int = 0
    origin: Origin | None = None
    shared: int = 0
    sample: bool = False
    whole: bool = True


def positions(argument: str, facts: TensorFacts, changes: tuple[Change, ...], site: Site) -> Iterator[Position]:
    """Yield where the argument could be changed, from the use back to where it was made."""
    seen: set[Place] = set()
    for position in (*_lexical(argument, facts, changes, site), *_along(facts, changes)):
        if position.place not in seen and not _iterated(position.place):
            seen.add(position.place)
            yield position if _is_tensor(position) else replace(position, whole=False)


def _iterated(place: Place) -> bool:
    """Tell whether a place is what a loop runs over, which gives the tensor and is not the tensor."""
    written = expression_at(place)
    if written is None:
        return False
    node: ast.AST = written.node
    for parent in written.text.ancestors(node):
        if isinstance(parent, ast.For | ast.AsyncFor | ast.comprehension):
            return parent.iter is node
        if isinstance(parent, ast.stmt):
            return False
        node = parent
    return False


def _is_tensor(position: Position) -> bool:
    """Tell whether the expression at a place is the tensor itself, not a tuple or an iterator that gives it."""
    written = expression_at(position.place)
    if written is None or position.origin is None or position.origin.place != position.place:
        return True
    match written.text.parents.get(written.node):
        case ast.Call(func=ast.Name(id="iter" | "next" | "enumerate" | "zip")):
            return False
        case ast.Assign(targets=[ast.Tuple() | ast.List()], value=value):
            return value is not written.node
        case ast.Attribute(attr="values" | "indices"):
            return position.origin.operation.rpartition(".")[2] not in SEVERAL
        case ast.Subscript(value=value):
            return value is not written.node or position.origin.operation.rpartition(".")[2] not in SEVERAL
    return True


def _lexical(argument: str, facts: TensorFacts, changes: tuple[Change, ...], site: Site) -> Iterator[Position]:
    source, callers = site.sources.get(argument), site.callers
    if source is None and site.constructor is not None:
        source, callers = site.constructor.arguments.get(argument), site.constructor.callers
    if source is None:
        return
    start = expression_at(source.place, callers)
    if start is None:
        yield Position(source.place, source.text, changes, facts, "use")
        return
    for written in followed(start):
        if written.hop in ("use", "caller", "assignment"):
            yield Position(written.place, written.source, changes, facts, written.hop, 0, facts.origin, written.shared)


def _along(facts: TensorFacts, changes: tuple[Change, ...]) -> Iterator[Position]:
    wanted: tuple[Change, ...] | None = changes
    sample = False
    for depth, (origin, after, before) in enumerate(chain(facts)):
        whole = origin.operation == "item" and _rank_drops(before, after)
        if whole:
            wanted = _outside(wanted)
        if wanted is None:
            return
        if origin.place is not None and origin.text:
            at = before if whole and before is not None else after
            hop = "item" if origin.operation == "item" else "made"
            if origin.operation != "collate":
                yield Position(origin.place, origin.text, wanted, at, hop, depth, origin, 0, sample)
        sample = sample or origin.operation == "collate"
        if not whole:
            wanted = pulled(wanted, origin, before, after)
        if wanted is None:
            return


def _rank_drops(before: TensorFacts | None, after: TensorFacts) -> bool:
    return before is not None and before.rank is not None and after.rank is not None and before.rank == after.rank + 1


def _outside(changes: tuple[Change, ...] | None) -> tuple[Change, ...] | None:
    """Return changes to a sample as changes to the data set that it is a row of."""
    if changes is None:
        return None
    found: list[Change] = []
    for change in changes:
        match change:
            case Unsqueeze(axis=axis):
                found.append(Unsqueeze(axis + 1))
            case Squeeze(axis=axis):
                found.append(Squeeze(axis + 1))
            case Argmax(axis=axis):
                found.append(Argmax(axis + 1))
            case Permute(order=order):
                found.append(Permute((0, *(old + 1 for old in order))))
            case Cast() | Rescale():
                found.append(change)
            case _:
                return None
    return tuple(found)


def pulled(
    changes: tuple[Change, ...], origin: Origin, before: TensorFacts | None, after: TensorFacts
) -> tuple[Change, ...] | None:
    """Return changes to an operation's result as changes to what it was made from, or ``None``."""
    if before is None:
        return None
    name = origin.operation.rpartition(".")[2]
    if name in ("collate", "stack") and before.rank is not None and after.rank == before.rank + 1:
        inside = tuple(change.inside(1) for change in changes)
        return None if None in inside else tuple(change for change in inside if change is not None)
    if any(isinstance(change, Cast | Rescale) for change in changes) and before.dtype != after.dtype:
        return None
    if name in CONVERSIONS or origin.operation == "item":
        return changes if before.rank == after.rank else None
    if name in INDEXING:
        return _before_index(changes, origin, before, after)
    return None


def _before_index(
    changes: tuple[Change, ...], origin: Origin, before: TensorFacts, after: TensorFacts
) -> tuple[Change, ...] | None:
    written = expression_at(origin.place)
    if written is not None and isinstance(written.node, ast.Subscript) and isinstance(written.node.slice, ast.Tuple):
        return changes if _keeps_unit_axes(changes, before, after) else None
    if before.rank is None or after.rank is None:
        return None
    if before.rank == after.rank + 1:
        return _outside(changes)
    first = any(isinstance(change, Unsqueeze | Squeeze) and change.axis == 0 for change in changes)
    return changes if before.rank == after.rank and not first else None


def _keeps_unit_axes(changes: tuple[Change, ...], before: TensorFacts, after: TensorFacts) -> bool:
    """Tell whether the axes of one that are to go were there before the index and none was added or taken."""
    return before.rank == after.rank and all(
        isinstance(change, Squeeze) and before.size(change.axis) == 1 == after.size(change.axis) for change in changes
    )


def outermost(position: Position, others: list[Position]) -> bool:
    """Tell whether no other position of the same changes surrounds this one in the same file."""
    return not any(
        other is not position and other.place.file == position.place.file and _surrounds(other.place, position.place)
        for other in others
        if other.changes == position.changes
    )


def _surrounds(outer: Place, inner: Place) -> bool:
    start = (outer.line, outer.column) <= (inner.line, inner.column)
    return start and (inner.end_line, inner.end_column) <= (outer.end_line, outer.end_column)


__all__ = ["Position", "Written", "outermost", "positions", "pulled"]
