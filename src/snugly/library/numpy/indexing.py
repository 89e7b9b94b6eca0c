"""Reading and writing ``array[key]``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts import ranges
from snugly.facts.dims import Dim, value
from snugly.facts.misfits import Misfit
from snugly.facts.records import replace
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import ValueFacts
from snugly.interpreter.values import Number, Sequence, Unknown, Value
from snugly.library.numpy.arrays import as_array, cast, listed, made, unordered
from snugly.library.registry import constant, function
from snugly.operations.indexing import kept_written
from snugly.operations.registry import UNKNOWN, lookup

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine

_MOST_LABELS = 64


def as_key(machine: Machine, key: Value) -> Any:
    """Return an index as operations take it: lists become arrays, numbers that are not known ``UNKNOWN``."""
    if isinstance(key, tuple):
        return tuple(as_key(machine, part) for part in key)
    if isinstance(key, Sequence):
        return _as_index(as_array(machine, key))
    if isinstance(key, TensorFacts):
        known = key.values.elements
        if key.shape == () and key.dtype != "bool":
            return int(known[0]) if known and isinstance(known[0], int) else key.with_(kind="tensor")
        return _as_index(key)
    if isinstance(key, Number):
        return TensorFacts((), "bool") if key.type == "bool" else TensorFacts((), "int64", values=ranges.constant(key))
    if isinstance(key, slice):
        return slice(*(as_key(machine, end) for end in (key.start, key.stop, key.step)))
    return UNKNOWN if isinstance(key, Unknown) else key


def _as_index(array: TensorFacts) -> TensorFacts:
    return array.with_(kind="tensor")


@function("numpy.ndarray.__getitem__")
def getitem(machine: Machine, self: TensorFacts, key: Value) -> Value:
    """``array[key]``."""
    exact = _exactly(self, key)
    if exact is not None:
        return exact
    index = as_key(machine, key)
    if isinstance(index, tuple):
        index = tuple(_listed_mask(machine, part) for part in index)
    elif isinstance(index, TensorFacts) and index.dtype == "bool" and index.shape and self.shape is not None:
        return _masked(machine, self, index)
    rows = _rows(self, index)
    if rows is not None:
        return rows
    rule = lookup("operator.getitem")
    if rule is None:
        return made(None, self.dtype, ranges.some_of(unordered(self.values)))
    try:
        found = rule(self.with_(kind="tensor", requires_grad=False), index)
    except Misfit:
        return Unknown("an index that does not fit")
    if not isinstance(found, TensorFacts):
        return made(None, self.dtype, ranges.some_of(unordered(self.values)))
    return made(found.shape, self.dtype, found.values)


def _masked(machine: Machine, array: TensorFacts, mask: TensorFacts) -> TensorFacts:
    """Return the elements that a mask over the first axes chooses, it is not known how many."""
    values = ranges.some_of(unordered(array.values))
    rank = len(mask.shape or ())
    truths, elements = mask.values.elements, array.values.elements
    if rank == 1 and truths is not None:
        count: Dim = sum(map(bool, truths))
        if elements is not None and len(elements) == len(truths):
            values = listed(x for x, truth in zip(elements, truths, strict=True) if truth)
    else:
        count = machine.new_symbol("K")
    rest = (array.shape or ())[rank:]
    if values.axis is not None:
        values = replace(values, axis=None if values.axis < rank else values.axis - rank + 1)
    return made((count, *rest), array.dtype, values)


def _listed_mask(machine: Machine, part: Any) -> Any:
    """Turn a mask over one axis into as many positions, and a reversed slice into a straight one of that length."""
    if isinstance(part, TensorFacts) and part.dtype == "bool" and part.shape is not None and len(part.shape) == 1:
        return TensorFacts((machine.new_symbol("K"),), "int64")
    if isinstance(part, slice) and part == slice(None, None, -1):
        return slice(None)
    return part


def _exactly(array: TensorFacts, key: Value) -> TensorFacts | None:
    """Index the first axis of an array whose elements are known."""
    elements, shape = array.values.elements, array.shape
    ends = (key.start, key.stop, key.step) if isinstance(key, slice) else (key,)
    plain = all(isinstance(end, int | None) and not isinstance(end, bool) for end in ends)
    if elements is None or not shape or not plain or key is None:
        return None
    rows = value(shape[0])
    if not rows or len(elements) % rows:
        return None
    width = len(elements) // rows
    if isinstance(key, int):
        if not -rows <= key < rows:
            return None
        start = key % rows * width
        return made(shape[1:], array.dtype, listed(elements[start : start + width]))
    chosen = [*range(rows)][slice(*ends)]
    kept = [x for row in chosen for x in elements[row * width : (row + 1) * width]]
    return made((len(chosen), *shape[1:]), array.dtype, listed(kept))


def _rows(array: TensorFacts, index: Any) -> TensorFacts | None:
    """Return the rows that an array of indices chooses, as in ``numpy.eye(10)[labels]``."""
    if not isinstance(index, TensorFacts) or array.shape is None or not array.shape:
        return None
    if index.dtype in (None, "bool") or index.shape is None or "int" not in index.dtype:
        return None
    table = len(array.shape) == 1 and (len(index.shape) > 1 or len(array.values.members or ()) == value(array.shape[0]))
    values = (ranges.some_of if table else ranges.part_of)(unordered(array.values))
    if values.axis is not None:
        values = replace(values, axis=None if values.axis == 0 else values.axis - 1 + len(index.shape))
    picked = array.values.elements
    wanted = index.values.elements
    if picked is not None and wanted is not None and len(array.shape) == 1:
        try:
            values = listed(picked[i] for i in wanted)
        except IndexError:
            return None
    return made((*index.shape, *array.shape[1:]), array.dtype, values)


@function("numpy.ndarray.__setitem__")
def setitem(machine: Machine, self: TensorFacts, key: Value, new: Value) -> TensorFacts:
    """``array[key] = new``: shape and dtype stay; the elements may be the old ones or the new ones."""
    written = as_array(machine, new)
    fresh = unordered(cast(written, self.dtype).values) if self.dtype and written.dtype else ValueFacts()
    items = key if isinstance(key, tuple) else (key,)
    if all(item is Ellipsis or (isinstance(item, slice) and item == slice(None)) for item in items):
        fresh = ranges.part_of(fresh)
        return made(self.shape, self.dtype, replace(fresh, axis=None, meaning=None))
    kept = kept_written(self, as_key(machine, key))
    merged = ranges.after_writing(unordered(self.values), fresh, kept)
    return made(self.shape, self.dtype, replace(merged, attained=False, axis=None, meaning=None))


@function("numpy.put_along_axis", "numpy.put", "numpy.place", "numpy.copyto", "numpy.fill_diagonal", "numpy.add.at")
def write(machine: Machine, arr: Value, *args: Value, **options: Value) -> None:
    """Functions that write into an array: from here on nothing is known of its elements."""
    if isinstance(arr, TensorFacts):
        machine.mutate(arr, made(arr.shape, arr.dtype))


@function("numpy.ix_")
def ix(machine: Machine, *args: Value) -> Value:
    """``ix_(*args)``: index arrays that broadcast to a grid."""
    arrays = [as_array(machine, x) for x in args]
    return tuple(
        made(tuple(array.numel if i == place else 1 for i in range(len(arrays))), array.dtype, array.values)
        for place, array in enumerate(arrays)
    )


class _SliceMaker:
    """``numpy.s_``: the key itself."""

    path = "numpy.s_"

    def item(self, key: Value) -> Value:
        """``s_[key]``."""
        return key


constant("numpy.s_", _SliceMaker())
