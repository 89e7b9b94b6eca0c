"""What a function that nobody calls is given: as much of each parameter as its own source decides.

The input of a ``forward`` is a batch of any size, as far as the first layer decides its axes. An annotation, a default,
or what is done with a parameter tells whether it is a tensor.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from snugly.facts.dims import Expr
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.attributes import ONLY_OF_TENSORS
from snugly.interpreter.classes import lookup
from snugly.interpreter.functions import parameters
from snugly.interpreter.values import NOTHING, Choice, Function, Instance, Number, Text, Unknown, Value

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine

_SPATIAL = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}
# Layers inside layers that are looked through for the first one.
_DEPTH = 6
_ANNOTATIONS: dict[str, Value] = {"int": Number("int"), "float": Number("float"), "bool": Number("bool"), "str": Text()}
_TENSORS = frozenset(
    ("Tensor", "FloatTensor", "LongTensor", "DoubleTensor", "HalfTensor", "IntTensor", "BoolTensor", "ByteTensor")
)
_TENSOR_METHODS = ONLY_OF_TENSORS | {
    "unsqueeze_", "long", "detach", "masked_fill_", "numel", "expand", "narrow", "unbind", "chunk", "scatter",
    "scatter_", "scatter_add", "scatter_add_", "gather", "dim", "size", "unfold",
}  # fmt: skip
"""Methods that tensors have, and nothing else that a parameter is likely to be."""


def given(function: Function, name: str) -> Value:
    """Return what is known of a parameter that nobody gives.

    A default that decides a size stands; beside a default of ``None`` anything may be given.
    """
    default = function.defaults.get(name, NOTHING)
    if isinstance(default, (bool, str)):
        return default
    known = _by_its_source(function, name)
    return known if default is not None else Choice((None, known))


def _by_its_source(function: Function, name: str) -> Value:
    node = function.node
    written = [each for each in (*parameters(node), *node.args.kwonlyargs) if each.arg == name]
    annotation = written[0].annotation if written else None
    told = {each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "") for each in _names(annotation)}
    if told & _TENSORS and not told & {"List", "list", "Tuple", "tuple", "Dict", "dict", "Sequence", "Iterable"}:
        return TensorFacts()
    if isinstance(annotation, ast.Name) and annotation.id in _ANNOTATIONS:
        return _ANNOTATIONS[annotation.id]
    return TensorFacts() if annotation is None and name in _tensors_of(node) else Unknown(f"parameter {name}")


def _names(annotation: ast.expr | None) -> list[ast.AST]:
    return [] if annotation is None else list(ast.walk(annotation))


def _tensors_of(node: ast.AST) -> set[str]:
    """Return the names on which a function calls what only tensors have, before it binds them to anything else."""
    called = {
        each.func.value.id: (each.lineno, each.col_offset)
        for each in sorted(_calls(node), key=lambda call: (call.lineno, call.col_offset), reverse=True)
        if isinstance(each.func, ast.Attribute)
        and isinstance(each.func.value, ast.Name)
        and each.func.attr in _TENSOR_METHODS
    }
    stored: dict[str, int] = {}
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            stored[each.id] = min(each.lineno, stored.get(each.id, each.lineno))
    return {name for name, (line, _) in called.items() if line <= stored.get(name, line)}


def _calls(node: ast.AST) -> list[ast.Call]:
    return [each for each in ast.walk(node) if isinstance(each, ast.Call)]


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
