"""Whether a value is true: yes, no, or it depends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Expr, same
from snugly.facts.dims import value as known
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.joins import length_of
from snugly.interpreter.values import (
    Choice,
    Class,
    DType,
    Function,
    Instance,
    LibraryName,
    Mapping,
    Method,
    Module,
    Native,
    Number,
    Partial,
    Sequence,
    Text,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine

ALWAYS = (Class, DType, Function, LibraryName, Method, Module, Native, Partial)


def truth(machine: Machine, value: Value) -> bool | None:
    """Tell whether ``value`` is true; ``None`` when it depends."""
    if isinstance(value, (bool, int, float, complex, str, bytes, tuple, type(None))):
        return bool(value)
    if isinstance(value, Expr):
        different = same(value, 0)
        return None if different is None else not different
    if isinstance(value, Number):
        if (value.low is not None and value.low > 0) or (value.high is not None and value.high < 0):
            return True
        return False if value.low == 0 and value.high == 0 else None
    if isinstance(value, (Text, Unknown, TensorFacts)):
        return None
    if isinstance(value, Sequence):
        size = length_of(value)
        empty = None if size is None else same(size, 0)
        return None if empty is None else not empty
    if isinstance(value, Mapping):
        return True if value.entries else (None if value.open else False)
    if isinstance(value, Choice):
        answers = {truth(machine, option) for option in value.options}
        return answers.pop() if len(answers) == 1 else None
    if isinstance(value, Instance):
        return _truth_of_instance(machine, value)
    return True if isinstance(value, ALWAYS) or value is ... else _truth_of_model(machine, value)


def _truth_of_instance(machine: Machine, value: Instance) -> bool | None:
    from snugly.interpreter.classes import lookup
    from snugly.interpreter.values import NOTHING

    for name in ("__bool__", "__len__"):
        method = lookup(value.type, name)
        if method is not NOTHING:
            return truth(machine, machine.call(machine.get(value, name)))
    return True


def _truth_of_model(machine: Machine, value: Value) -> bool | None:
    if hasattr(value, "length"):
        size = machine.length(value)
        return None if size is None else (None if known(size) is None else known(size) != 0)
    return True if hasattr(value, "path") else None
