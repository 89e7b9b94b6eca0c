"""Items drawn from a container at random, and containers whose order is no longer known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import NOTHING, Number, Sequence, Text, Value
from snugly.library.plain import is_atom

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine


def joined(machine: Machine, items: list[Value] | tuple[Value, ...]) -> Value:
    """Return what holds for each of the items; ``NOTHING`` of none."""
    if not items:
        return NOTHING
    result = items[0]
    for item in items[1:]:
        if item is not result:
            result = machine.join(result, item)
    return result


def any_item(machine: Machine, sequence: Value) -> Value:
    """Return what holds for each item of a sequence, an array or a string."""
    if isinstance(sequence, str | Text):
        return sequence if isinstance(sequence, str) and len(sequence) == 1 else Text()
    if isinstance(sequence, tuple):
        return joined(machine, sequence)
    if isinstance(sequence, TensorFacts):
        return machine.item(sequence, Number("int", 0))
    found = sequence if isinstance(sequence, Sequence) else machine.iterate(sequence)
    if found.items is not None:
        return joined(machine, found.items)
    return found.element


def forget_order(machine: Machine, sequence: Value) -> None:
    """Change a container so that its items are only known as a whole, as after ``shuffle``."""
    if isinstance(sequence, Sequence):
        items = sequence.items
        if items is None or all(item is items[0] or (is_atom(item) and item == items[0]) for item in items):
            return
        machine.touch(sequence)
        sequence.element = joined(machine, items)
        sequence.length = len(items)
        sequence.items = None
    elif isinstance(sequence, TensorFacts) and sequence.values.elements is not None:
        machine.mutate(sequence, sequence.with_(values=sequence.values.unordered()))
