"""``operator``: the operators as functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.interpreter.operators import BINARY_NAMES, COMPARE_NAMES, binary, compare, unary
from snugly.interpreter.values import Native, Value
from snugly.library.registry import function

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine


def _declare_binary(name: str, op: str) -> None:
    def apply(machine: Machine, a: Value, b: Value) -> Value:
        return binary(machine, op, a, b)

    function(f"operator.{name}")(apply)


def _declare_comparison(name: str, op: str) -> None:
    def apply(machine: Machine, a: Value, b: Value) -> Value:
        return compare(machine, op, a, b)

    function(f"operator.{name}")(apply)


for _op, _name in BINARY_NAMES.items():
    _declare_binary(_name, _op)
for _op, _name in COMPARE_NAMES.items():
    _declare_comparison(_name, _op)


@function("operator.neg")
def neg(machine: Machine, a: Value) -> Value:
    """``neg(a)``."""
    return unary(machine, "USub", a)


@function("operator.getitem")
def getitem(machine: Machine, a: Value, b: Value) -> Value:
    """``getitem(a, b)``."""
    return machine.item(a, b)


@function("operator.itemgetter")
def itemgetter(machine: Machine, *items: Value) -> Value:
    """``itemgetter(*items)``."""

    def get(machine: Machine, thing: Value) -> Value:
        found = tuple(machine.item(thing, item) for item in items)
        return found[0] if len(found) == 1 else found

    return Native(get, "operator.itemgetter")


@function("operator.attrgetter")
def attrgetter(machine: Machine, *names: Value) -> Value:
    """``attrgetter(*names)``."""

    def get(machine: Machine, thing: Value) -> Value:
        found: list[Value] = []
        for name in names:
            value = thing
            for part in name.split(".") if isinstance(name, str) else ():
                value = machine.get(value, part)
            found.append(value)
        return found[0] if len(found) == 1 else tuple(found)

    return Native(get, "operator.attrgetter")
