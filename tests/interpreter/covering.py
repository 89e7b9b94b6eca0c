"""Whether an abstract value covers a value that Python really computed."""

from __future__ import annotations

from snugly.facts.dims import Expr, bounds
from snugly.interpreter.values import (
    NOTHING,
    Choice,
    Class,
    Function,
    Instance,
    LibraryName,
    Mapping,
    Number,
    Sequence,
    Text,
    Unknown,
)


def covers(value, actual) -> bool:
    """Tell whether the run says nothing about ``actual`` that is not so."""
    if isinstance(value, Unknown):
        return True
    if isinstance(value, Choice):
        return any(covers(option, actual) for option in value.options)
    if isinstance(value, Number):
        return type(actual).__name__ == value.type and _between(actual, value.low, value.high)
    if isinstance(value, Expr):
        return isinstance(actual, int) and _between(actual, *bounds(value))
    if isinstance(value, Text):
        return isinstance(actual, str)
    if isinstance(value, (Class, Function, LibraryName)):
        return callable(actual)
    if isinstance(value, Instance):
        return value.type.name == type(actual).__name__
    if isinstance(value, Mapping):
        return _covers_mapping(value, actual)
    if isinstance(value, Sequence):
        return _covers_sequence(value, actual)
    if isinstance(value, tuple):
        return (
            isinstance(actual, tuple)
            and len(value) == len(actual)
            and all(covers(one, other) for one, other in zip(value, actual, strict=True))
        )
    return type(value) is type(actual) and value == actual


def _between(actual, low, high) -> bool:
    return (low is None or actual >= low) and (high is None or actual <= high)


def _covers_mapping(value, actual) -> bool:
    if not isinstance(actual, dict):
        return False
    for key, one in actual.items():
        entry = value.entries.get(key, NOTHING)
        if entry is NOTHING:
            if not value.open or not (value.rest is None or covers(value.rest, one)):
                return False
        elif not covers(entry, one):
            return False
    return value.open or set(actual) == set(value.entries)


def _covers_sequence(value, actual) -> bool:
    if isinstance(actual, set | frozenset):
        return value.items is None or all(any(covers(one, other) for one in value.items) for other in actual)
    items = list(actual)
    if value.items is not None:
        return len(items) == len(value.items) and all(map(covers, value.items, items))
    size = value.length
    fits = size is None or (size == len(items) if isinstance(size, int) else _between(len(items), *bounds(size)))
    return fits and all(covers(value.element, item) for item in items)


def says_exactly(value, actual) -> bool:
    """Tell whether nothing is left open."""
    if isinstance(value, Sequence):
        return (
            value.items is not None and len(value.items) == len(actual) and all(map(says_exactly, value.items, actual))
        )
    if isinstance(value, Mapping):
        return not value.open and all(says_exactly(value.entries[key], one) for key, one in actual.items())
    if isinstance(value, tuple):
        return len(value) == len(actual) and all(map(says_exactly, value, actual))
    return type(value) is type(actual) and value == actual
