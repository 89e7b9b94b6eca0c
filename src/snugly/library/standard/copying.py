"""``copy``: copies of what is followed. Tensors and what cannot change are shared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.records import replace
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import Instance, Mapping, Sequence, Value
from snugly.library.registry import Model, function

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine


_DEEPEST = 40


@function("copy.copy")
def copy(machine: Machine, x: Value) -> Value:
    """``copy(x)``: a new container of the same things."""
    if isinstance(x, Sequence):
        return replace(x, items=None if x.items is None else list(x.items))
    if isinstance(x, Mapping):
        return replace(x, entries=dict(x.entries))
    if isinstance(x, Instance):
        return Instance(x.type, dict(x.attributes), x.native)
    return x.with_(origin=x.origin) if isinstance(x, TensorFacts) else x


@function("copy.deepcopy")
def deepcopy(machine: Machine, x: Value, memo: Value = None) -> Value:
    """``deepcopy(x)``: everything that can change is new."""
    return _deep(x, {}, _DEEPEST)


def _deep(x: Any, seen: dict[int, Any], depth: int) -> Any:
    if depth == 0 or isinstance(x, TensorFacts):
        return x
    if id(x) in seen:
        return seen[id(x)]
    if isinstance(x, tuple):
        parts = [_deep(item, seen, depth - 1) for item in x]
        return type(x)(*parts) if hasattr(x, "_fields") else tuple(parts)
    if isinstance(x, list):
        return [_deep(item, seen, depth - 1) for item in x]
    if isinstance(x, dict):
        return {key: _deep(item, seen, depth - 1) for key, item in x.items()}
    if isinstance(x, Sequence | Mapping | Instance):
        return _deep_value(x, seen, depth)
    if isinstance(x, Model):
        made = object.__new__(type(x))
        seen[id(x)] = made
        vars(made).update({name: _deep(part, seen, depth - 1) for name, part in vars(x).items()})
        return made
    return x


def _deep_value(x: Sequence | Mapping | Instance, seen: dict[int, Any], depth: int) -> Value:
    made: Any
    if isinstance(x, Sequence):
        made = seen[id(x)] = replace(x)
        made.items = None if x.items is None else [_deep(item, seen, depth - 1) for item in x.items]
        made.element = _deep(x.element, seen, depth - 1)
    elif isinstance(x, Mapping):
        made = seen[id(x)] = replace(x)
        made.entries = {key: _deep(item, seen, depth - 1) for key, item in x.entries.items()}
    else:
        made = seen[id(x)] = Instance(x.type)
        made.attributes = _deep(x.attributes, seen, depth - 1)
        made.native = _deep(x.native, seen, depth - 1)
    return made
