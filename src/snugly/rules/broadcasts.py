"""Broadcasting: the shape that comes of it, and whether it repeats a side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, same
from snugly.rules.reading import grows

if TYPE_CHECKING:
    from snugly.facts.tensors import Shape


def broadcast(a: Shape | None, b: Shape | None) -> Shape | None:
    """Return the shape that two shapes broadcast to; ``None`` where they do not, or it is not certain."""
    if a is None or b is None:
        return None
    length = max(len(a), len(b))
    padded = ((1,) * (length - len(a)) + tuple(a), (1,) * (length - len(b)) + tuple(b))
    sizes: list[Dim | None] = []
    for x, y in zip(*padded, strict=True):
        if x is None or y is None:
            return None
        if same(x, 1) is True:
            sizes.append(y)
        elif same(y, 1) is True or same(x, y) is True:
            sizes.append(x)
        else:
            return None
    return tuple(sizes)


def widened(shape: Shape, whole: Shape) -> bool:
    """Tell whether a shape is repeated by broadcasting it to another, for some batches at least."""
    padded = (1,) * (len(whole) - len(shape)) + tuple(shape)
    return any(same(x, 1) is True and grows(y) for x, y in zip(padded, whole, strict=True))


def meets(shape: Shape, whole: Shape) -> bool | None:
    """Tell whether a shape broadcasts to another one; ``None`` where that is not certain."""
    if len(shape) > len(whole):
        return None
    certain = True
    for x, y in zip(reversed(shape), reversed(whole), strict=False):
        if x is None or y is None:
            certain = False
            continue
        equal, one, other = same(x, y), same(x, 1), same(y, 1)
        if equal is False and one is False and other is False:
            return False
        certain = certain and (equal is True or one is True)
    return certain or None
