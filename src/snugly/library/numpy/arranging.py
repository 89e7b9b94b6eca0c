"""Repeating, padding, ordering and choosing elements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts import ranges
from snugly.facts.dims import Dim, Expr, less, product
from snugly.facts.records import replace
from snugly.facts.values import NOTHING_KNOWN, ValueFacts
from snugly.interpreter.values import Sequence, Text, Unknown, Value
from snugly.library.numpy.arrays import (
    MOST_ELEMENTS,
    as_array,
    cast,
    integer,
    listed,
    made,
    shape_of,
    size_of,
    unordered,
)
from snugly.library.numpy.promotion import promote
from snugly.library.numpy.shaping import normal, transposed
from snugly.library.plain import bounds
from snugly.library.registry import function

if TYPE_CHECKING:
    from snugly.facts.tensors import Shape, TensorFacts
    from snugly.interpreter.machine import Machine


def with_size(array: TensorFacts, axis: int, size: Dim | None, values: ValueFacts) -> TensorFacts:
    """Return an array whose ``axis`` has another size."""
    shape = array.shape or ()
    return made((*shape[:axis], size, *shape[axis + 1 :]), array.dtype, values)


def ranked(array: TensorFacts) -> TensorFacts:
    """Return an array of unknown sizes with the same rank, dtype and bounds."""
    shape = None if array.shape is None else (None,) * len(array.shape)
    return made(shape, array.dtype, ranges.some_of(unordered(array.values)))


@function("numpy.repeat", "numpy.ndarray.repeat")
def repeat(machine: Machine, a: Value, repeats: Value, axis: Value = None) -> Value:
    """``repeat(a, repeats, axis=None)``."""
    array = as_array(machine, a)
    if axis is None:
        array = made((array.numel,), array.dtype, replace(array.values, axis=None))
    place = normal(0 if axis is None else axis, len(array.shape or ()))
    if array.shape is None or place is None:
        return ranked(array)
    times = size_of(repeats)
    if times is None:
        counts = shape_of(machine, repeats)
        total: Dim | None = 0
        for count in counts or (None,):
            total = None if total is None or count is None else total + count
        size = None if counts is None or len(counts) == 1 else total
        return with_size(array, place, size, ranges.some_of(unordered(array.values)))
    old = array.shape[place]
    elements = array.values.elements
    values = unordered(array.values)
    if len(array.shape) == 1 and elements is not None and isinstance(times, int):
        values = listed(x for x in elements for _ in range(times)) if times * len(elements) <= MOST_ELEMENTS else values
    return with_size(array, place, None if old is None else old * times, values)


@function("numpy.tile")
def tile(machine: Machine, A: Value, reps: Value) -> Value:
    """``tile(A, reps)``."""
    array = as_array(machine, A)
    times = shape_of(machine, reps)
    if array.shape is None or times is None:
        return made(None, array.dtype, unordered(array.values))
    rank = max(len(array.shape), len(times))
    old = (1,) * (rank - len(array.shape)) + array.shape
    counts = (1,) * (rank - len(times)) + times
    shape = tuple(None if a is None or b is None else a * b for a, b in zip(old, counts, strict=True))
    values = unordered(array.values)
    count = product(times)
    if rank == 1 and array.values.elements is not None and isinstance(count, int):
        values = (
            listed(array.values.elements * count) if count * len(array.values.elements) <= MOST_ELEMENTS else values
        )
    return made(shape, array.dtype, replace(values, axis=None))


@function("numpy.pad")
def pad(machine: Machine, array: Value, pad_width: Value, mode: Value = "constant", **options: Value) -> Value:
    """``pad(array, pad_width, mode='constant')``."""
    old = as_array(machine, array)
    if old.shape is None:
        return made(None, old.dtype)
    widths = _pad_widths(machine, pad_width, len(old.shape))
    shape = tuple(
        None if size is None or before is None or after is None else size + before + after
        for size, (before, after) in zip(old.shape, widths, strict=True)
    )
    fill = cast(as_array(machine, options.get("constant_values", 0)), old.dtype).values
    values = ranges.union(unordered(old.values), unordered(fill)) if mode == "constant" else NOTHING_KNOWN
    return made(shape, old.dtype, replace(values, attained=False, axis=None, meaning=None))


def _pad_widths(machine: Machine, given: Value, rank: int) -> list[tuple[Dim | None, Dim | None]]:
    width = size_of(given)
    if width is not None:
        return [(width, width)] * rank
    unknown: list[tuple[Dim | None, Dim | None]] = [(None, None)] * rank
    items = machine.iterate(given).items if isinstance(given, list | tuple | Sequence) else None
    if items is None:
        return unknown
    if all(size_of(item) is not None for item in items):
        pair = (size_of(items[0]), size_of(items[-1]))
        return [pair] * rank if len(items) in (1, 2) else unknown
    pairs = [shape_of(machine, item) for item in items]
    if len(pairs) == 1:
        pairs *= rank
    if len(pairs) != rank:
        return unknown
    return [(None, None) if pair is None or not pair else (pair[0], pair[-1]) for pair in pairs]


@function("numpy.roll")
def roll(machine: Machine, a: Value, shift: Value, axis: Value = None) -> Value:
    """``roll(a, shift, axis=None)``."""
    array = as_array(machine, a)
    elements, by = array.values.elements, integer(shift)
    values = unordered(array.values)
    if elements and by is not None and (axis is None or array.rank == 1):
        turn = -by % len(elements)
        values = listed(elements[turn:] + elements[:turn])
    return made(array.shape, array.dtype, values)


@function("numpy.flip")
def flip(machine: Machine, m: Value, axis: Value = None) -> Value:
    """``flip(m, axis=None)``."""
    array = as_array(machine, m)
    elements = array.values.elements
    exact = elements is not None and (axis is None or array.rank == 1)
    return made(array.shape, array.dtype, listed(reversed(elements or ())) if exact else unordered(array.values))


@function("numpy.flipud")
def flipud(machine: Machine, m: Value) -> Value:
    """``flipud(m)``."""
    return flip(machine, m, 0)


@function("numpy.fliplr")
def fliplr(machine: Machine, m: Value) -> Value:
    """``fliplr(m)``."""
    return flip(machine, m, 1)


@function("numpy.rot90")
def rot90(machine: Machine, m: Value, k: Value = 1, axes: Value = (0, 1)) -> Value:
    """``rot90(m, k=1, axes=(0, 1))``."""
    array = as_array(machine, m)
    turns, pair = integer(k), shape_of(machine, axes)
    rank = array.rank or 0
    if turns is None or pair is None or len(pair) != 2 or rank < 2:
        return transposed(array, None)
    order = list(range(rank))
    first, second = normal(pair[0], rank), normal(pair[1], rank)
    if turns % 2 and first is not None and second is not None:
        order[first], order[second] = order[second], order[first]
    result = transposed(array, tuple(order))
    return result.with_(values=unordered(result.values))


@function("numpy.sort")
def sort(machine: Machine, a: Value, axis: Value = -1, **_: Value) -> Value:
    """``sort(a, axis=-1)``."""
    array = as_array(machine, a)
    elements = array.values.elements
    if elements is not None and array.rank == 1 and not any(isinstance(x, complex) for x in elements):
        return made(array.shape, array.dtype, listed(sorted(elements)))
    shape: Shape | None = array.shape if axis is not None else (array.numel,)
    return made(shape, array.dtype, unordered(array.values))


@function("numpy.partition")
def partition(machine: Machine, a: Value, kth: Value, axis: Value = -1, **_: Value) -> Value:
    """``partition(a, kth)``."""
    array = as_array(machine, a)
    return made(array.shape, array.dtype, unordered(array.values))


def indices_below(size: Dim | None) -> ValueFacts:
    """Return what is known of positions on an axis of this size."""
    top = None if size is None else bounds(size)[1]
    return ValueFacts(0, None if top is None else max(top - 1, 0), integral=True, finite=True)


@function("numpy.argsort", "numpy.ndarray.argsort", "numpy.argpartition", "numpy.ndarray.argpartition")
def argsort(machine: Machine, a: Value, axis: Value = -1, *args: Value, **_: Value) -> Value:
    """``argsort(a, axis=-1)``."""
    array = as_array(machine, a)
    if array.shape is None:
        return made(None, "int64", ValueFacts(0, integral=True))
    if axis is None:
        return made((array.numel,), "int64", indices_below(array.numel))
    place = normal(axis, len(array.shape))
    return made(array.shape, "int64", indices_below(None if place is None else array.shape[place]))


@function("numpy.searchsorted", "numpy.ndarray.searchsorted")
def searchsorted(machine: Machine, a: Value, v: Value, *_: Value, **__: Value) -> Value:
    """``searchsorted(a, v)``."""
    edges, wanted = as_array(machine, a), as_array(machine, v)
    return made(wanted.shape, "int64", ValueFacts(0, bounds(edges.size(0))[1], integral=True))


@function("numpy.digitize")
def digitize(machine: Machine, x: Value, bins: Value, right: Value = False) -> Value:
    """``digitize(x, bins)``: which bin, from 0 for below the first edge to ``len(bins)``."""
    return searchsorted(machine, bins, x)


@function("numpy.unique")
def unique(
    machine: Machine,
    ar: Value,
    return_index: Value = False,
    return_inverse: Value = False,
    return_counts: Value = False,
    axis: Value = None,
    **_: Value,
) -> Value:
    """``unique(ar)``: sorted; with indices, the inverse and counts where they are asked for."""
    array = as_array(machine, ar)
    values = array.values
    known = values.elements if values.elements is not None else values.members if values.attained else None
    if axis is None and known is not None:
        distinct = sorted(set(known))
        size: Dim = len(distinct)
        found = made((size,), array.dtype, listed(distinct))
    else:
        size = machine.new_symbol("K", 0 if array.numel == 0 else 1)
        rows = None if array.shape is None or axis is None else array.shape
        shape = (size,) if axis is None else with_unknown(rows, axis)
        found = made(shape, array.dtype, ranges.some_of(unordered(values)))
    results: list[Value] = [found]
    if return_index is not False:
        results.append(made((size,), "int64", ValueFacts(0, integral=True)))
    if return_inverse is not False:
        results.append(made(array.shape if axis is None else None, "int64", indices_below(size)))
    if return_counts is not False:
        results.append(made((size,), "int64", ValueFacts(1, integral=True)))
    return tuple(results) if len(results) > 1 else found


def with_unknown(shape: Shape | None, axis: Value) -> Shape | None:
    """Return a shape in which the size of one axis is not known."""
    place = None if shape is None else normal(axis, len(shape))
    if shape is None or place is None:
        return None
    return (*shape[:place], None, *shape[place + 1 :])


@function("numpy.delete")
def delete(machine: Machine, arr: Value, obj: Value, axis: Value = None) -> Value:
    """``delete(arr, obj, axis=None)``."""
    array = as_array(machine, arr)
    if axis is None:
        array = made((array.numel,), array.dtype, replace(array.values, axis=None))
    place = normal(0 if axis is None else axis, len(array.shape or ()))
    if array.shape is None or place is None:
        return ranked(array)
    size = array.shape[place]
    one = isinstance(obj, int | Expr)
    rest = size - 1 if one and size is not None and less(0, size) else None
    return with_size(array, place, rest, ranges.some_of(unordered(array.values)))


@function("numpy.insert")
def insert(machine: Machine, arr: Value, obj: Value, values: Value, axis: Value = None) -> Value:
    """``insert(arr, obj, values, axis=None)``."""
    array = as_array(machine, arr)
    if axis is None:
        array = made((array.numel,), array.dtype)
    place = normal(0 if axis is None else axis, len(array.shape or ()))
    if array.shape is None or place is None:
        return made(None, array.dtype)
    size = array.shape[place]
    one = axis is not None or as_array(machine, values).shape == ()
    grown = size + 1 if isinstance(obj, int) and size is not None and one else None
    return with_size(array, place, grown, NOTHING_KNOWN)


@function("numpy.take", "numpy.ndarray.take")
def take(machine: Machine, a: Value, indices: Value, axis: Value = None, *_: Value, **__: Value) -> Value:
    """``take(a, indices, axis=None)``."""
    array, chosen = as_array(machine, a), as_array(machine, indices)
    values = ranges.some_of(unordered(array.values))
    if axis is None:
        return made(chosen.shape, array.dtype, values)
    place = normal(axis, array.rank or 0)
    if array.shape is None or chosen.shape is None or place is None:
        return made(None, array.dtype, values)
    return made((*array.shape[:place], *chosen.shape, *array.shape[place + 1 :]), array.dtype, values)


@function("numpy.take_along_axis")
def take_along_axis(machine: Machine, arr: Value, indices: Value, axis: Value = -1) -> Value:
    """``take_along_axis(arr, indices, axis)``."""
    array, chosen = as_array(machine, arr), as_array(machine, indices)
    return made(chosen.shape if axis is not None else None, array.dtype, ranges.some_of(unordered(array.values)))


@function("numpy.compress", "numpy.extract")
def compress(machine: Machine, condition: Value, a: Value, axis: Value = None) -> Value:
    """``compress(condition, a)``."""
    array = as_array(machine, a)
    shape = (machine.new_symbol("K"),) if axis is None else with_unknown(array.shape, axis)
    return made(shape, array.dtype, ranges.some_of(unordered(array.values)))


@function("numpy.interp")
def interp(machine: Machine, x: Value, xp: Value, fp: Value, *_: Value, **__: Value) -> Value:
    """``interp(x, xp, fp)``: values of ``fp`` between those given."""
    heights = as_array(machine, fp).values
    return made(as_array(machine, x).shape, "float64", ValueFacts(heights.low, heights.high))


@function("numpy.convolve", "numpy.correlate")
def convolve(machine: Machine, a: Value, v: Value, mode: Value = "full") -> Value:
    """``convolve(a, v, mode='full')``."""
    first, second = as_array(machine, a), as_array(machine, v)
    m, n = first.numel, second.numel
    size: Dim | None = None
    if m is not None and n is not None and less(m, n) is False:
        size = {"full": m + n - 1, "same": m, "valid": m - n + 1}.get(mode) if isinstance(mode, str) else None
    return made((size,), promote(first.dtype, second.dtype))


@function("numpy.apply_along_axis")
def apply_along_axis(machine: Machine, func1d: Value, axis: Value, arr: Value, *args: Value, **options: Value) -> Value:
    """``apply_along_axis(func1d, axis, arr)``: what the function makes of one row takes the place of the axis."""
    array = as_array(machine, arr)
    place = normal(axis, array.rank or 0)
    if array.shape is None or place is None:
        return made(None, None)
    row = made((array.shape[place],), array.dtype, ranges.some_of(unordered(array.values)))
    one = as_array(machine, machine.call(func1d, row, *args, **options))
    if one.shape is None:
        return made(None, one.dtype)
    return made((*array.shape[:place], *one.shape, *array.shape[place + 1 :]), one.dtype, unordered(one.values))


@function("numpy.choose", "numpy.select", "numpy.piecewise")
def of_unknown_size(machine: Machine, *args: Value, **options: Value) -> Value:
    """Functions of which only that they give an array is followed."""
    return made(None, None)


@function("numpy.gradient")
def gradient(machine: Machine, f: Value, *varargs: Value, axis: Value = None, edge_order: Value = 1) -> Value:
    """``gradient(f)``: one array for each axis."""
    array = as_array(machine, f)
    one = made(array.shape, "float64" if array.dtype != "float32" else "float32")
    if array.rank is None:
        return Unknown("numpy.gradient")
    return one if array.rank == 1 or isinstance(axis, int) else Sequence("list", [one] * array.rank)


@function("numpy.diff", "numpy.ediff1d")
def diff(machine: Machine, a: Value, n: Value = 1, axis: Value = -1, **_: Value) -> Value:
    """``diff(a, n=1, axis=-1)``."""
    array = as_array(machine, a)
    place, times = normal(axis, array.rank or 0), integer(n)
    if array.shape is None or place is None or times is None:
        return made(None, None)
    size = array.shape[place]
    left = size - times if size is not None and less(size, times) is False else None
    return with_size(made(array.shape, array.dtype if array.dtype != "bool" else "bool"), place, left, NOTHING_KNOWN)


@function("numpy.isin", "numpy.in1d")
def isin(machine: Machine, element: Value, test_elements: Value, **_: Value) -> Value:
    """``isin(element, test_elements)``."""
    return made(as_array(machine, element).shape, "bool", ranges.TRUTHS)


@function("numpy.union1d", "numpy.intersect1d", "numpy.setdiff1d", "numpy.setxor1d")
def set_of(machine: Machine, ar1: Value, ar2: Value, *_: Value, **__: Value) -> Value:
    """Sets of elements, sorted."""
    parts = [as_array(machine, ar1), as_array(machine, ar2)]
    values = ranges.union(*(unordered(part.values) for part in parts))
    return made((machine.new_symbol("K"),), promote(parts[0].dtype, parts[1].dtype), ranges.some_of(values))


@function("numpy.argwhere", "numpy.flatnonzero")
def argwhere(machine: Machine, a: Value) -> Value:
    """``argwhere(a)``: a row of positions for each element that is not zero."""
    array = as_array(machine, a)
    shape = None if array.shape is None else (machine.new_symbol("K"), len(array.shape))
    return made(shape, "int64", ValueFacts(0, integral=True))


@function("numpy.triu", "numpy.tril")
def triangle(machine: Machine, m: Value, k: Value = 0) -> Value:
    """``triu(m, k=0)``: a matrix with zeros on one side of a diagonal."""
    array = as_array(machine, m)
    values = ranges.union(unordered(array.values), ranges.constant(0))
    return made(array.shape, array.dtype, replace(values, attained=False, axis=None, meaning=None))


@function("numpy.diag", "numpy.diagflat")
def diag(machine: Machine, v: Value, k: Value = 0) -> Value:
    """``diag(v, k=0)``: the diagonal of a matrix, or a matrix with that diagonal."""
    array = as_array(machine, v)
    if array.rank == 1 and isinstance(k, int):
        size = array.size(0)
        side = None if size is None else size + abs(k)
        values = ranges.union(unordered(array.values), ranges.constant(0))
        return made((side, side), array.dtype, replace(values, attained=False, axis=None, meaning=None))
    side = None
    if array.shape is not None and len(array.shape) == 2 and k == 0:
        rows, columns = array.shape
        shorter = None if rows is None or columns is None else less(rows, columns)
        side = None if shorter is None else rows if shorter else columns
    return made((side,) if array.rank == 2 else None, array.dtype, ranges.some_of(unordered(array.values)))


@function("numpy.array_str", "numpy.array2string", "numpy.array_repr")
def array_str(*args: Value, **options: Value) -> Value:
    """Text of an array."""
    return Text()
