"""Making facts of arrays: from Python's values, lists and tensors, and from a shape and a dtype."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts import ranges
from snugly.facts.dims import Dim, Expr, product, value
from snugly.facts.dtypes import is_integral
from snugly.facts.records import replace
from snugly.facts.scalars import meant
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import NOTHING_KNOWN, ValueFacts
from snugly.interpreter import classes
from snugly.interpreter.joins import number_members, settle
from snugly.interpreter.values import NOTHING, Choice, Instance, Number, Sequence, Unknown, Value
from snugly.library.numpy.promotion import promote, python_dtype, python_kind
from snugly.library.plain import number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snugly.facts.tensors import Shape
    from snugly.interpreter.machine import Machine

MOST_ELEMENTS = 1024
"""Arrays up to this size are followed element by element."""

_DEEPEST = 32


def made(shape: Shape | None, dtype: str | None, values: ValueFacts = NOTHING_KNOWN) -> TensorFacts:
    """Return the facts of a new array."""
    if values.elements is not None and len(values.elements) > MOST_ELEMENTS:
        values = unordered(values)
    return TensorFacts(shape, dtype, "cpu", False, values, kind="ndarray")


UNKNOWN_ARRAY = made(None, None)


def unordered(values: ValueFacts) -> ValueFacts:
    """Return what still holds when the elements change places."""
    if values.elements is None:
        return values
    return replace(summary(values.elements), meaning=values.meaning)


def summary(elements: Iterable[Any]) -> ValueFacts:
    """Return what is known of elements that are known, but for their order."""
    distinct = frozenset(elements)
    if not distinct or any(isinstance(x, complex) or x != x for x in distinct):  # noqa: PLR0124 - NaN
        return NOTHING_KNOWN
    return ValueFacts(
        min(distinct),
        max(distinct),
        all(float(x).is_integer() for x in distinct),
        distinct if len(distinct) <= ranges.MOST_MEMBERS else None,
        finite=all(abs(x) != float("inf") for x in distinct),
        attained=True,
    )


def listed(elements: Iterable[Any]) -> ValueFacts:
    """Return what is known of elements in a known order."""
    known = tuple(elements)
    return replace(summary(known), elements=known) if len(known) <= MOST_ELEMENTS else summary(known)


def scalar(number: Value, dtype: str | None) -> TensorFacts:
    """Return a numpy scalar that a Python number (known, bounded or symbolic) was made to."""
    if isinstance(number, bool | int | float):
        return made((), dtype, replace(ranges.constant(number), elements=(number,)))
    return made((), dtype, ranges.constant(number))


def as_array(machine: Machine, given: Value, dtype: str | None = None) -> TensorFacts:
    """Return the array that ``numpy.asarray`` makes of a value; ``dtype`` is what it is asked for, if anything."""
    result = _array(machine, given, _DEEPEST)
    if dtype is None or dtype == result.dtype:
        return result
    return cast(result, dtype)


def of_picture(machine: Machine, height: Dim | None, width: Dim | None, dtype: str | None) -> Choice:
    """Return the array of a picture of which nobody knows whether it has colours: with an axis for them, or without."""
    values = ValueFacts(0, 255, integral=True, finite=True) if dtype == "uint8" else NOTHING_KNOWN
    colours = machine.new_symbol("C", 2, 4)
    return Choice((made((height, width, colours), dtype, values), made((height, width), dtype, values)))


def cast(array: TensorFacts, dtype: str | None) -> TensorFacts:
    """Return an array after ``astype``."""
    return made(array.shape, dtype, ranges.cast(array.values, array.dtype, dtype))


def _array(machine: Machine, given: Value, depth: int) -> TensorFacts:
    given = settle(given)
    if isinstance(given, TensorFacts):
        return _of_tensor(given)
    if python_kind(given) is not None:
        return scalar(given, python_dtype(given))
    if isinstance(given, str):
        return made((), None)
    if hasattr(given, "to_numpy"):
        return _of_tensor(given.to_numpy())
    if hasattr(given, "as_argument"):
        facts = given.as_argument()
        return _of_tensor(facts) if isinstance(facts, TensorFacts) else UNKNOWN_ARRAY
    if depth and isinstance(given, Instance) and classes.lookup(given.type, "__array__") is not NOTHING:
        return _array(machine, machine.call(machine.get(given, "__array__")), depth - 1)
    if depth == 0 or not isinstance(given, list | tuple | Sequence):
        return UNKNOWN_ARRAY
    found = given if isinstance(given, Sequence) else machine.iterate(given)
    if found.kind in ("set", "frozenset", "iterator", "generator"):
        return UNKNOWN_ARRAY
    if found.items is None:
        return _of_summary(machine, found, depth)
    if all(python_kind(item) is not None for item in found.items):
        return _of_numbers(found.items)
    return stacked([_array(machine, item, depth - 1) for item in found.items])


def _of_tensor(given: TensorFacts) -> TensorFacts:
    if given.kind == "ndarray":
        return given
    if given.kind == "image":
        shape = given.shape
        if shape is not None and len(shape) == 3 and shape[2] in (1, None):
            shape = None if shape[2] is None else shape[:2]
        return made(shape, given.dtype or "uint8", replace(given.values, axis=None))
    return made(given.shape, None if given.dtype == "bfloat16" else given.dtype, given.values)


def _of_summary(machine: Machine, found: Sequence, depth: int) -> TensorFacts:
    if found.element is NOTHING:
        return made((0 if found.length is None else found.length,), None)
    row = _array(machine, found.element, depth - 1)
    if isinstance(found.element, Number | Expr):
        row = row.with_(values=_item(found.element))
    shape = None if row.shape is None else (found.length, *row.shape)
    return made(shape, row.dtype, ranges.part_of(unordered(row.values)))


def _of_numbers(items: list[Value]) -> TensorFacts:
    if not items:
        return made((0,), "float64")
    dtype: str | None = python_dtype(items[0])
    for item in items[1:]:
        dtype = promote(dtype, python_dtype(item))
    if all(isinstance(item, bool | int | float) for item in items):
        real = float if dtype == "float64" else bool if dtype == "bool" else int
        return made((len(items),), dtype, listed(real(item) for item in items))
    values = [_item(item) for item in items]
    return made((len(items),), dtype, ranges.union(*values))


def _item(number: Value) -> ValueFacts:
    """Return what is known of a number in a list, with the constants that it is one of."""
    known = ranges.constant(number)
    members = number_members(number) if isinstance(number, Number | Expr) else None
    return known if members is None else replace(known, members=members, written=meant(members))


def stacked(rows: list[TensorFacts]) -> TensorFacts:
    """Return the array of arrays that were given in a list; of unequal ones nothing is known."""
    if not rows:
        return made((0,), "float64")
    shape = rows[0].shape
    for row in rows[1:]:
        shape = _common(shape, row.shape)
    dtype = rows[0].dtype
    for row in rows[1:]:
        dtype = promote(dtype, row.dtype)
    return made(None if shape is None else (len(rows), *shape), dtype, joined_values(rows))


def joined_values(parts: list[TensorFacts]) -> ValueFacts:
    """Return what is known of the elements of arrays that are laid one after the other."""
    if all(part.values.elements is not None for part in parts):
        elements = [x for part in parts for x in part.values.elements or ()]
        if len(elements) <= MOST_ELEMENTS:
            return listed(elements)
    return ranges.union(*(unordered(part.values) for part in parts))


def _common(a: Shape | None, b: Shape | None) -> Shape | None:
    if a is None or b is None or len(a) != len(b):
        return None
    return tuple(x if x is not None else y for x, y in zip(a, b, strict=True))


def size_of(argument: Value) -> Dim | None:
    """Return an argument that numpy takes as a size."""
    if isinstance(argument, bool | int):
        return int(argument)
    if isinstance(argument, Expr):
        return argument
    if isinstance(argument, TensorFacts) and argument.shape == () and argument.values.elements:
        element = argument.values.elements[0]
        return element if isinstance(element, int) else None
    return None


def integer(argument: Value) -> int | None:
    """Return an argument as a plain integer where it can be only one."""
    return value(size_of(argument))


def shape_of(machine: Machine, argument: Value) -> Shape | None:
    """Return an argument ``shape`` or ``size``: a number or several."""
    size = size_of(argument)
    if size is not None or isinstance(argument, Number):
        return (size,)
    if isinstance(argument, TensorFacts):
        elements = argument.values.elements
        if argument.shape is not None and len(argument.shape) == 1 and elements is not None:
            return tuple(int(x) for x in elements)
        return (None,) if argument.shape == () else None
    if not isinstance(argument, list | tuple | Sequence):
        return None
    found = machine.iterate(argument)
    if found.items is not None:
        return tuple(size_of(item) for item in found.items)
    count = value(found.length)
    return None if count is None or count > _DEEPEST else (size_of(found.element),) * count


def python_number(array: TensorFacts) -> Value:
    """Return the Python number that ``item()``, ``int()`` or ``float()`` gives."""
    elements = array.values.elements
    if elements is not None and len(elements) == 1:
        return elements[0]
    if array.dtype is None:
        return Unknown("an element of an array")
    kind = "bool" if array.dtype == "bool" else "int" if is_integral(array.dtype) else "float"
    return number(kind, array.values.low, array.values.high)


def count_of(shape: Shape | None) -> int | None:
    """Return the number of elements where it is known and they are few enough to follow."""
    if shape is None:
        return None
    count = value(product(shape))
    return count if count is not None and count <= MOST_ELEMENTS else None
