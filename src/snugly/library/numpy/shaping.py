"""Moving elements around: reshape, transpose, join, split, repeat, pad, sort."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from snugly.facts import ranges, shapes
from snugly.facts.dims import Dim, Expr, divides, same, value
from snugly.facts.misfits import Misfit
from snugly.facts.records import replace
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import Number, Sequence, Unknown, Value
from snugly.library.numpy.arrays import (
    UNKNOWN_ARRAY,
    as_array,
    cast,
    integer,
    joined_values,
    made,
    shape_of,
    size_of,
    stacked,
    unordered,
)
from snugly.library.numpy.promotion import dtype_of, promote
from snugly.library.registry import function

if TYPE_CHECKING:
    from snugly.facts.tensors import Shape
    from snugly.interpreter.machine import Machine


def normal(axis: Value, rank: int) -> int | None:
    """Return an axis counted from the front; ``None`` where it is not known or out of range."""
    known = integer(axis)
    return None if known is None or not -rank <= known < rank else known % rank if rank else None


def normal_axes(machine: Machine, axis: Value, rank: int) -> tuple[int, ...] | None:
    """Return one or several axes counted from the front."""
    given = shape_of(machine, axis)
    if given is None:
        return None
    found = [normal(item, rank) for item in given]
    return None if None in found else tuple(item for item in found if item is not None)


def moved(array: TensorFacts, shape: Shape | None, places: dict[int, int] | None) -> TensorFacts:
    """Return an array with its elements in other places; ``places`` is where each axis went."""
    values = unordered(array.values)
    if values.axis is not None:
        values = replace(values, axis=None if places is None else places.get(values.axis))
    return made(shape, array.dtype, values)


def reshaped(array: TensorFacts, sizes: Shape | None) -> Value:
    """Return an array under another shape, in the same order."""
    try:
        shape = shapes.reshape(array.shape, sizes)
    except Misfit:
        return Unknown("numpy.reshape does not fit")
    values = array.values
    if values.axis is not None:
        kept = {} if array.shape is None or shape is None else shapes.kept_axes(array.shape, shape)
        values = replace(values, axis=kept.get(values.axis))
    return made(shape, array.dtype, values)


@function("numpy.reshape")
def reshape(
    machine: Machine, a: Value, /, shape: Value = None, order: Value = "C", *, newshape: Value = None, **_: Value
) -> Value:
    """``reshape(a, shape)``."""
    array = as_array(machine, a)
    result = reshaped(array, shape_of(machine, newshape if shape is None else shape))
    return _any_order(result) if order != "C" else result


def _any_order(result: Value) -> Value:
    return result.with_(values=unordered(result.values)) if isinstance(result, TensorFacts) else result


@function("numpy.ndarray.reshape")
def ndarray_reshape(machine: Machine, self: Value, /, *shape: Value, order: Value = "C", **_: Value) -> Value:
    """``a.reshape(*shape)``."""
    sizes = shape_of(machine, shape[0] if len(shape) == 1 else shape)
    result = reshaped(as_array(machine, self), sizes)
    return _any_order(result) if order != "C" else result


@function("numpy.ravel", "numpy.ndarray.ravel", "numpy.ndarray.flatten")
def ravel(machine: Machine, a: Value, order: Value = "C") -> Value:
    """``ravel(a)``."""
    array = as_array(machine, a)
    return made((array.numel,), array.dtype, replace(array.values, axis=None) if array.rank != 1 else array.values)


def transposed(array: TensorFacts, order: tuple[int, ...] | None) -> TensorFacts:
    """Return an array with its axes in another order; ``None`` where the order is not known."""
    if array.shape is None:
        return moved(array, None, None)
    if order is None:
        return moved(array, (None,) * len(array.shape), None)
    if order == tuple(range(len(array.shape))):
        return array.with_(origin=None)
    return moved(array, tuple(array.shape[axis] for axis in order), {axis: place for place, axis in enumerate(order)})


@function("numpy.transpose", "numpy.permute_dims")
def transpose(machine: Machine, a: Value, axes: Value = None) -> Value:
    """``transpose(a, axes=None)``."""
    array = as_array(machine, a)
    rank = array.rank
    if rank is None:
        return transposed(array, None)
    if axes is None:
        return transposed(array, tuple(reversed(range(rank))))
    order = normal_axes(machine, axes, rank)
    return transposed(array, order if order is not None and len(set(order)) == rank else None)


@function("numpy.ndarray.transpose")
def ndarray_transpose(machine: Machine, self: Value, /, *axes: Value) -> Value:
    """``a.transpose(*axes)``."""
    return transpose(machine, self, None if not axes else axes[0] if len(axes) == 1 else axes)


@function("numpy.swapaxes", "numpy.ndarray.swapaxes")
def swapaxes(machine: Machine, a: Value, axis1: Value, axis2: Value) -> Value:
    """``swapaxes(a, axis1, axis2)``."""
    array = as_array(machine, a)
    order = list(range(array.rank or 0))
    first, second = normal(axis1, len(order)), normal(axis2, len(order))
    if array.rank is None or first is None or second is None:
        return transposed(array, None)
    order[first], order[second] = order[second], order[first]
    return transposed(array, tuple(order))


@function("numpy.moveaxis")
def moveaxis(machine: Machine, a: Value, source: Value, destination: Value) -> Value:
    """``moveaxis(a, source, destination)``."""
    array = as_array(machine, a)
    rank = array.rank or 0
    sources, goals = normal_axes(machine, source, rank), normal_axes(machine, destination, rank)
    if array.rank is None or sources is None or goals is None or len(sources) != len(goals):
        return transposed(array, None)
    order = [axis for axis in range(rank) if axis not in sources]
    for goal, axis in sorted(zip(goals, sources, strict=True)):
        order.insert(goal, axis)
    return transposed(array, tuple(order))


@function("numpy.rollaxis")
def rollaxis(machine: Machine, a: Value, axis: Value, start: Value = 0) -> Value:
    """``rollaxis(a, axis, start=0)``."""
    array = as_array(machine, a)
    place, goal = normal(axis, array.rank or 0), integer(start)
    if array.rank is None or place is None or goal is None or goal < 0:
        return transposed(array, None)
    order = [other for other in range(array.rank) if other != place]
    order.insert(goal - 1 if goal > place else goal, place)
    return transposed(array, tuple(order))


@function("numpy.squeeze", "numpy.ndarray.squeeze")
def squeeze(machine: Machine, a: Value, axis: Value = None) -> Value:
    """``squeeze(a, axis=None)``."""
    array = as_array(machine, a)
    named = None if axis is None or array.rank is None else normal_axes(machine, axis, array.rank)
    if axis is not None and named is None:
        return made(None, array.dtype, unordered(array.values))
    stay = shapes.squeeze(array.shape, named)
    if stay is None or array.shape is None:
        return made(None, array.dtype, unordered(array.values))
    kept = {old: new for new, old in enumerate(stay)}
    values = array.values if array.values.axis is None else replace(array.values, axis=kept.get(array.values.axis))
    return made(tuple(array.shape[place] for place in stay), array.dtype, values)


@function("numpy.expand_dims")
def expand_dims(machine: Machine, a: Value, axis: Value) -> Value:
    """``expand_dims(a, axis)``."""
    array = as_array(machine, a)
    given = shape_of(machine, axis)
    if array.shape is None or given is None:
        return made(None, array.dtype, unordered(array.values))
    places = normal_axes(machine, axis, len(array.shape) + len(given))
    if places is None:
        return made((None,) * (len(array.shape) + len(given)), array.dtype, replace(array.values, axis=None))
    sizes = list(array.shape)
    for place in sorted(places):
        sizes.insert(place, 1)
    return made(tuple(sizes), array.dtype, replace(array.values, axis=None))


def _at_least(rank: int, array: TensorFacts) -> TensorFacts:
    shape = array.shape
    if shape is None or len(shape) >= rank:
        return array
    full: Shape = shape or (1,)
    if rank > 1 and len(full) == 1:
        full = (1, *full)
    if rank > 2 and len(full) == 2:
        full = (*full, 1)
    return array.with_(shape=full, values=replace(array.values, axis=None), origin=None)


def _declare_at_least(rank: int) -> None:
    def at_least(machine: Machine, *arys: Value) -> Value:
        found = tuple(_at_least(rank, as_array(machine, x)) for x in arys)
        return found[0] if len(found) == 1 else found

    function(f"numpy.atleast_{rank}d")(at_least)


for _rank in (1, 2, 3):
    _declare_at_least(_rank)


@function("numpy.broadcast_to")
def broadcast_to(machine: Machine, array: Value, shape: Value, subok: Value = False) -> Value:
    """``broadcast_to(array, shape)``."""
    old = as_array(machine, array)
    return made(shape_of(machine, shape), old.dtype, unordered(old.values))


# Joining.


def parts_of(machine: Machine, arrays: Value) -> tuple[list[TensorFacts] | None, TensorFacts, Dim | None]:
    """Return arrays given in a list: each, or what holds for each and how many there are."""
    if isinstance(arrays, TensorFacts):
        row = machine.item(arrays, Number("int", 0))
        return None, as_array(machine, row), arrays.size(0)
    found = machine.iterate(arrays)
    if found.items is not None:
        parts = [as_array(machine, item) for item in found.items]
        return parts, parts[0] if parts else UNKNOWN_ARRAY, len(parts)
    return None, as_array(machine, found.element), found.length


def _promoted(parts: list[TensorFacts]) -> str | None:
    dtype = parts[0].dtype
    for part in parts[1:]:
        dtype = promote(dtype, part.dtype)
    return dtype


def joined(parts: list[TensorFacts], axis: Value) -> Value:
    """Return arrays joined along an axis that they have."""
    place = integer(axis)
    if place is None:
        shape: Shape | None = None if parts[0].shape is None else (None,) * len(parts[0].shape)
    else:
        try:
            shape = shapes.concatenate([part.shape for part in parts], place)
        except Misfit:
            return Unknown("numpy.concatenate does not fit")
    rank = None if shape is None else len(shape)
    outermost = rank == 1 or (rank is not None and place in (0, -rank))
    values = joined_values(parts) if outermost else ranges.union(*(unordered(part.values) for part in parts))
    return made(shape, _promoted(parts), values)


@function("numpy.concatenate", "numpy.concat")
def concatenate(
    machine: Machine, arrays: Value, axis: Value = 0, out: Value = None, *, dtype: Value = None, **_: Value
) -> Value:
    """``concatenate(arrays, axis=0)``."""
    parts, one, length = parts_of(machine, arrays)
    if parts is not None and not parts:
        return Unknown("numpy.concatenate of nothing")
    if axis is None:
        flat = [made((part.numel,), part.dtype, part.values) for part in parts or ()]
        result = joined(flat, 0) if flat else made((None,), one.dtype)
    elif parts is not None:
        result = joined(parts, axis)
    else:
        result = _repeated(one, axis, length)
    return result if dtype is None or not isinstance(result, TensorFacts) else cast(result, dtype_of(dtype))


def _repeated(one: TensorFacts, axis: Value, length: Dim | None) -> TensorFacts:
    """Return equal arrays joined along an axis, however many there are."""
    values = ranges.some_of(unordered(one.values))
    place = None if one.shape is None else normal(axis, len(one.shape))
    if one.shape is None or place is None:
        return made(one.shape and (None,) * len(one.shape), one.dtype, values)
    size = one.shape[place]
    total = None if size is None or length is None else size * length
    return made((*one.shape[:place], total, *one.shape[place + 1 :]), one.dtype, values)


@function("numpy.stack")
def stack(
    machine: Machine, arrays: Value, axis: Value = 0, out: Value = None, *, dtype: Value = None, **_: Value
) -> Value:
    """``stack(arrays, axis=0)``."""
    parts, one, length = parts_of(machine, arrays)
    if parts is not None:
        if not parts:
            return Unknown("numpy.stack of nothing")
        if any(_differ(parts[0].shape, part.shape) for part in parts):
            return Unknown("numpy.stack does not fit")
        result = stacked(parts)
    else:
        shape = None if one.shape is None else (length, *one.shape)
        result = made(shape, one.dtype, ranges.some_of(unordered(one.values)))
    if dtype is not None:
        result = cast(result, dtype_of(dtype))
    return result if axis == 0 else moveaxis(machine, result, 0, axis)


def _differ(a: Shape | None, b: Shape | None) -> bool:
    if a is None or b is None:
        return False
    return len(a) != len(b) or any(same(x, y) is False for x, y in zip(a, b, strict=True))


def _each(machine: Machine, tup: Value, rank: int) -> Value:
    parts, one, length = parts_of(machine, tup)
    if parts is not None:
        return Sequence("list", [_at_least(rank, part) for part in parts])
    return Sequence("list", None, _at_least(rank, one), length)


@function("numpy.vstack", "numpy.row_stack")
def vstack(machine: Machine, tup: Value, **_: Value) -> Value:
    """``vstack(tup)``."""
    return concatenate(machine, _each(machine, tup, 2), 0)


@function("numpy.hstack")
def hstack(machine: Machine, tup: Value, **_: Value) -> Value:
    """``hstack(tup)``."""
    parts, one, _length = parts_of(machine, tup)
    rank = parts[0].rank if parts else one.rank
    if rank is None:
        return UNKNOWN_ARRAY
    return concatenate(machine, _each(machine, tup, 1), 0 if rank <= 1 else 1)


@function("numpy.dstack")
def dstack(machine: Machine, tup: Value) -> Value:
    """``dstack(tup)``."""
    return concatenate(machine, _each(machine, tup, 3), 2)


@function("numpy.column_stack")
def column_stack(machine: Machine, tup: Value) -> Value:
    """``column_stack(tup)``: vectors become columns."""
    parts, one, length = parts_of(machine, tup)
    if parts is not None:
        return concatenate(machine, Sequence("list", [_column(part) for part in parts]), 1)
    return concatenate(machine, Sequence("list", None, _column(one), length), 1)


def _column(part: TensorFacts) -> TensorFacts:
    if part.shape is None or len(part.shape) > 1:
        return part
    return part.with_(shape=(part.numel, 1), origin=None)


class _Joiner:
    """``numpy.r_`` and ``numpy.c_``."""

    def __init__(self, *, columns: bool) -> None:
        self.columns = columns

    def item(self, machine: Machine, key: Value) -> Value:
        """``c_[a, b]``."""
        parts = key if isinstance(key, tuple) else (key,)
        if any(isinstance(part, slice | str) for part in parts):
            return UNKNOWN_ARRAY
        given = Sequence("list", [_at_least(1, as_array(machine, part)) for part in parts])
        return column_stack(machine, given) if self.columns else concatenate(machine, given, 0)


@function("numpy.append")
def append(machine: Machine, arr: Value, values: Value, axis: Value = None) -> Value:
    """``append(arr, values, axis=None)``."""
    parts = [as_array(machine, arr), as_array(machine, values)]
    if axis is None:
        parts = [made((part.numel,), part.dtype, part.values) for part in parts]
        return joined(parts, 0)
    return joined(parts, axis)


# Splitting.


def pieces(array: TensorFacts, sizes: list[Dim | None], axis: int) -> Value:
    """Return an array cut along an axis into pieces of these sizes."""
    shape = array.shape or ()
    values = ranges.some_of(unordered(array.values))
    return Sequence("list", [made((*shape[:axis], size, *shape[axis + 1 :]), array.dtype, values) for size in sizes])


def _split(machine: Machine, ary: Value, sections: Value, axis: Value, *, even: bool) -> Value:
    array = as_array(machine, ary)
    place = None if array.rank is None else normal(axis, array.rank)
    if array.shape is None or place is None:
        return Sequence("list", None, made(None, array.dtype), None)
    total = array.shape[place]
    count = integer(sections)
    if count is not None and count > 0:
        return pieces(array, _section_sizes(total, count, even=even), place)
    given = shape_of(machine, sections)
    cuts = None if given is None or size_of(sections) is not None else [0, *given, total]
    if cuts is None:
        return Sequence("list", None, made((*array.shape[:place], None, *array.shape[place + 1 :]), array.dtype), None)
    return pieces(array, [_between(a, b, total) for a, b in itertools.pairwise(cuts)], place)


def _section_sizes(total: Dim | None, count: int, *, even: bool) -> list[Dim | None]:
    known = value(total)
    if known is not None:
        return [known // count + (1 if i < known % count else 0) for i in range(count)]
    exact = total is not None and (even or divides(count, total))
    return [total // count if exact and total is not None else None] * count


def _between(start: Dim | None, stop: Dim | None, total: Dim | None) -> Dim | None:
    if not isinstance(start, int) or not isinstance(stop, int | Expr) or not isinstance(total, int):
        return None
    last = value(stop)
    if last is None:
        return None
    return len(range(*slice(start, last).indices(total)))


@function("numpy.split")
def split(machine: Machine, ary: Value, indices_or_sections: Value, axis: Value = 0) -> Value:
    """``split(ary, indices_or_sections, axis=0)``."""
    return _split(machine, ary, indices_or_sections, axis, even=True)


@function("numpy.array_split")
def array_split(machine: Machine, ary: Value, indices_or_sections: Value, axis: Value = 0) -> Value:
    """``array_split(ary, indices_or_sections, axis=0)``."""
    return _split(machine, ary, indices_or_sections, axis, even=False)


@function("numpy.hsplit")
def hsplit(machine: Machine, ary: Value, indices_or_sections: Value) -> Value:
    """``hsplit(ary, indices_or_sections)``."""
    return _split(machine, ary, indices_or_sections, 0 if as_array(machine, ary).rank == 1 else 1, even=True)


@function("numpy.vsplit")
def vsplit(machine: Machine, ary: Value, indices_or_sections: Value) -> Value:
    """``vsplit(ary, indices_or_sections)``."""
    return _split(machine, ary, indices_or_sections, 0, even=True)
