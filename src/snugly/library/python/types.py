"""The builtin types as callables: ``int``, ``float``, ``str``, ``list``, ``dict`` and the others."""

from __future__ import annotations

import math
from typing import Any

from snugly.facts.dims import Expr
from snugly.facts.scalars import choice
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.expressions import make_set, merge_mapping, put
from snugly.interpreter.iteration import listed
from snugly.interpreter.joins import element_of, length_of, number_bounds, number_members
from snugly.interpreter.values import NOTHING, Instance, Mapping, Number, Sequence, Text, Unknown, Value
from snugly.library.registry import function

LISTED = 4096


@function("builtins.int", "builtins.int.__new__")
def int_(machine: Any, x: Value = 0, base: Value = 10) -> Value:
    """Return an integer."""
    if isinstance(x, (bool, int, Expr)):
        return int(x) if isinstance(x, bool) else x
    if isinstance(x, float):
        return int(x) if math.isfinite(x) else Unknown("int")
    if isinstance(x, str) and len(x) < 64:
        try:
            return int(x, base) if isinstance(base, int) and base != 10 else int(x)
        except ValueError:
            return Unknown("int")
    if isinstance(x, TensorFacts):
        return _from_tensor(x, "int")
    if isinstance(x, Instance):
        return machine.call(machine.get(x, "__int__"))
    if isinstance(x, Number) and x.members is not None and all(map(math.isfinite, x.members)):
        return choice("int", frozenset(map(math.trunc, x.members)))
    low, high = number_bounds(x) if isinstance(x, Number) else (None, None)
    return Number(
        "int",
        None if low is None or not math.isfinite(low) else math.trunc(low),
        None if high is None or not math.isfinite(high) else math.trunc(high),
    )


def _from_tensor(x: TensorFacts, kind: str) -> Value:
    elements = x.values.elements
    if elements is not None and len(elements) == 1 and isinstance(elements[0], (int, float)):
        if math.isfinite(elements[0]):
            return int(elements[0]) if kind == "int" else float(elements[0])
        return Number(kind)
    if kind == "int" and x.shape == () and x.values.integral and x.values.most is not None:
        return x.values.most
    low, high = x.values.low, x.values.high
    if kind == "int":
        low = None if low is None or not math.isfinite(low) else math.trunc(low)
        high = None if high is None or not math.isfinite(high) else math.trunc(high)
    return Number(kind, low, high)


@function("builtins.float")
def float_(machine: Any, x: Value = 0.0) -> Value:
    """Return a float."""
    if isinstance(x, (bool, int, float)):
        try:
            return float(x)
        except OverflowError:
            return Unknown("float")
    if isinstance(x, str):
        try:
            return float(x)
        except ValueError:
            return Unknown("float")
    if isinstance(x, TensorFacts):
        return _from_tensor(x, "float")
    if isinstance(x, (Expr, Number)):
        members = number_members(x)
        if members is not None:
            return choice("float", frozenset(map(float, members)))
        return Number("float", *number_bounds(x))
    return Number("float")


@function("builtins.bool")
def bool_(machine: Any, x: Value = False) -> Value:
    """Return a bool."""
    answer = machine.truth(x)
    return Number("bool") if answer is None else answer


@function("builtins.complex")
def complex_(real: Value = 0, imag: Value = 0) -> Value:
    """Return a complex number."""
    if isinstance(real, (int, float)) and isinstance(imag, (int, float)):
        return complex(real, imag)
    return Unknown("complex")


@function("builtins.str")
def str_(machine: Any, object: Value = "", *args: Value) -> Value:
    """Return a text."""
    if isinstance(object, str):
        return object
    if isinstance(object, (bool, int, float, type(None))):
        return str(object)
    if isinstance(object, Instance) and object.type.kind == "enum" and isinstance(object.attributes.get("value"), str):
        return Text()
    return Text()


@function("builtins.bytes", "builtins.bytearray")
def bytes_(*args: Value) -> Value:
    """Return bytes that are not known."""
    return Unknown("bytes")


@function("builtins.list")
def list_(machine: Any, iterable: Value = ()) -> Value:
    """Return a list."""
    return _container(machine, iterable, "list")


@function("builtins.tuple")
def tuple_(machine: Any, iterable: Value = ()) -> Value:
    """Return a tuple."""
    made = _container(machine, iterable, "tuple")
    return tuple(made.items) if made.items is not None else made


def _container(machine: Any, iterable: Value, kind: str) -> Sequence:
    sequence = machine.iterate(iterable)
    items = listed(sequence, LISTED)
    if items is not None:
        return Sequence(kind, list(items))
    return Sequence(kind, None, element_of(sequence), length_of(sequence), sequence.cases)


@function("builtins.set")
def set_(machine: Any, iterable: Value = ()) -> Value:
    """Return a set."""
    return make_set(_container(machine, iterable, "list"))


@function("builtins.frozenset")
def frozenset_(machine: Any, iterable: Value = ()) -> Value:
    """Return a frozen set."""
    return make_set(_container(machine, iterable, "list"), "frozenset")


@function("builtins.dict")
def dict_(machine: Any, iterable: Value = NOTHING, **kwargs: Value) -> Value:
    """Return a dict."""
    result = Mapping()
    if isinstance(iterable, Mapping):
        merge_mapping(machine, result, iterable)
    elif iterable is not NOTHING:
        pairs = machine.iterate(iterable)
        items = listed(pairs, LISTED)
        for pair in items if items is not None else [pairs.element]:
            parts = machine.iterate(pair).items
            if parts is not None and len(parts) == 2:
                put(result, parts[0], parts[1])
            else:
                result.open, result.rest = True, Unknown("an entry")
        if items is None:
            result.open = True
            result.rest = Unknown("an entry") if result.rest is None else result.rest
    result.entries.update(kwargs)
    return result


@function("builtins.object")
def object_() -> Value:
    """Return an object without anything."""
    return Unknown("object")


@function("builtins.dict.fromkeys")
def fromkeys(machine: Any, iterable: Value, value: Value = None) -> Value:
    """Return a dict with one value for every key."""
    result = Mapping()
    for key in machine.iterate(iterable).items or [Text()]:
        put(result, key, value)
    return result
