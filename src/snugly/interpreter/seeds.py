"""What a live program tells a run that follows its source: the values of names and attributes the source leaves open.

A crash leaves frames behind. What a name of theirs is bound to is a fact as good as one from the source, where the
source binds the name once: then the value that is there is the value that was bound. Data from files, pickles and
databases come to be known in this way, and everything that the program makes of them is followed as ever.
"""

from __future__ import annotations

import ast
import os
from collections import Counter
from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, Expr, bounds
from snugly.facts.origins import Origin
from snugly.facts.records import dataclass, field
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import Class, Instance, Number, Text, Unknown, Value

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine
    from snugly.interpreter.sources import SourceFile

MODULE = 0
"""The line of the scope of a module."""


@dataclass(slots=True)
class Seeds:
    """Live values.

    Attributes:
        names: by the real path of a file and the first line of the function (``MODULE`` outside of functions),
            what its names are bound to.
        attributes: by the real path of a file and the name of a class, what attributes of its instances are, where
            all instances that were found agree.
    """

    names: dict[tuple[str, int], dict[str, Value]] = field(default_factory=dict)
    attributes: dict[tuple[str, str], dict[str, Value]] = field(default_factory=dict)
    _bound: dict[tuple[str, int], Counter[str]] = field(default_factory=dict)

    def bound_once(self, source: SourceFile, node: ast.AST | None, name: str, *, parameter: bool) -> bool:
        """Tell whether the source binds a name of a scope at one place only, so that it has kept what it got there."""
        key = source.path, MODULE if node is None else first_line(node)
        if key not in self._bound:
            self._bound[key] = _bindings(source.tree if node is None else node, source.tree)
        return self._bound[key][name] == (0 if parameter else 1)


def first_line(node: ast.AST) -> int:
    """Return the first line of a function as its code object counts it: that of its first decorator."""
    return min((each.lineno for each in (*getattr(node, "decorator_list", ()), node)), default=MODULE)


def bound(machine: Machine, target: ast.Name, value: Value) -> Value:
    """Return what an assignment binds a name to: the value, or what the live program knows better."""
    seeds = machine.program.seeds
    if seeds is None or not is_open(value):
        return value
    frame = machine.frame
    function = frame.function
    node = None if function is None else function.node
    if frame.scope.kind == "class" or target.id in frame.scope.elsewhere:
        return value
    live = _live(seeds, frame.source, node).get(target.id)
    if live is None or not seeds.bound_once(frame.source, node, target.id, parameter=False):
        return value
    return _with_origin(live, frame.source, target, value)


def parameters(machine: Machine, source: SourceFile, node: ast.AST, values: dict[str, Value]) -> dict[str, Value]:
    """Return the parameters of a function that is about to run, those that are open as the live frame has them."""
    seeds = machine.program.seeds
    if seeds is None:
        return values
    live = _live(seeds, source, node)
    known = {
        name: live[name]
        for name, value in values.items()
        if name in live and is_open(value) and seeds.bound_once(source, node, name, parameter=True)
    }
    return values if not known else values | known


def attribute(machine: Machine, instance: Instance, target: ast.Attribute, value: Value) -> Value:
    """Return what an attribute of a user's object is set to: the value, or what the live program knows better."""
    seeds = machine.program.seeds
    if seeds is None or not is_open(value):
        return value
    for cls in (instance.type, *instance.type.order):
        if not isinstance(cls, Class):
            continue
        live = seeds.attributes.get((os.path.realpath(cls.scope.source.path), cls.name), {}).get(target.attr)
        if live is not None:
            return _with_origin(live, machine.frame.source, target, value)
    return value


def is_open(value: Value) -> bool:
    """Tell whether a value leaves something to be known."""
    if isinstance(value, TensorFacts):
        return value.shape is None or value.dtype is None or any(_is_open_size(size) for size in value.shape)
    return isinstance(value, (Unknown, Number, Text)) or (isinstance(value, Expr) and _is_open_size(value))


def _is_open_size(size: Dim | None) -> bool:
    """Tell whether nothing bounds a size: not even a batch size does."""
    return size is None or bounds(size)[1] is None


def _live(seeds: Seeds, source: SourceFile, node: ast.AST | None) -> dict[str, Value]:
    return seeds.names.get((os.path.realpath(source.path), MODULE if node is None else first_line(node)), {})


def _with_origin(live: Value, source: SourceFile, node: ast.AST, value: Value) -> Value:
    if not isinstance(live, TensorFacts):
        return live
    if isinstance(value, TensorFacts) and value.origin is not None:
        return live.with_(origin=value.origin)
    place = source.place(node)
    text = source.lines[place.line - 1].strip() if 0 < place.line <= len(source.lines) else ""
    return live.with_(origin=Origin("data", place, text))


def _bindings(scope: ast.AST, tree: ast.AST) -> Counter[str]:
    """Count how often each name is bound in a scope, functions inside of it left out; ``global`` counts as twice."""
    found: Counter[str] = Counter()
    waiting = list(ast.iter_child_nodes(scope)) if not isinstance(scope, ast.Lambda) else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found[node.name] += 1
            continue
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found[node.id] += 1
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] += 1
        waiting.extend(ast.iter_child_nodes(node))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            found.update(dict.fromkeys(node.names, 2))
    return found
