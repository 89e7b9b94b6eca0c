"""What iterating a value gives, how long it is, and what its elements are as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, Expr, bounds
from snugly.facts.dims import value as known
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import NOTHING_KNOWN, ValueFacts
from snugly.interpreter.budget import LISTED_ITEMS
from snugly.interpreter.flow import Raised
from snugly.interpreter.joins import element_of, join_sequences, length_of, number_bounds, number_type, settle
from snugly.interpreter.values import (
    NOTHING,
    Case,
    Choice,
    Class,
    Instance,
    Mapping,
    Number,
    Range,
    Sequence,
    Text,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine

LISTED_ROWS = 16
"""A tensor with at most this many rows is unpacked or iterated row by row."""


def iterate(machine: Machine, value: Value) -> Sequence:
    """Return what a ``for`` over ``value`` meets."""
    settled = settle(value)
    if isinstance(value, Choice) and isinstance(settled, Unknown):
        return _iterate_choice(machine, value)
    value = settled
    if isinstance(value, Sequence):
        return value
    if isinstance(value, tuple):
        return Sequence("tuple", list(value))
    if isinstance(value, (str, bytes)):
        return Sequence("str", list(value)) if len(value) <= LISTED_ITEMS else Sequence("str", None, Text(), len(value))
    if isinstance(value, Mapping):
        return mapping_keys(value)
    if isinstance(value, TensorFacts):
        return _iterate_tensor(machine, value)
    if isinstance(value, Text):
        return Sequence("str", None, Text(), None)
    if isinstance(value, Instance):
        return _iterate_instance(machine, value)
    if isinstance(value, Class) and value.kind == "enum":
        members = [member for member in value.names.values() if isinstance(member, Instance) and member.type is value]
        return Sequence("list", members)
    if hasattr(value, "iterate"):
        result = machine.call(machine.get(value, "iterate"))
        if isinstance(result, Sequence):
            return result
        return iterate(machine, result) if isinstance(result, (tuple, Mapping, TensorFacts)) else _anything()
    if hasattr(value, "item") and hasattr(value, "length"):
        return _by_index(machine, value)
    return _anything()


def _iterate_choice(machine: Machine, value: Choice) -> Sequence:
    """Return what holds for each of several things that may be iterated over."""
    met = [iterate(machine, option) for option in value.options if option is not None]
    joined = met[0]
    for other in met[1:]:
        joined = join_sequences(joined, other)
    return Sequence("list", None, element_of(joined), length_of(joined))


def _by_index(machine: Machine, value: Value) -> Sequence:
    """Return what the old protocol of iteration meets: item 0, item 1 … of a data set."""
    return Sequence("iterator", None, machine.item(value, machine.new_symbol("index")), length(machine, value))


def _anything() -> Sequence:
    return Sequence("list", None, Unknown("an item of something unknown"), None)


def mapping_keys(value: Mapping) -> Sequence:
    """Return the keys of a dict."""
    if not value.open:
        return Sequence("dict_keys", list(value.entries))
    element: Value = value.rest_key if value.rest_key is not None else Unknown("a key")
    return Sequence("dict_keys", None, element, None)


def _iterate_tensor(machine: Machine, value: TensorFacts) -> Sequence:
    size = value.size(0)
    rows = known(size)
    if rows is not None and rows <= LISTED_ROWS and value.values.elements is not None:
        return Sequence("list", [machine.item(value, index) for index in range(rows)])
    row = machine.item(value, 0)
    if isinstance(row, TensorFacts) and value.values.elements is not None:
        row = row.with_(values=NOTHING_KNOWN)
    if rows is not None and rows <= LISTED_ROWS:
        return Sequence("list", [row] * rows)
    return Sequence("list", None, row, size)


def _iterate_instance(machine: Machine, value: Instance) -> Sequence:
    from snugly.interpreter.classes import lookup

    if lookup(value.type, "__iter__") is not NOTHING:
        result = machine.call(machine.get(value, "__iter__"))
        if result is value or (isinstance(result, Instance) and result.type is value.type):
            return _by_next(machine, value)
        return iterate(machine, result)
    if lookup(value.type, "__next__") is not NOTHING:
        return _by_next(machine, value)
    if lookup(value.type, "__getitem__") is not NOTHING:
        element = machine.call(machine.get(value, "__getitem__"), machine.new_symbol("index"))
        return Sequence("list", None, element, length(machine, value))
    return _anything() if value.native is None else iterate(machine, value.native)


def _by_next(machine: Machine, value: Instance) -> Sequence:
    try:
        element = machine.call(machine.get(value, "__next__"))
    except Raised:
        return Sequence("list", [])
    return Sequence("iterator", None, element, None)


def length(machine: Machine, value: Value) -> Dim | None:
    """Return ``len(value)``."""
    value = settle(value)
    if isinstance(value, Sequence):
        return length_of(value)
    if isinstance(value, (tuple, str, bytes)):
        return len(value)
    if isinstance(value, Mapping):
        return None if value.open else len(value.entries)
    if isinstance(value, TensorFacts):
        return value.size(0)
    if isinstance(value, Class) and value.kind == "enum":
        return length_of(iterate(machine, value))
    if isinstance(value, Instance):
        from snugly.interpreter.classes import lookup

        if lookup(value.type, "__len__") is not NOTHING:
            return as_dim(machine.call(machine.get(value, "__len__")))
        value = value.native
    if value is not None and hasattr(value, "length"):
        return as_dim(machine.call(machine.get(value, "length")))
    return None


def as_dim(value: Value) -> Dim | None:
    """Return a size that is known, exactly or by a symbol."""
    return value if isinstance(value, (int, Expr)) else None


def values_of(value: Value) -> ValueFacts:
    """Return what is known about the elements that a value would have in a tensor."""
    if isinstance(value, TensorFacts):
        return value.values
    if isinstance(value, (bool, int, float)):
        return ValueFacts(
            float(value), float(value), integral=float(value).is_integer(), members=frozenset((float(value),))
        )
    if isinstance(value, (Number, Expr)):
        low, high = number_bounds(value)
        return ValueFacts(
            None if low is None else float(low),
            None if high is None else float(high),
            integral=True if number_type(value) in ("int", "bool") else None,
        )
    return NOTHING_KNOWN


def first(machine: Machine, value: Value) -> Value:
    """Return what ``next(iter(value))`` gives."""
    sequence = iterate(machine, value)
    if sequence.items is not None:
        return sequence.items[0] if sequence.items else Unknown("next of nothing")
    if sequence.cases:
        return sequence.cases[0].element
    return Unknown("next of nothing") if sequence.element is NOTHING else sequence.element


def map_items(sequence: Sequence, kind: str, change: object) -> Sequence:
    """Return a sequence of ``change(item)`` with the same lengths and cases."""
    assert callable(change)  # noqa: S101 - for the type checker
    if sequence.items is not None:
        return Sequence(kind, [change(item) for item in sequence.items])
    return Sequence(
        kind,
        None,
        NOTHING if sequence.element is NOTHING else change(sequence.element),
        sequence.length,
        tuple(Case(change(case.element), case.times, case.name) for case in sequence.cases),
    )


def make_range(start: Value, stop: Value, step: Value) -> Sequence:
    """Return ``range(start, stop, step)``."""
    if isinstance(start, int) and isinstance(stop, int) and isinstance(step, int) and step:
        numbers = range(start, stop, step)
        count = len(numbers)
        if count == 0:
            return Sequence("range", [])
        low, high = min(numbers[0], numbers[-1]), max(numbers[0], numbers[-1])
        return Range("range", None, Number("int", low, high), count, start=start, stop=stop, step=step)
    length: Dim | None = None
    if isinstance(start, (int, Expr)) and isinstance(stop, (int, Expr)) and isinstance(step, int) and step > 0:
        length = (stop - start + (step - 1)) // step
        least = bounds(length)[0]
        length = length if least is not None and least >= 0 else None
        return Range("range", None, Number("int", bounds(start)[0]), length, start=start, stop=stop, step=step)
    lowest = number_bounds(start)[0] if isinstance(start, (int, Expr, Number)) else None
    highest = number_bounds(stop)[1] if isinstance(stop, (int, Expr, Number)) else None
    step_known = isinstance(step, int) and step > 0
    return Sequence(
        "range",
        None,
        Number("int", lowest if step_known else None, None if highest is None or not step_known else highest - 1),
        None,
    )


def listed(sequence: Sequence, limit: int) -> list[Value] | None:
    """Return the items one by one where they are known and not too many."""
    if sequence.items is not None:
        return sequence.items if len(sequence.items) <= limit else None
    if isinstance(sequence, Range) and isinstance(sequence.length, int) and sequence.length <= limit:
        return [sequence.start + index * sequence.step for index in range(sequence.length)]
    return None


__all__ = ["as_dim", "element_of", "first", "iterate", "length", "listed", "make_range", "map_items", "values_of"]
