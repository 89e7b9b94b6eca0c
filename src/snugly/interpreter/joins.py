"""Least upper bounds of abstract values, and whether two of them say the same."""

from __future__ import annotations

from functools import reduce
from typing import Any

from snugly.facts.dims import Dim, Expr, Symbol, bounds, differs, longest, symbols
from snugly.facts.scalars import MOST_CHOICES, linear_members
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import NOTHING_KNOWN, ValueFacts
from snugly.interpreter.values import (
    NOTHING,
    SETTING,
    UNKNOWN,
    Choice,
    Instance,
    Mapping,
    Number,
    Sequence,
    Text,
    Unknown,
    Value,
)

LOADED = "torch.load"
"""The reason why what was read from a file is not known."""

DEPTH = 8
OPTIONS = 4
RANKS = {"bool": 0, "int": 1, "float": 2, "complex": 3}


def equivalent(a: Value, b: Value, depth: int = DEPTH) -> bool:
    """Tell whether two values say the same; two objects of a library or a class only if they are one."""
    if a is b:
        return True
    if isinstance(a, Unknown):
        return isinstance(b, Unknown) and (a == SETTING) == (b == SETTING)
    if type(a) is not type(b) or depth == 0:
        return False
    if isinstance(a, tuple):
        return len(a) == len(b) and all(equivalent(x, y, depth - 1) for x, y in zip(a, b, strict=True))
    if isinstance(a, Choice):
        return equivalent(a.options, b.options, depth)
    if isinstance(a, Sequence):
        return _equivalent_sequences(a, b, depth)
    if isinstance(a, Mapping):
        return (
            a.entries.keys() == b.entries.keys()
            and a.open == b.open
            and all(equivalent(value, b.entries[key], depth - 1) for key, value in a.entries.items())
            and equivalent(a.rest, b.rest, depth - 1)
        )
    try:
        return bool(a == b)
    except (TypeError, ValueError, RecursionError):
        return False


def _equivalent_sequences(a: Sequence, b: Sequence, depth: int) -> bool:
    if (a.items is None) != (b.items is None) or a.kind != b.kind:
        return False
    if a.items is not None and b.items is not None:
        return len(a.items) == len(b.items) and all(
            equivalent(x, y, depth - 1) for x, y in zip(a.items, b.items, strict=True)
        )
    return (
        a.length == b.length
        and equivalent(a.element, b.element, depth - 1)
        and len(a.cases) == len(b.cases)
        and all(
            x.times == y.times and equivalent(x.element, y.element, depth - 1)
            for x, y in zip(a.cases, b.cases, strict=True)
        )
    )


def join(a: Value, b: Value, depth: int = DEPTH) -> Value:
    """Return a value that covers both."""
    if a is b or b is NOTHING:
        return a
    if a is NOTHING:
        return b
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return _join_unknown(a, b) if isinstance(a, Unknown) else _join_unknown(b, a)
    if depth == 0:
        return UNKNOWN
    kind = _kind(a)
    if kind == "choice" or _kind(b) == "choice":
        return _join_choices(a, b, depth)
    if kind == _kind(b):
        joined = _join_alike(kind, a, b, depth)
        if joined is not None:
            return joined
    return Choice((a, b))


def _join_unknown(unknown: Unknown, other: Value) -> Value:
    """Return the unknown value; but a network that is loaded instead of a new one is one of the same kind."""
    if unknown == SETTING and unknown != other:
        return UNKNOWN
    native = other.native if isinstance(other, Instance) else other
    return other if unknown.reason == LOADED and hasattr(native, "load_state_dict") else unknown


def _kind(value: Value) -> str:
    if isinstance(value, TensorFacts):
        return "tensor"
    if isinstance(value, (bool, int, float, complex, Expr, Number)):
        return "number"
    if isinstance(value, (str, Text)):
        return "text"
    if isinstance(value, tuple):
        return "tuple"
    if isinstance(value, Sequence):
        return "sequence"
    if isinstance(value, Mapping):
        return "mapping"
    if isinstance(value, Instance):
        return "instance"
    return "choice" if isinstance(value, Choice) else "other"


def _join_alike(kind: str, a: Any, b: Any, depth: int) -> Value | None:
    if kind == "tensor":
        return join_tensors(a, b)
    if kind == "number":
        return join_numbers(a, b)
    if kind == "text":
        return a if a == b else _join_texts(a, b)
    if kind == "tuple":
        if len(a) != len(b):
            return None
        joined = tuple(join(x, y, depth - 1) for x, y in zip(a, b, strict=True))
        return type(a)(*joined) if hasattr(a, "_fields") and type(a) is type(b) else joined
    if kind == "sequence":
        return join_sequences(a, b, depth)
    if kind == "mapping":
        return _join_mappings(a, b, depth)
    if kind == "instance" and a.type is b.type and a.native is b.native:
        names = {**b.attributes, **a.attributes}
        return Instance(
            a.type,
            {name: join(a.attributes.get(name, NOTHING), b.attributes.get(name, NOTHING), depth - 1) for name in names},
            a.native,
        )
    if type(a) is type(b) and hasattr(a, "joined"):
        return a.joined(b)
    return a if equivalent(a, b) else None


def _join_choices(a: Value, b: Value, depth: int) -> Value:
    options: list[Value] = list(a.options) if isinstance(a, Choice) else [a]
    for new in b.options if isinstance(b, Choice) else (b,):
        for index, old in enumerate(options):
            joined = old if old is new or (new is None and old is None) else None
            if joined is None and _kind(old) == _kind(new):
                joined = _join_alike(_kind(old), old, new, depth)
            if joined is not None:
                options[index] = joined
                break
        else:
            if not any(new is None and old is None for old in options):
                options.append(new)
    return Choice(tuple(options)) if 1 < len(options) <= OPTIONS else (options[0] if len(options) == 1 else UNKNOWN)


def number_type(value: Value) -> str:
    """Return the name of a number's Python type."""
    if isinstance(value, Number):
        return value.type
    return "int" if isinstance(value, Expr) else type(value).__name__


def number_bounds(value: Value) -> tuple[float | None, float | None]:
    """Return the smallest and the largest value of a number."""
    if isinstance(value, Number):
        return value.low, value.high
    if isinstance(value, Expr):
        return bounds(value)
    if isinstance(value, complex) or value != value:  # noqa: PLR0124 - NaN has no bounds
        return None, None
    return value, value


def number_members(value: Value) -> frozenset[float] | None:
    """Return the constants that a number is one of, where that is known."""
    if isinstance(value, Number):
        return value.members
    if isinstance(value, Expr):
        return linear_members(value)
    return frozenset((value,)) if isinstance(value, (int, float)) and value == value else None  # noqa: PLR0124 - NaN


def _join_texts(a: Value, b: Value) -> Text:
    first, second = (frozenset((text,)) if isinstance(text, str) else text.members for text in (a, b))
    members = None if first is None or second is None else first | second
    return Text(members if members is not None and len(members) <= MOST_CHOICES else None)


def join_numbers(a: Value, b: Value) -> Value:
    """Return a number between both."""
    if type(a) is type(b) and a == b:
        return a
    if isinstance(a, Number) and isinstance(b, Number) and a == b:
        return a
    a_low, a_high = number_bounds(a)
    b_low, b_high = number_bounds(b)
    kind = max(number_type(a), number_type(b), key=lambda name: RANKS.get(name, 2))
    low = None if a_low is None or b_low is None else min(a_low, b_low)
    high = None if a_high is None or b_high is None else max(a_high, b_high)
    first, second = number_members(a), number_members(b)
    members = None
    if kind in ("int", "float") and first is not None and second is not None and len(first | second) <= MOST_CHOICES:
        members = first | second
    return Number(kind, low, high, members=members)


def join_dims(a: Dim | None, b: Dim | None) -> Dim | None:
    """Return the size if it is the same."""
    return a if a is not None and a == b else None


def join_tensors(a: TensorFacts, b: TensorFacts) -> TensorFacts:
    """Return what holds for both tensors."""
    if a == b:
        return a
    shape = None
    if a.shape is not None and b.shape is not None and len(a.shape) == len(b.shape):
        shape = tuple(join_dims(x, y) for x, y in zip(a.shape, b.shape, strict=True))
    return TensorFacts(
        shape,
        a.dtype if a.dtype == b.dtype else None,
        a.device if a.device == b.device else None,
        a.requires_grad if a.requires_grad == b.requires_grad else None,
        join_values(a.values, b.values),
        a.axes if a.axes == b.axes else None,
        a.origin if a.origin is not None else b.origin,
        a.kind if a.kind == b.kind else "tensor",
    )


def join_values(a: ValueFacts, b: ValueFacts) -> ValueFacts:
    """Return what holds for the elements of both."""
    if a == b:
        return a
    if type(a) is not ValueFacts or type(b) is not ValueFacts:
        return NOTHING_KNOWN
    first, second = (
        facts.members
        if facts.members is not None
        else (frozenset(facts.elements) if facts.elements is not None else None)
        for facts in (a, b)
    )
    members = first | second if first is not None and second is not None else None
    return ValueFacts(
        low=None if a.low is None or b.low is None else min(a.low, b.low),
        high=None if a.high is None or b.high is None else max(a.high, b.high),
        integral=a.integral if a.integral == b.integral else None,
        members=members if members is not None and len(members) <= 64 else None,
        finite=a.finite if a.finite == b.finite else None,
        meaning=a.meaning if a.meaning is b.meaning else None,
        axis=a.axis if a.meaning is b.meaning and a.axis == b.axis else None,
        written=a.explicit() | b.explicit(),
    )


def element_of(sequence: Sequence) -> Value:
    """Return a value that covers every item, ``NOTHING`` when there is none."""
    if sequence.items is None:
        return sequence.element
    element: Value = NOTHING
    for item in sequence.items:
        element = join(element, item)
        if isinstance(element, Unknown):
            break
    return element


def length_of(sequence: Sequence) -> Dim | None:
    """Return how many items there are."""
    return sequence.length if sequence.items is None else len(sequence.items)


def join_sequences(a: Sequence, b: Sequence, depth: int = DEPTH) -> Sequence:
    """Return a sequence that covers both; the items stay listed where the lengths agree."""
    if equivalent(a, b, depth):
        return a
    kind = a.kind if a.kind == b.kind else "list"
    if a.items is not None and b.items is not None and len(a.items) == len(b.items):
        return Sequence(kind, [join(x, y, depth - 1) for x, y in zip(a.items, b.items, strict=True)])
    return Sequence(kind, None, join(element_of(a), element_of(b), depth - 1), join_dims(length_of(a), length_of(b)))


def _join_mappings(a: Mapping, b: Mapping, depth: int) -> Mapping:
    entries = {
        key: join(a.entries.get(key, NOTHING), b.entries.get(key, NOTHING), depth - 1)
        for key in {**a.entries, **b.entries}
    }
    rest = None
    if a.open or b.open:
        rest = join(NOTHING if not a.open else a.rest, NOTHING if not b.open else b.rest, depth - 1)
    keys = a.rest_key if b.rest_key is None else b.rest_key
    return Mapping(entries, rest, a.open or b.open, keys)


def settle(value: Value) -> Value:
    """Return one value for a choice: ``None`` is dropped, what is left is joined or unknown.

    Numbers and numpy's scalars are numbers; a library's value may cover others.
    """
    if not isinstance(value, Choice):
        return value
    options = [option for option in value.options if option is not None]
    if options and all(isinstance(option, TensorFacts) for option in options):
        return reduce(join_tensors, options)
    if len(options) == 1:
        return options[0]
    for one in options:
        if hasattr(one, "covers") and all(other is one or one.covers(other) for other in options):
            return one
    numbers = [_as_number(option) for option in options]
    return UNKNOWN if any(number is None for number in numbers) else reduce(join, numbers, NOTHING)


def _as_number(value: Value) -> Value | None:
    """Return the number that a number or numpy's scalar is, ``None`` for anything else."""
    if not isinstance(value, TensorFacts):
        return value if _kind(value) == "number" else None
    if value.kind != "ndarray" or value.shape != () or value.dtype is None or value.dtype.startswith("complex"):
        return None
    kind = "bool" if value.dtype == "bool" else "int" if "int" in value.dtype else "float"
    return Number(kind, value.values.low, value.values.high)


def made_since(made: list[Expr], mark: int) -> frozenset[Symbol]:
    """Return the symbols that were made after the first ``mark`` ones."""
    return frozenset(symbol for dim in made[mark:] for symbol in symbols(dim))


def generalise(value: Value, local: frozenset[Symbol], depth: int = DEPTH) -> Value:
    """Return what holds of a value whatever the ``local`` symbols are: each iteration has others of its own."""
    if not local or depth == 0:
        return value
    if isinstance(value, Expr):
        if not symbols(value) & local:
            return value
        return Number("int", *bounds(value), value if differs(value) else None, linear_members(value))
    if isinstance(value, TensorFacts):
        gone = frozenset(one for one in local if not one.each)
        if value.shape is None or not any(isinstance(size, Expr) and symbols(size) & gone for size in value.shape):
            return value
        shape = (None if isinstance(size, Expr) and symbols(size) & gone else size for size in value.shape)
        return value.with_(shape=tuple(shape))
    if isinstance(value, tuple):
        parts = [generalise(item, local, depth - 1) for item in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if isinstance(value, Sequence):
        return _generalise_sequence(value, local, depth)
    if isinstance(value, Mapping) and any(
        generalise(entry, local, depth - 1) is not entry for entry in value.entries.values()
    ):
        entries = {key: generalise(entry, local, depth - 1) for key, entry in value.entries.items()}
        return Mapping(entries, value.rest, value.open, value.rest_key, kind=value.kind)
    return value


def _generalise_sequence(value: Sequence, local: frozenset[Symbol], depth: int) -> Sequence:
    if value.items is not None:
        items = [generalise(item, local, depth - 1) for item in value.items]
        return value if all(x is y for x, y in zip(items, value.items, strict=True)) else Sequence(value.kind, items)
    element = generalise(value.element, local, depth - 1)
    length = generalise(value.length, local) if isinstance(value.length, Expr) else value.length
    length = None if isinstance(length, Number) else length
    if element is value.element and length is value.length:
        return value
    return Sequence(value.kind, None, element, length)


def for_any(value: Value, depth: int = 4) -> Value:
    """Return what holds for any item of a sequence whose element ``value`` is: sizes that differ are not known."""
    if isinstance(value, TensorFacts):
        if value.shape is None or not any(map(differs, value.shape)):
            return value
        return value.with_(shape=tuple(None if differs(size) else size for size in value.shape))
    if isinstance(value, tuple) and depth and not hasattr(value, "_fields"):
        parts = tuple(for_any(part, depth - 1) for part in value)
        return value if all(x is y for x, y in zip(parts, value, strict=True)) else parts
    if isinstance(value, Number) and value.of is not None:
        return Number(value.type, value.low, value.high)
    return Number("int", *bounds(value)) if isinstance(value, Expr) and differs(value) else value


def longest_number(args: tuple[Value, ...]) -> Expr | None:
    """Return the largest of a sequence of numbers, where each is a size of an item of its own."""
    summed = len(args) == 1 and isinstance(args[0], Sequence) and args[0].items is None
    element = args[0].element if summed else None
    return longest(element.of) if isinstance(element, Number) else None


def open_symbols(value: Value, depth: int = 4) -> frozenset[Symbol]:
    """Return the symbols in the sizes of a value that can be more than one number."""
    if isinstance(value, TensorFacts):
        sizes = [size for size in value.shape or () if isinstance(size, Expr)]
        return frozenset(symbol for size in sizes for symbol in symbols(size) if symbol.low != symbol.high)
    if isinstance(value, Expr):
        return frozenset(symbol for symbol in symbols(value) if symbol.low != symbol.high)
    parts: list[Value] = []
    if depth and isinstance(value, tuple):
        parts = list(value)
    elif depth and isinstance(value, Sequence):
        parts = value.items if value.items is not None else [value.element]
    elif depth and isinstance(value, Mapping):
        parts = list(value.entries.values())
    return frozenset(symbol for part in parts[:64] for symbol in open_symbols(part, depth - 1))
