"""What something unknown may do with what it is given: write a dict's entries, run a function any number of times."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.interpreter.joins import element_of
from snugly.interpreter.trees import within
from snugly.interpreter.values import (
    NOTHING,
    Function,
    Instance,
    Mapping,
    Method,
    Partial,
    Sequence,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snugly.interpreter.machine import Machine

MUTATORS = frozenset(
    ("append", "appendleft", "extend", "insert", "add", "update", "setdefault", "pop", "popleft", "remove", "clear")
)
_WRITTEN = Unknown("written by something unknown")
_KEPT = (bool, int, float, str, bytes, type(None))


def escape(machine: Machine, values: Iterable[Value]) -> None:
    """Forget what an unknown callee may change: tensors in its dicts, and what functions that it has got write."""
    for value in values:
        if isinstance(value, Mapping):
            _forget_tensors(machine, value)
        elif _function_of(value) is not None and all(value is not known for known in machine.escaped):
            machine.escaped.append(value)
    for value in machine.escaped:
        _forget_written(machine, value)


def forget_attributes(machine: Machine, instance: Instance, methods: Iterable[Function]) -> None:
    """Forget the attributes that methods write, before one is entered by itself: others may have run before it."""
    written: set[str] = set()
    for method in methods:
        stored = (each for each in within(method.node) if isinstance(each, ast.Attribute) and not _is_read(each))
        for holder in (*stored, *_written(machine, method.node)):
            if isinstance(holder, ast.Attribute) and isinstance(holder.value, ast.Name) and holder.value.id == "self":
                written.add(holder.attr)
    machine.touch(instance)
    for name in written & set(instance.attributes):
        instance.attributes[name] = _WRITTEN


def forget_containers(machine: Machine, values: Iterable[Value], functions: Iterable[ast.AST]) -> None:
    """Forget what lists and dicts hold that functions write, before one is entered by itself: others ran before it.

    Args:
        machine: the run.
        values: where to look: the containers are attributes of these objects and of the objects in them.
        functions: the definitions whose writing counts.
    """
    holders = [holder for function in functions for holder in _written(machine, function)]
    attributes = {holder.attr for holder in holders if isinstance(holder, ast.Attribute)}
    for instance in objects(values):
        for name, held in instance.attributes.items():
            if name in attributes:
                _forget(machine, held)


def forget_lengths(machine: Machine, instance: Instance, functions: Iterable[ast.AST]) -> None:
    """Forget how long the lists are that functions write: they may have run another number of times."""
    attributes = {h.attr for function in functions for h in _written(machine, function) if isinstance(h, ast.Attribute)}
    for owner in objects([instance]):
        for name, held in owner.attributes.items():
            if name in attributes and isinstance(held, Sequence) and held.items:
                machine.touch(held)
                held.element, held.length, held.items, held.cases = element_of(held), None, None, ()
            elif name in attributes and isinstance(held, Sequence) and held.items is None:
                machine.touch(held)
                held.length, held.cases = None, ()


def objects(values: Iterable[Value]) -> Iterator[Instance]:
    """Yield the objects of the user's classes among values, and those that their attributes hold."""
    waiting, seen = list(values), set[int]()
    while waiting:
        value = waiting.pop()
        if isinstance(value, Instance) and id(value) not in seen:
            seen.add(id(value))
            waiting += value.attributes.values()
            yield value


def forget_globals(machine: Machine, names: dict[str, Value], functions: Iterable[Function]) -> None:
    """Forget what a module's lists and dicts hold that its functions write, before one is entered by itself."""
    definitions = list(functions)
    forget_containers(machine, names.values(), [function.node for function in definitions])
    for function in definitions:
        local = _locals(machine, function)
        for holder in _written(machine, function.node):
            if isinstance(holder, ast.Name) and holder.id not in local:
                _forget(machine, names.get(holder.id, NOTHING))


def _function_of(value: Value) -> Function | None:
    while isinstance(value, (Method, Partial)):
        value = value.function
    return value if isinstance(value, Function) else None


def _forget_tensors(machine: Machine, mapping: Mapping) -> None:
    """Forget the tensors of a dict; its numbers and texts are a configuration, which is read and not written."""
    if not any(isinstance(value, TensorFacts) for value in mapping.entries.values()):
        return
    machine.touch(mapping)
    mapping.entries = {key: value if isinstance(value, _KEPT) else _WRITTEN for key, value in mapping.entries.items()}


def _forget_written(machine: Machine, value: Value) -> None:
    function = _function_of(value)
    if function is None:
        return
    machine.budget.spend()
    receiver = value.receiver if isinstance(value, Method) else None
    local = _locals(machine, function)
    for holder in _written(machine, function.node):
        _forget(machine, _container(function, receiver, local, holder))


def _is_read(node: ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Load)


def _locals(machine: Machine, function: Function) -> frozenset[str]:
    """Return the names that are a function's own."""
    known = machine.own_names.get(function.node)
    if known is None:
        arguments = function.node.args
        names = {each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
        for node in within(function.node):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, (ast.Nonlocal, ast.Global)):
                names -= set(node.names)
        known = machine.own_names[function.node] = frozenset(names)
    return known


def _written(machine: Machine, node: ast.AST) -> tuple[ast.expr, ...]:
    """Return the expressions whose containers a function writes."""
    known = machine.written.get(node)
    if known is None:
        known = machine.written[node] = tuple(_writes(node))
    return known


def _writes(node: ast.AST) -> Iterator[ast.expr]:
    for each in within(node):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr in MUTATORS:
            yield each.func.value
        elif isinstance(each, ast.Subscript) and isinstance(each.ctx, (ast.Store, ast.Del)):
            yield each.value


def _container(function: Function, receiver: Value, local: frozenset[str], holder: ast.expr) -> Value:
    """Return the container that a name or an attribute of the receiver means outside of the function."""
    match holder:
        case ast.Name(id=name) if name not in local:
            return function.scope.find(name)
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            owner = receiver if name in local else function.scope.find(name)
            return owner.attributes.get(attribute, NOTHING) if isinstance(owner, Instance) else NOTHING
    return NOTHING


def _forget(machine: Machine, container: Value) -> None:
    if isinstance(container, Sequence) and container.kind in ("list", "deque", "set"):
        machine.touch(container)
        container.items, container.cases = None, ()
        container.element, container.length = _WRITTEN, None
    elif isinstance(container, Mapping):
        machine.touch(container)
        container.entries, container.open = {}, True
        container.rest = container.rest_key = _WRITTEN
