"""The methods of lists, deques, tuples and sets."""

from __future__ import annotations

from typing import Any

from snugly.facts.scalars import choice
from snugly.interpreter.assignment import extend as extend_sequence
from snugly.interpreter.expressions import make_set
from snugly.interpreter.joins import element_of, equivalent, join, length_of
from snugly.interpreter.operators import concatenate, same_values
from snugly.interpreter.values import NOTHING, Mapping, Number, Sequence, Text, Unknown, Value
from snugly.library.python.functions import sorted_order
from snugly.library.registry import function


def _sum_up(sequence: Sequence, element: Value, length: Any) -> None:
    sequence.element, sequence.length = element, length
    sequence.items, sequence.cases = None, ()


@function("builtins.list.append", "builtins.list.appendleft")
def append(machine: Any, self: Sequence, item: Value) -> None:
    """Add an item at the end."""
    machine.touch(self)
    if self.items is not None and len(self.items) < 4096:
        self.items.append(item)
        return
    size = length_of(self)
    _sum_up(self, join(element_of(self), item), None if size is None else size + 1)


@function("builtins.list.extend", "builtins.list.extendleft")
def extend(machine: Any, self: Sequence, iterable: Value) -> None:
    """Add the items of an iterable at the end."""
    extend_sequence(machine, self, machine.iterate(iterable))


@function("builtins.list.insert")
def insert(machine: Any, self: Sequence, index: Value, item: Value) -> None:
    """Add an item before a position."""
    machine.touch(self)
    if self.items is not None and isinstance(index, int):
        self.items.insert(index, item)
        return
    size = length_of(self)
    _sum_up(self, join(element_of(self), item), None if size is None else size + 1)


@function("builtins.list.pop", "builtins.list.popleft", "builtins.set.pop")
def pop(machine: Any, self: Sequence, index: Value = -1) -> Value:
    """Remove an item and return it."""
    machine.touch(self)
    if self.items is not None and isinstance(index, int) and -len(self.items) <= index < len(self.items):
        return self.items.pop(index)
    element, size = element_of(self), length_of(self)
    _sum_up(self, element, None if size is None else size - 1)
    return Unknown("pop from an empty list") if element is NOTHING else element


@function("builtins.list.remove", "builtins.set.remove", "builtins.set.discard")
def remove(machine: Any, self: Sequence, item: Value) -> None:
    """Remove the first item that is equal."""
    machine.touch(self)
    if self.items is not None:
        answers = [same_values(item, other) for other in self.items]
        if None not in answers:
            if True in answers:
                del self.items[answers.index(True)]
            return
    size = length_of(self)
    _sum_up(self, element_of(self), None if size is None else size - 1)


@function("builtins.list.clear", "builtins.set.clear")
def clear(machine: Any, self: Sequence) -> None:
    """Remove every item."""
    machine.touch(self)
    self.items, self.element, self.length, self.cases = [], NOTHING, None, ()


@function("builtins.list.index", "builtins.tuple.index")
def index_(machine: Any, self: Value, item: Value, *args: Value) -> Value:
    """Return the position of an item."""
    sequence = machine.iterate(self)
    if sequence.items is not None:
        answers = [same_values(item, other) for other in sequence.items]
        if True in answers and None not in answers[: answers.index(True)]:
            return answers.index(True)
        drawn = item.members if isinstance(item, (Text, Number)) else None
        if drawn and not args and all(any(other == one for other in sequence.items) for one in drawn):
            return choice("int", frozenset(sequence.items.index(one) for one in drawn))
        return Number("int", 0, max(len(answers) - 1, 0))
    return Number("int", 0)


@function("builtins.list.count", "builtins.tuple.count")
def count(machine: Any, self: Value, item: Value) -> Value:
    """Return how often an item is there."""
    sequence = machine.iterate(self)
    if sequence.items is not None:
        answers = [same_values(item, other) for other in sequence.items]
        if None not in answers:
            return sum(answer is True for answer in answers)
    return Number("int", 0)


@function("builtins.list.sort")
def sort(machine: Any, self: Sequence, *, key: Value = None, reverse: Value = False) -> None:
    """Sort in place."""
    machine.touch(self)
    if self.items is None:
        self.cases = ()
        return
    keys = self.items if key is None else [machine.call(key, item) for item in self.items]
    order = sorted_order(keys, reverse)
    if order is None:
        _sum_up(self, element_of(self), len(self.items))
    else:
        self.items = [self.items[position] for position in order]


@function("builtins.list.reverse")
def reverse_(machine: Any, self: Sequence) -> None:
    """Reverse in place."""
    machine.touch(self)
    if self.items is not None:
        self.items.reverse()
    self.cases = tuple(reversed(self.cases))


@function("builtins.list.copy", "builtins.set.copy", "builtins.list.rotate")
def copy(machine: Any, self: Sequence, *args: Value) -> Value:
    """Return a copy."""
    return Sequence(self.kind, None if self.items is None else list(self.items), self.element, self.length, self.cases)


@function("builtins.set.add")
def add(machine: Any, self: Sequence, item: Value) -> None:
    """Add an item to a set."""
    machine.touch(self)
    grown = make_set(concatenate(Sequence("list", self.items, self.element, self.length), (item,)))
    self.items, self.element, self.length = grown.items, grown.element, grown.length


@function("builtins.set.update")
def update(machine: Any, self: Sequence, *iterables: Value) -> None:
    """Add the items of iterables to a set."""
    for iterable in iterables:
        more = machine.iterate(iterable)
        machine.touch(self)
        grown = make_set(concatenate(Sequence("list", self.items, self.element, self.length), more))
        self.items, self.element, self.length = grown.items, grown.element, grown.length


@function("builtins.set.union", "builtins.frozenset.union")
def union(machine: Any, self: Sequence, *iterables: Value) -> Value:
    """Return the union of sets."""
    result = Sequence("list", None if self.items is None else list(self.items), self.element, self.length)
    for iterable in iterables:
        result = concatenate(result, machine.iterate(iterable))
    return make_set(result)


@function("builtins.set.intersection", "builtins.set.difference", "builtins.frozenset.intersection")
def some_of(machine: Any, self: Sequence, *others: Value) -> Value:
    """Return a part of a set."""
    return Sequence("set", None, element_of(self), None)


@function("builtins.set.issubset", "builtins.set.issuperset", "builtins.set.isdisjoint")
def related(machine: Any, self: Sequence, other: Value) -> Value:
    """Compare sets."""
    return Number("bool")


@function("builtins.generator.send", "builtins.generator.__next__")
def send(machine: Any, self: Sequence, value: Value = None) -> Value:
    """Return the next item of a generator."""
    return Unknown("an item of a generator") if element_of(self) is NOTHING else element_of(self)


@function("builtins.generator.close")
def close(machine: Any, self: Sequence) -> None:
    """Return nothing."""


__all__ = ["Mapping", "equivalent"]
