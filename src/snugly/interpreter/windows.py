"""How many items a slice takes where sizes are not known: the reading of whoever wrote it.

``data[i : i + 32]`` has 32 rows wherever ``i`` is, because the author keeps it inside; ``x[:n]`` and ``x[n:]`` have
``n`` rows and the others. A slice of a number of rows, ``x[:100]``, may find fewer, and so does the last step of a
loop in strides, ``x[i : i + 100]`` for ``i`` in ``range(0, len(x), 100)``: that size has a name which says so, and the
same name for every tensor of as many rows. An operation alone (``snugly.operations.indexing``) assumes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.dims import Dim, Expr, bounds, less, symbol, symbols
from snugly.facts.records import dataclass
from snugly.facts.tensors import TensorFacts
from snugly.operations.indexing import PLACE, Span, edge_of, slice_length
from snugly.operations.registry import UNKNOWN

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine
    from snugly.interpreter.values import Value

LEAST_ROWS = 2
"""The least that a step of a loop in strides is taken to find, as of a loader whose length is not known."""


@dataclass(frozen=True, slots=True)
class Stride:
    """A loop over ``range(start, stop, step)`` in strides that is being followed.

    Attributes:
        starts: where its steps begin: the first one, and what stands for the later ones.
        stop: all of them are before it; ``None`` where that is not known.
    """

    starts: tuple[Dim, ...]
    stop: Dim | None


def spanned(machine: Machine, facts: TensorFacts, key: Value) -> Value:
    """Return a key in which each slice whose length depends on sizes that are not known says how long it is."""
    if facts.shape is None or not _has_slice(key):
        return key
    items = list(key) if isinstance(key, tuple) else [key]
    axis = 0
    for place, item in enumerate(items):
        if item is ...:
            axis = len(facts.shape) - sum(each is not None for each in items[place + 1 :])
        elif item is not None:
            if isinstance(item, TensorFacts) and (item.dtype in (None, "bool", "uint8") or axis < 0):
                break
            if isinstance(item, slice) and 0 <= axis < len(facts.shape):
                items[place] = _span(machine, facts.shape[axis], item)
            axis += 1
    return tuple(items) if isinstance(key, tuple) else items[0]


def _has_slice(key: Value) -> bool:
    return isinstance(key, slice) or (isinstance(key, tuple) and any(isinstance(item, slice) for item in key))


def _span(machine: Machine, size: Dim | None, item: slice) -> slice | Span:
    start, stop, step = (edge_of(each) for each in (item.start, item.stop, item.step))
    if step not in (None, 1) or slice_length(size, start, stop, step) is not None:
        return item
    length = window_length(machine, size, start, stop)
    return item if length is None else Span(length)


def window_length(machine: Machine, size: Dim | None, start: Any, stop: Any) -> Dim | None:
    """Return how many of ``size`` items ``[start:stop]`` takes, by the reading of this module; ``None`` if unclear.

    Args:
        machine: knows the loops in strides that are being followed.
        size: how many there are; ``None`` where that has not even a name.
        start: the first one, ``None`` for the beginning.
        stop: the one after the last, ``None`` for the end.
    """
    if UNKNOWN in (start, stop):
        return None
    first = _inside(0 if start is None else start, size)
    last = size if stop is None else _inside(stop, size)
    if first is None or last is None:
        return None
    width = last - first
    if isinstance(width, Expr) and any(each.name.startswith(PLACE) for each in symbols(width)):
        return None
    if size is not None and stop is not None and less(stop, 0) is False:
        strides = [each for each in machine.strides if first in each.starts and isinstance(width, int)]
        if strides:
            return _of_a_step(machine, width, size, first, strides[-1])
        if isinstance(stop, int):
            return _at_most(width, size - first)
    return None if less(width, 0) else width


def _inside(place: Dim, size: Dim | None) -> Dim | None:
    """Return a place counted from the front; one that is written as negative is counted from the end."""
    if less(place, 0):
        return None if size is None else place + size
    return place


def _of_a_step(machine: Machine, width: Dim, size: Dim, first: Dim, stride: Stride) -> Dim:
    """Return how many rows a step of a loop in strides takes: all, or as many as the last step may find."""
    left = size - first
    if stride.stop is not None and less(size - stride.stop + 1, width) is False:
        return width  # such as range(0, len(x) - 32, 32)
    rows = machine.steps.get((width, left))
    if rows is None:
        low, high = bounds(width)
        rows = machine.new_symbol("N", LEAST_ROWS if low is None else min(low, LEAST_ROWS), high)
        machine.steps[width, left] = rows
    return rows


def _at_most(width: Dim, left: Dim) -> Dim:
    """Return the smaller of a width and what is left, as a size whose name says so."""
    if less(left, width) is False:
        return width
    if less(left, width):
        return left
    low, high = bounds(width)
    least = max(bounds(left)[0] or 0, 0)
    return symbol(f"min({width}, {left})", least if low is None else min(low, least), high)
