"""The input of a ``forward`` that nobody calls: a batch of any size, as far as the first layer decides its axes."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from snugly.facts.dims import Expr
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.classes import lookup
from snugly.interpreter.values import Function, Instance, Value

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine

_SPATIAL = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}
# Layers inside layers that are looked through for the first one.
_DEPTH = 6


def symbolic_input(machine: Machine, instance: Instance, method: Function, name: str) -> TensorFacts:
    """Return what a batched input must look like for the first layer that takes it, and nothing where no layer says.

    A convolution over images takes ``(N, in_channels, H, W)``, with sizes that can be any.
    """
    layer = _first_layer(machine, instance, method, name, _DEPTH)
    path = getattr(layer, "path", "")
    axes = next((count for count in _SPATIAL if path.startswith("torch.nn.Conv") and path.endswith(f"{count}d")), None)
    channels = getattr(layer, "in_channels", None)
    if axes is None or not isinstance(channels, int | Expr):
        return TensorFacts()
    sizes = tuple(machine.new_symbol(axis, 1) for axis in _SPATIAL[axes])
    return TensorFacts((machine.new_symbol("N", 2), channels, *sizes), axes=("batch", "channels", *(None,) * axes))


def _first_layer(machine: Machine, instance: Instance, method: Function, name: str, depth: int) -> Any:
    """Return the layer that is the first in the source to take a parameter; ``None`` where that is not plain."""
    if depth == 0 or not isinstance(method.node, ast.FunctionDef):
        return None
    calls = [node for node in ast.walk(method.node) if isinstance(node, ast.Call) and _takes(node, name)]
    if not calls:
        return None
    first = min(calls, key=lambda call: (call.lineno, call.col_offset))
    match first.func:
        case ast.Attribute(value=ast.Name(id="self"), attr=attribute):
            return _opened(machine, instance.attributes.get(attribute), depth)
    return None


def _takes(call: ast.Call, name: str) -> bool:
    return len(call.args) == 1 and isinstance(call.args[0], ast.Name) and call.args[0].id == name


def _opened(machine: Machine, layer: Value, depth: int) -> Any:
    """Return the first layer inside a layer."""
    if isinstance(layer, Instance):
        forward = lookup(layer.type, "forward")
        if isinstance(forward, Function) and len(forward.node.args.args) > 1:
            return _first_layer(machine, layer, forward, forward.node.args.args[1].arg, depth - 1)
        layer = layer.native
    if getattr(layer, "path", "") == "torch.nn.Sequential":
        inside = machine.iterate(layer)
        return _opened(machine, inside.items[0], depth - 1) if inside.items and depth > 1 else None
    return layer
