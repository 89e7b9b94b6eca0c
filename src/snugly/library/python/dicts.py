"""The methods of dicts."""

from __future__ import annotations

from typing import Any

from snugly.interpreter.expressions import merge_mapping
from snugly.interpreter.items import as_key, get_item, set_item
from snugly.interpreter.iteration import mapping_keys
from snugly.interpreter.joins import join
from snugly.interpreter.values import NOTHING, LibraryName, Mapping, Sequence, Unknown, Value
from snugly.library.registry import function


def _any_value(self: Mapping) -> Value:
    found: Value = self.rest if self.open and self.rest is not None else NOTHING
    for value in self.entries.values():
        found = join(found, value)
    return found


@function("builtins.dict.keys")
def keys(self: Mapping) -> Value:
    """Return the keys."""
    return mapping_keys(self)


@function("builtins.dict.values")
def values(self: Mapping) -> Value:
    """Return the values."""
    if not self.open:
        return Sequence("dict_values", list(self.entries.values()))
    return Sequence("dict_values", None, _any_value(self), None)


@function("builtins.dict.items")
def items(self: Mapping) -> Value:
    """Return pairs of keys and values."""
    if not self.open:
        return Sequence("dict_items", list(self.entries.items()))
    key = self.rest_key if self.rest_key is not None else Unknown("a key")
    return Sequence("dict_items", None, (key, _any_value(self)), None)


@function("builtins.dict.get")
def get(machine: Any, self: Mapping, key: Value, default: Value = None) -> Value:
    """Return the value of a key, or a default."""
    constant = as_key(key)
    if constant is not NOTHING:
        if constant in self.entries:
            return self.entries[constant]
        return join(default, self.rest) if self.open and self.rest is not None else default
    found = _any_value(self)
    return default if found is NOTHING else join(found, default)


@function("builtins.dict.setdefault")
def setdefault(machine: Any, self: Mapping, key: Value, default: Value = None) -> Value:
    """Return the value of a key, which is added where it is not there."""
    constant = as_key(key)
    if constant is not NOTHING and constant in self.entries:
        return self.entries[constant]
    found = get(machine, self, key, default)
    set_item(machine, self, key, found)
    return found


@function("builtins.dict.pop")
def pop(machine: Any, self: Mapping, key: Value, default: Value = NOTHING) -> Value:
    """Remove a key and return its value."""
    constant = as_key(key)
    found = get_item(machine, self, key) if default is NOTHING else get(machine, self, key, default)
    machine.touch(self)
    if constant is not NOTHING:
        self.entries.pop(constant, None)
    return found


@function("builtins.dict.popitem")
def popitem(machine: Any, self: Mapping) -> Value:
    """Remove an entry and return it."""
    return (Unknown("a key"), _any_value(self))


@function("builtins.dict.update")
def update(machine: Any, self: Mapping, other: Value = None, **kwargs: Value) -> None:
    """Add entries."""
    machine.touch(self)
    if other is not None:
        entries = other if isinstance(other, Mapping) else machine.call(LibraryName("builtins.dict"), other)
        merge_mapping(machine, self, entries)
    self.entries.update(kwargs)


@function("builtins.dict.copy")
def copy(self: Mapping) -> Value:
    """Return a copy."""
    made = Mapping(dict(self.entries), self.rest, self.open, self.rest_key)
    made.kind = self.kind
    return made


@function("builtins.dict.clear")
def clear(machine: Any, self: Mapping) -> None:
    """Remove every entry."""
    machine.touch(self)
    self.entries, self.rest, self.open = {}, None, False
