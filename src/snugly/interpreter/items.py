"""Subscripts: reading, writing and deleting ``value[key]``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, Expr, less, same
from snugly.facts.dims import value as only
from snugly.facts.scalars import forgetting, linear_members
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.joins import element_of, for_any, join, join_values, length_of, settle
from snugly.interpreter.values import (
    NOTHING,
    SETTING,
    Class,
    DType,
    Function,
    Instance,
    LibraryName,
    Mapping,
    Number,
    Range,
    Sequence,
    Text,
    Unknown,
    Value,
)
from snugly.interpreter.windows import spanned, window_length
from snugly.operations.indexing import edge_of, slice_length

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine


def as_key(value: Value) -> Value:
    """Return a dictionary key for a value that is known, ``NOTHING`` for one that is not."""
    if isinstance(value, (Instance, Class, Function, LibraryName, DType, str, int, float, bytes, type(None))):
        return value
    if isinstance(value, tuple):
        keys = tuple(as_key(item) for item in value)
        return NOTHING if any(key is NOTHING for key in keys) else keys
    return NOTHING


def get_item(machine: Machine, value: Value, key: Value) -> Value:
    """Return ``value[key]``."""
    value, key = settle(value), settle(key)
    if isinstance(value, TensorFacts):
        return _masked(machine, machine.apply("operator.getitem", value, spanned(machine, value, key)), key)
    if isinstance(value, (tuple, str, bytes)):
        return _of_constant(value, key)
    if isinstance(value, Sequence):
        return _of_sequence(machine, value, key)
    if isinstance(value, Mapping):
        return _of_mapping(machine, value, key)
    if isinstance(value, Instance):
        return _of_instance(machine, value, key)
    if isinstance(value, Text):
        return Text()
    if isinstance(value, (Class, LibraryName)):
        if isinstance(value, Class) and value.kind == "enum" and isinstance(key, str):
            return machine.get(value, key)
        return value  # a generic alias such as list[int]
    if isinstance(value, Unknown):
        return value if value == SETTING else Unknown("an item of something unknown")
    if hasattr(value, "item"):
        return machine.call(machine.get(value, "item"), key)
    return machine.unknown(f"an item of {getattr(value, 'path', type(value).__name__)}")


def _masked(machine: Machine, found: Value, key: Value) -> Value:
    """Name the size that a mask selects: ``x[mask]`` and ``y[mask]`` have the same."""
    if not isinstance(key, TensorFacts) or key.dtype != "bool" or not isinstance(found, TensorFacts):
        return found
    if not found.shape or found.shape[0] is not None:
        return found
    known = machine.selected.get(id(key))
    if known is None:
        known = machine.selected[id(key)] = (key, machine.new_symbol("K", 0, only(key.numel)))
    return found.with_(shape=(known[1], *found.shape[1:]))


def _of_constant(value: Value, key: Value) -> Value:
    if isinstance(key, slice):
        ends = (key.start, key.stop, key.step)
        if all(end is None or isinstance(end, int) for end in ends):
            return tuple(value)[key] if isinstance(value, tuple) else value[key]
        if isinstance(value, tuple):
            return Sequence("tuple", None, element_of(Sequence("tuple", list(value))), None)
        return Text()
    if isinstance(key, int):
        try:
            return value[key]
        except IndexError:
            return Unknown("an index that is out of range")
    if isinstance(value, tuple):
        return element_of(Sequence("tuple", list(value))) if value else Unknown("an item of an empty tuple")
    return Text()


def _of_sequence(machine: Machine, value: Sequence, key: Value) -> Value:
    if isinstance(key, slice):
        return slice_sequence(machine, value, key)
    if isinstance(key, int) and value.items is not None:
        if -len(value.items) <= key < len(value.items):
            return value.items[key]
        return Unknown("an index that is out of range")
    if isinstance(value, Range) and isinstance(key, (int, Expr)) and isinstance(value.start, (int, Expr)):
        return value.start + key * value.step
    if isinstance(key, int) and value.cases and value.kind != "dict_keys":
        return _of_cases(value, key)
    element = unchosen(for_any(element_of(value)))
    return Unknown("an item of an empty list") if element is NOTHING else element


def unchosen(value: Value) -> Value:
    """Forget among which constants a number or a text was chosen: nothing keeps what a condition on it tells."""
    if isinstance(value, Number) and value.members is not None:
        return Number(value.type, value.low, value.high, value.of)
    if isinstance(value, Expr) and linear_members(value) is not None:
        return forgetting(value)
    if isinstance(value, Text):
        return Text()
    return tuple(map(unchosen, value)) if type(value) is tuple else value


def _of_cases(value: Sequence, key: int) -> Value:
    cases = value.cases if key >= 0 else tuple(reversed(value.cases))
    left: Dim = key if key >= 0 else -key - 1
    for case in cases:
        if case.times is None:
            break
        if less(left, case.times):
            return case.element
        left = left - case.times
    return value.element


def slice_sequence(machine: Machine, value: Sequence, key: slice) -> Sequence:
    """Return ``value[start:stop:step]`` for a list."""
    if value.items is not None and all(end is None or isinstance(end, int) for end in (key.start, key.stop, key.step)):
        try:
            return Sequence(value.kind, value.items[key])
        except ValueError:
            return Sequence(value.kind, None, element_of(value), None)
    return Sequence(value.kind, None, element_of(value), sliced_length(machine, length_of(value), key))


def sliced_length(machine: Machine, length: Dim | None, key: slice) -> Dim | None:
    """Return how many of ``length`` items a slice takes, ``None`` when it depends."""
    start, stop, step = (edge_of(end) for end in (key.start, key.stop, key.step))
    found = slice_length(length, start, stop, step)
    if found is not None or step not in (None, 1):
        return found
    return window_length(machine, length, start, stop)


def _of_mapping(machine: Machine, value: Mapping, key: Value) -> Value:
    constant = as_key(key)
    if constant is not NOTHING:
        found = value.entries.get(constant, NOTHING)
        if found is not NOTHING:
            return found
        if value.open and value.rest is not None:
            return value.rest
        factory = getattr(value, "factory", None)
        if factory is not None:
            made = machine.call(factory)
            if value.kind != "Counter":
                set_item(machine, value, key, made)
            return made
        return Unknown("a key that is not there")
    if value.factory is not None and value.kind != "Counter" and not (value.open and value.rest is not None):
        made = machine.call(value.factory)
        if isinstance(made, Sequence):  # it stands for those of many keys, each of its own length
            made.items, made.length = None, None
        set_item(machine, value, key, made)
    found = value.rest if value.open and value.rest is not None else NOTHING
    drawn = key.members if isinstance(key, (Text, Number)) else None
    known = drawn is not None and drawn <= value.entries.keys()
    for entry in [value.entries[one] for one in drawn or ()] if known else value.entries.values():
        found = join(found, entry)
    return Unknown("an item of an empty dict") if found is NOTHING else found


def _of_instance(machine: Machine, value: Instance, key: Value) -> Value:
    from snugly.interpreter.classes import lookup

    if lookup(value.type, "__getitem__") is not NOTHING:
        return machine.call(machine.get(value, "__getitem__"), key)
    if value.native is not None and hasattr(value.native, "item"):
        return machine.call(machine.get(value.native, "item"), key)
    return Unknown("an item of an object")


def set_item(machine: Machine, value: Value, key: Value, new: Value) -> Value:
    """Do ``value[key] = new``; return the tensor that takes the place of ``value``, or ``value``."""
    value, key = settle(value), settle(key)
    if isinstance(value, TensorFacts):
        return _write_tensor(machine, value, key, new)
    if isinstance(value, Sequence):
        _write_sequence(machine, value, key, new)
    elif isinstance(value, Mapping):
        machine.touch(value)
        constant = as_key(key)
        if constant is not NOTHING:
            value.entries[constant] = new
        else:
            value.entries = {known: join(entry, new) for known, entry in value.entries.items()}
            value.rest = join(value.rest if value.open and value.rest is not None else NOTHING, new)
            value.rest_key = key if value.rest_key is None else join(value.rest_key, key)
            value.open = True
    elif isinstance(value, Instance) or hasattr(value, "set_item"):
        name = "__setitem__" if isinstance(value, Instance) else "set_item"
        machine.call(machine.get(value, name), key, new)
    return value


def _write_tensor(machine: Machine, value: TensorFacts, key: Value, new: Value) -> Value:
    from snugly.operations.registry import lookup

    if lookup("operator.setitem") is not None:
        result = machine.apply("operator.setitem", value, key, new)
        return result if isinstance(result, TensorFacts) else value.with_(values=type(value.values)())
    from snugly.interpreter.iteration import values_of

    return value.with_(values=join_values(value.values, values_of(new)))


def _write_sequence(machine: Machine, value: Sequence, key: Value, new: Value) -> None:
    machine.touch(value)
    if isinstance(key, int) and value.items is not None and -len(value.items) <= key < len(value.items):
        value.items[key] = new
    elif isinstance(key, slice):
        _write_slice(value, key, machine.iterate(new))
    elif value.items is not None and len(value.items) <= 64:
        value.items = [unchosen(join(item, new)) for item in value.items]
    else:
        value.element, value.length = unchosen(join(element_of(value), new)), length_of(value)
        value.items, value.cases = None, ()


def _write_slice(value: Sequence, key: slice, new: Sequence) -> None:
    ends = (key.start, key.stop, key.step)
    if value.items is not None and new.items is not None and all(end is None or isinstance(end, int) for end in ends):
        try:
            value.items[key] = new.items
        except ValueError:
            return
        return
    if key == slice(None, None, None):
        value.items, value.element, value.length = new.items, new.element, new.length
    else:
        value.element, value.length, value.items = join(element_of(value), element_of(new)), None, None
    value.cases = ()


def delete_item(machine: Machine, value: Value, key: Value) -> None:
    """Do ``del value[key]``."""
    value, key = settle(value), settle(key)
    if isinstance(value, Mapping):
        machine.touch(value)
        constant = as_key(key)
        if constant is not NOTHING:
            value.entries.pop(constant, None)
    elif isinstance(value, Sequence):
        machine.touch(value)
        if value.items is not None and isinstance(key, (int, slice)):
            try:
                del value.items[key]
            except (IndexError, TypeError, ValueError):
                return
        else:
            value.element, value.length = element_of(value), None
            value.items, value.cases = None, ()
    elif hasattr(value, "delete_item"):
        machine.call(machine.get(value, "delete_item"), key)


__all__ = ["Number", "as_key", "delete_item", "get_item", "same", "set_item", "slice_sequence", "sliced_length"]
