"""The builtin functions."""

from __future__ import annotations

import math
from typing import Any

from snugly.facts.dims import Dim, Expr, bounds, less, same
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.branches import is_kind
from snugly.interpreter.expressions import format_value
from snugly.interpreter.iteration import as_dim, first, listed, make_range, map_items
from snugly.interpreter.joins import element_of, join, length_of, longest_number, number_bounds, number_type
from snugly.interpreter.operators import binary, compare, numbers
from snugly.interpreter.values import (
    NOTHING,
    Case,
    Class,
    Function,
    Instance,
    LibraryName,
    Mapping,
    Method,
    Native,
    Number,
    Partial,
    Sequence,
    Text,
    Unknown,
    Value,
)
from snugly.library.plain import counted
from snugly.library.registry import constant, function

NUMERIC = (bool, int, float, complex, Expr, Number)
LISTED = 4096

for _type in ("Ellipsis",):
    constant(f"builtins.{_type}", ...)
constant("builtins.__name__", "__main__")


@function("builtins.len")
def len_(machine: Any, obj: Value) -> Value:
    """Return the length, or a number that is not negative."""
    size = machine.length(obj)
    return Number("int", 0) if size is None else size


@function("builtins.range")
def range_(*args: Value) -> Value:
    """Return a range."""
    start, stop, step = {1: (0, *args, 1), 2: (*args, 1)}.get(len(args), args)
    return make_range(*(_as_int(value) for value in (start, stop, step)))


def _as_int(value: Value) -> Value:
    return value if isinstance(value, (int, Expr, Number)) else Number("int")


@function("builtins.print", "builtins.setattr_", "builtins.exit", "builtins.quit")
def nothing(*args: Value, **kwargs: Value) -> None:
    """Return ``None``."""


@function("builtins.enumerate")
def enumerate_(machine: Any, iterable: Value, start: Value = 0) -> Value:
    """Pair items with their positions."""
    sequence = machine.iterate(iterable)
    items = listed(sequence, LISTED) if sequence.items is not None else None
    if items is not None and isinstance(start, int):
        return Sequence("iterator", [(start + index, item) for index, item in enumerate(items)])
    low = number_bounds(start)[0] if isinstance(start, (int, Expr, Number)) else None
    size = length_of(sequence)
    high = bounds(size)[1] if size is not None and low is not None else None
    index = Number("int", low, None if high is None or low is None else low + max(high - 1, 0))
    numbered = map_items(sequence, "iterator", lambda item: (index, item))
    numbered.cases = _numbered_cases(sequence.cases, low)
    return numbered


def _numbered_cases(cases: tuple[Case, ...], start: float | None) -> tuple[Case, ...]:
    """Pair the runs of a sequence with their positions: the last, shorter batch of a loader is never batch 0."""
    numbered: list[Case] = []
    low: float | None = start
    high: float | None = start
    for case in cases:
        least, most = bounds(case.times) if case.times is not None else (None, None)
        last = None if high is None or most is None else high + most - 1
        known = low is not None and low == last
        position: Value = int(low) if known and low is not None else Number("int", low, last)
        numbered.append(Case((position, case.element), case.times, case.name))
        low = None if low is None else low + (least if least is not None else 1)
        high = None if last is None else last + 1
    return tuple(numbered)


@function("builtins.zip")
def zip_(machine: Any, *iterables: Value, strict: Value = False) -> Value:
    """Pair the items of several iterables."""
    sequences = [machine.iterate(iterable) for iterable in iterables]
    rows = [listed(sequence, LISTED) for sequence in sequences]
    if all(row is not None for row in rows):
        return Sequence("iterator", [tuple(parts) for parts in zip(*rows, strict=False)])
    cases = _paired_cases(sequences)
    if any(length_of(sequence) == 0 for sequence in sequences):
        return Sequence("iterator", [])
    return Sequence(
        "iterator",
        None,
        tuple(element_of(sequence) for sequence in sequences),
        _shortest([length_of(sequence) for sequence in sequences]),
        cases,
    )


def _paired_cases(sequences: list[Sequence]) -> tuple[Case, ...]:
    runs = [sequence.cases for sequence in sequences]
    counts = {tuple(case.times for case in run) for run in runs if run}
    if len(counts) != 1:
        return ()
    chosen = next(run for run in runs if run)
    return tuple(
        Case(
            tuple(
                run[index].element if run else element_of(sequence)
                for run, sequence in zip(runs, sequences, strict=True)
            ),
            case.times,
            case.name,
        )
        for index, case in enumerate(chosen)
    )


def _shortest(lengths: list[Dim | None]) -> Dim | None:
    shortest = lengths[0]
    for length in lengths[1:]:
        if shortest is None or length is None:
            return None
        if same(shortest, length):
            continue
        below = less(length, shortest)
        if below is None:
            return None
        shortest = length if below else shortest
    return shortest


@function("builtins.map")
def map_(machine: Any, func: Value, *iterables: Value) -> Value:
    """Apply a function to every item."""
    sequence = machine.iterate(iterables[0]) if len(iterables) == 1 else zip_(machine, *iterables)
    items = listed(sequence, 256)
    many = len(iterables) > 1

    def apply(item: Value) -> Value:
        return machine.call(func, *item) if many else machine.call(func, item)

    if items is not None:
        return Sequence("iterator", [apply(item) for item in items])
    if sequence.items is not None:
        return Sequence("iterator", None, apply(element_of(sequence)), len(sequence.items))
    return map_items(sequence, "iterator", apply)


@function("builtins.filter")
def filter_(machine: Any, func: Value, iterable: Value) -> Value:
    """Keep the items for which a function is true."""
    sequence = machine.iterate(iterable)
    items = listed(sequence, 256)
    if items is not None:
        answers = [machine.truth(item if func is None else machine.call(func, item)) for item in items]
        if None not in answers:
            return Sequence("iterator", [item for item, kept in zip(items, answers, strict=True) if kept])
    return Sequence("iterator", None, element_of(sequence), None)


@function("builtins.sorted")
def sorted_(machine: Any, iterable: Value, *, key: Value = None, reverse: Value = False) -> Value:
    """Return a sorted list: really sorted where everything that decides is known."""
    sequence = machine.iterate(iterable)
    items = listed(sequence, LISTED)
    if items is None:
        return Sequence("list", None, element_of(sequence), length_of(sequence))
    keys = items if key is None else [machine.call(key, item) for item in items]
    order = sorted_order(keys, reverse)
    if order is None:
        return Sequence("list", None, element_of(sequence), len(items)) if items else Sequence("list", [])
    return Sequence("list", [items[index] for index in order])


def sorted_order(keys: list[Value], reverse: Value) -> list[int] | None:
    """Return the order of known keys, ``None`` where it is not known."""
    if not isinstance(reverse, bool) or not all(_sortable(value) for value in keys):
        return None
    try:
        return sorted(range(len(keys)), key=lambda index: keys[index], reverse=reverse)
    except TypeError:
        return None


def _sortable(value: Value) -> bool:
    if isinstance(value, tuple):
        return all(_sortable(item) for item in value)
    return isinstance(value, (int, float, str, bytes))


@function("builtins.reversed")
def reversed_(machine: Any, seq: Value) -> Value:
    """Return the items from the last to the first."""
    sequence = machine.iterate(seq)
    items = listed(sequence, LISTED)
    if items is not None:
        return Sequence("iterator", list(reversed(items)))
    return Sequence("iterator", None, sequence.element, sequence.length, tuple(reversed(sequence.cases)))


@function("builtins.sum")
def sum_(machine: Any, iterable: Value, start: Value = 0) -> Value:
    """Add the items up."""
    sequence = machine.iterate(iterable)
    items = listed(sequence, LISTED)
    if items is not None and len(items) <= 256:
        total = start
        for item in items:
            total = binary(machine, "Add", total, item)
        return total
    element = element_of(sequence)
    if element is NOTHING:
        return start
    total = binary(machine, "Add", start, element)
    if isinstance(element, NUMERIC):
        low = number_bounds(element)[0]
        zero = low is not None and low >= 0
        return Number(number_type(total) if isinstance(total, NUMERIC) else "float", 0 if zero else None, None)
    return total


def _extreme(machine: Any, args: tuple[Value, ...], op: str, key: Value, default: Value) -> Value:
    sequence = machine.iterate(args[0]) if len(args) == 1 else Sequence("tuple", list(args))
    items = listed(sequence, LISTED)
    if items is None:
        element = element_of(sequence)
        if isinstance(element, (int, Expr)) and not isinstance(element, bool):
            return element
        return _unlisted(element)
    if not items:
        return Unknown("the largest of nothing") if default is NOTHING else default
    best = items[0]
    best_key = best if key is None else machine.call(key, best)
    for item in items[1:]:
        item_key = item if key is None else machine.call(key, item)
        answer = compare(machine, op, item_key, best_key)
        if answer is True:
            best, best_key = item, item_key
        elif answer is not False:
            if all(isinstance(other, NUMERIC) for other in items) and key is None:
                return _extreme_bounds(items, op)
            return join(best, element_of(Sequence("list", items)))
    return best


def _unlisted(element: Value) -> Value:
    return Unknown("the largest of nothing") if element is NOTHING else element


def _extreme_bounds(items: list[Value], op: str) -> Value:
    lows = [number_bounds(item)[0] for item in items]
    highs = [number_bounds(item)[1] for item in items]
    kind = "float" if any(number_type(item) == "float" for item in items) else "int"
    known_low = [low for low in lows if low is not None]
    known_high = [high for high in highs if high is not None]
    if op == "Gt":
        return Number(kind, max(known_low, default=None), max(known_high) if None not in highs and known_high else None)
    return Number(kind, min(known_low) if None not in lows and known_low else None, min(known_high, default=None))


@function("builtins.max")
def max_(machine: Any, *args: Value, key: Value = None, default: Value = NOTHING) -> Value:
    """Return the largest item."""
    return (longest_number(args) if key is None else None) or _extreme(machine, args, "Gt", key, default)


@function("builtins.min")
def min_(machine: Any, *args: Value, key: Value = None, default: Value = NOTHING) -> Value:
    """Return the smallest item."""
    return counted(machine, _extreme(machine, args, "Lt", key, default), args)


@function("builtins.abs")
def abs_(machine: Any, x: Value) -> Value:
    """Return the absolute value."""
    if isinstance(x, (bool, int, float, complex)):
        return abs(x)
    if isinstance(x, TensorFacts):
        return machine.apply("torch.abs", x)
    if isinstance(x, (Expr, Number)):
        low, high = number_bounds(x)
        if low is not None and low >= 0:
            return x
        return Number(number_type(x), 0, None if low is None or high is None else max(-low, high))
    return Unknown("abs")


@function("builtins.round")
def round_(number: Value, ndigits: Value = None) -> Value:
    """Round a number."""
    if isinstance(number, (int, float)) and isinstance(ndigits, (int, type(None))):
        try:
            return round(number, ndigits)
        except (OverflowError, ValueError):
            return Unknown("round")
    if isinstance(number, Expr):
        return number
    low, high = number_bounds(number) if isinstance(number, Number) else (None, None)
    if ndigits is not None:
        return Number("float", low, high)
    return Number("int", None if low is None else round(low), None if high is None else round(high))


@function("builtins.divmod")
def divmod_(a: Value, b: Value) -> Value:
    """Return quotient and remainder."""
    if isinstance(a, NUMERIC) and isinstance(b, NUMERIC):
        return (numbers("FloorDiv", a, b), numbers("Mod", a, b))
    return (Number("int"), Number("int"))


@function("builtins.pow")
def pow_(machine: Any, base: Value, exp: Value, mod: Value = None) -> Value:
    """Return a power."""
    return binary(machine, "Pow", base, exp) if mod is None else Number("int")


@function("builtins.any")
def any_(machine: Any, iterable: Value) -> Value:
    """Tell whether some item is true."""
    return _quantified(machine, iterable, stop=True)


@function("builtins.all")
def all_(machine: Any, iterable: Value) -> Value:
    """Tell whether every item is true."""
    return _quantified(machine, iterable, stop=False)


def _quantified(machine: Any, iterable: Value, *, stop: bool) -> Value:
    items = listed(machine.iterate(iterable), LISTED)
    if items is None:
        return Number("bool")
    answers = [machine.truth(item) for item in items]
    if stop in answers:
        return stop
    return Number("bool") if None in answers else not stop


@function("builtins.isinstance")
def isinstance_(obj: Value, class_or_tuple: Value) -> Value:
    """Tell whether an object is of a class."""
    answer = is_kind(obj, class_or_tuple)
    return Number("bool") if answer is None else answer


@function("builtins.issubclass")
def issubclass_(cls: Value, class_or_tuple: Value) -> Value:
    """Tell whether a class inherits from another."""
    if isinstance(cls, Class) and isinstance(class_or_tuple, (Class, LibraryName)):
        return class_or_tuple in cls.order
    return Number("bool")


@function("builtins.callable")
def callable_(obj: Value) -> Value:
    """Tell whether an object can be called."""
    if isinstance(obj, (Function, Class, Method, Native, Partial)):
        return True
    if isinstance(obj, (str, int, float, tuple, Sequence, Mapping, TensorFacts, type(None))):
        return False
    return Number("bool")


@function("builtins.getattr")
def getattr_(machine: Any, obj: Value, name: Value, default: Value = NOTHING) -> Value:
    """Read an attribute by its name."""
    if not isinstance(name, str):
        return Unknown("getattr")
    found = machine.get(obj, name)
    if isinstance(found, Unknown) and default is not NOTHING and isinstance(obj, Instance):
        return default if not obj.type.bases else join(default, found)
    return found


@function("builtins.setattr")
def setattr_(machine: Any, obj: Value, name: Value, value: Value) -> None:
    """Write an attribute by its name."""
    if isinstance(name, str):
        machine.set(obj, name, value)


@function("builtins.hasattr")
def hasattr_(machine: Any, obj: Value, name: Value) -> Value:
    """Tell whether an object has an attribute."""
    if isinstance(name, str) and not isinstance(obj, Unknown):
        found = machine.get(obj, name)
        if not isinstance(found, Unknown):
            return True
    return Number("bool")


@function("builtins.iter")
def iter_(machine: Any, obj: Value, sentinel: Value = NOTHING) -> Value:
    """Return an iterator."""
    if sentinel is not NOTHING:
        return Sequence("iterator", None, machine.call(obj), None)
    if isinstance(obj, Instance):
        return obj
    sequence = machine.iterate(obj)
    items = listed(sequence, LISTED)
    return Sequence(
        "iterator",
        None if items is None else list(items),
        sequence.element,
        sequence.length,
        sequence.cases,
    )


@function("builtins.next", "builtins.anext")
def next_(machine: Any, iterator: Value, default: Value = NOTHING) -> Value:
    """Return the next item."""
    if isinstance(iterator, Sequence) and iterator.items:
        machine.touch(iterator)
        return iterator.items.pop(0)
    found = first(machine, iterator)
    return join(found, default) if default is not NOTHING and not isinstance(found, Unknown) else found


@function("builtins.type")
def type_(obj: Value, *rest: Value) -> Value:
    """Return the class of an object."""
    if rest:
        return Unknown("a class that is made at run time")
    if isinstance(obj, Instance):
        return obj.type
    if isinstance(obj, (bool, int, float, str, bytes, tuple)):
        return LibraryName(f"builtins.{type(obj).__name__}")
    if isinstance(obj, Mapping):
        return LibraryName("builtins.dict")
    return LibraryName(obj.path) if getattr(obj, "path", "") and not isinstance(obj, LibraryName) else Unknown("type")


@function("builtins.input", "builtins.repr", "builtins.ascii", "builtins.hex", "builtins.bin", "builtins.oct")
def text(*args: Value) -> Value:
    """Return a text."""
    return Text()


@function("builtins.format")
def format_(value: Value, format_spec: Value = "") -> Value:
    """Return a formatted text."""
    return format_value(value, format_spec)


@function("builtins.chr")
def chr_(i: Value) -> Value:
    """Return a character by its code."""
    return chr(i) if isinstance(i, int) and 0 <= i < 0x110000 else Text()


@function("builtins.ord")
def ord_(c: Value) -> Value:
    """Return the code of a character."""
    return ord(c) if isinstance(c, str) and len(c) == 1 else Number("int", 0, 0x10FFFF)


@function("builtins.id", "builtins.hash")
def some_number(obj: Value) -> Value:
    """Return a number."""
    return Number("int")


@function("builtins.slice")
def slice_(*args: Value) -> Value:
    """Return a slice."""
    return slice(*args)


@function("builtins.exec", "builtins.compile", "builtins.open")
def not_followed(machine: Any, *args: Value, **kwargs: Value) -> Value:
    """Say that what a program executes or reads is not known."""
    return machine.unknown("executed or read at run time")


__all__ = ["as_dim", "math", "sorted_order"]
