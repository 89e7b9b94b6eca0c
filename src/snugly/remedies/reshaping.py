"""How to get from one shape to another by taking axes of one out, putting them in, and reordering axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, same
from snugly.remedies.changes import Change, Permute, Squeeze, Unsqueeze

if TYPE_CHECKING:
    from snugly.facts.tensors import Shape


def toward(have: Shape, want: Shape) -> tuple[Change, ...] | None:
    """Return the changes that turn one shape into the other; ``None`` where only moving elements would do."""
    if equal(have, want):
        return ()
    lean_have = [axis for axis, size in enumerate(have) if size != 1]
    lean_want = [axis for axis, size in enumerate(want) if size != 1]
    if not equal(tuple(have[axis] for axis in lean_have), tuple(want[axis] for axis in lean_want)):
        return _reordered(have, want)
    changes: list[Change] = []
    current = list(have)
    while extra := _first_extra(current, want):
        changes.append(Squeeze(extra[0]))
        del current[extra[0]]
    for axis, size in enumerate(want):
        if axis >= len(current) or (size == 1 and current[axis] != 1):
            changes.append(Unsqueeze(axis))
            current.insert(axis, 1)
    return tuple(changes) if equal(tuple(current), want) else None


def _first_extra(current: list[Dim | None], want: Shape) -> list[int]:
    """Return the first axis of one that is not wanted, as a list of none or one."""
    for axis, size in enumerate(current):
        wanted = want[axis] if axis < len(want) else None
        if size == 1 and wanted != 1:
            return [axis]
        if size != 1 and axis < len(want) and wanted == 1:
            return []
    return []


def equal(a: Shape, b: Shape) -> bool:
    """Tell whether two shapes are certainly the same."""
    return len(a) == len(b) and all(same(x, y) is True for x, y in zip(a, b, strict=True))


def _reordered(have: Shape, want: Shape) -> tuple[Change, ...] | None:
    """Return the one reordering of axes that gives the wanted shape, if there is just one."""
    if len(have) != len(want):
        return None
    order: list[int] = []
    for size in want:
        matches = [axis for axis, each in enumerate(have) if axis not in order and same(each, size) is True]
        if len(matches) != 1:
            return None
        order.append(matches[0])
    return (Permute(tuple(order)),)
