"""Statements: one small function a kind of node, found by the node's type."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from snugly.interpreter import assignment, branches, classes, functions, imports, loops, matching
from snugly.interpreter.escaping import escape
from snugly.interpreter.expressions import evaluate
from snugly.interpreter.flow import Broke, Continued, Exit, Raised, Returned, Signal, Site
from snugly.interpreter.joins import join
from snugly.interpreter.scopes import Scope
from snugly.interpreter.values import (
    NOTHING,
    Class,
    Function,
    Instance,
    LibraryName,
    Method,
    Partial,
    Sequence,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from snugly.interpreter.machine import Machine

TRANSPARENT = (
    "torch.",
    "functools.lru_cache",
    "functools.cache",
    "functools.wraps",
    "click.",
    "hydra.",
    "typing.",
    "abc.",
    "numba.",
    "jaxtyping.",
    "beartype.",
    "typer.",
    "pytest.",
    "tqdm.",
    "retry.",
    "typechecked",
    "ray.",
    "accelerate.",
)


def run_block(machine: Machine, body: list[ast.stmt]) -> None:
    """Follow statements; control that certainly leaves them comes out as a ``Signal``."""
    budget = machine.budget
    for statement in body:
        budget.spend()
        rule = STATEMENTS.get(type(statement))
        if rule is not None:
            rule(machine, statement)


def _expression(machine: Machine, node: ast.Expr) -> None:
    evaluate(machine, node.value)


def _assign(machine: Machine, node: ast.Assign) -> None:
    if isinstance(node.targets[0], ast.Tuple):
        assignment.count_axes(machine, node.targets[0].elts, node.value)
    value = evaluate(machine, node.value)
    for target in node.targets:
        assignment.assign(machine, target, value)


def _annotated(machine: Machine, node: ast.AnnAssign) -> None:
    if node.value is not None:
        assignment.assign(machine, node.target, evaluate(machine, node.value))


def _if(machine: Machine, node: ast.If) -> None:
    assignment.rewrites_what_it_reads(machine, node)
    branches.choose(machine, node.test, lambda: run_block(machine, node.body), lambda: run_block(machine, node.orelse))


def _return(machine: Machine, node: ast.Return) -> None:
    raise Returned(None if node.value is None else evaluate(machine, node.value))


def _raise(machine: Machine, node: ast.Raise) -> None:
    raise Raised(None if node.exc is None else evaluate(machine, node.exc))


def _break(_machine: Machine, _node: ast.Break) -> None:
    raise Broke


def _continue(_machine: Machine, _node: ast.Continue) -> None:
    raise Continued


def _assert(machine: Machine, node: ast.Assert) -> None:
    answer = machine.truth(evaluate(machine, node.test))
    if answer is False:
        raise Raised(LibraryName("builtins.AssertionError"))
    if answer is None:
        branches.refine(machine, node.test, truth=True)


def _delete(machine: Machine, node: ast.Delete) -> None:
    for target in node.targets:
        if isinstance(target, ast.Name):
            scope = machine.frame.scope.home(target.id)
            machine.touch(scope)
            scope.names.pop(target.id, None)
        elif isinstance(target, ast.Subscript):
            items_owner = evaluate(machine, target.value)
            from snugly.interpreter.items import delete_item

            delete_item(machine, items_owner, evaluate(machine, target.slice))


def _global(machine: Machine, node: ast.Global) -> None:
    scope = machine.frame.scope
    for name in node.names:
        scope.elsewhere[name] = scope.module()


def _nonlocal(machine: Machine, node: ast.Nonlocal) -> None:
    scope = machine.frame.scope
    for name in node.names:
        outer = scope.enclosing()
        while outer is not None and name not in outer.names:
            outer = outer.enclosing()
        if outer is not None:
            scope.elsewhere[name] = outer


def _with(machine: Machine, node: ast.With | ast.AsyncWith) -> None:
    managers: list[Value] = []
    for item in node.items:
        manager = evaluate(machine, item.context_expr)
        machine.sites.append(Site(item.context_expr, machine.frame.source))
        try:
            entered = _enter(machine, manager)
            managers.append(manager)
        finally:
            machine.sites.pop()
        if item.optional_vars is not None:
            assignment.assign(machine, item.optional_vars, entered)
    try:
        run_block(machine, node.body)
    finally:
        for manager in reversed(managers):
            if not isinstance(manager, (Unknown, Instance, LibraryName)) and hasattr(manager, "exit"):
                machine.call(machine.get(manager, "exit"))


def _enter(machine: Machine, manager: Value) -> Value:
    if isinstance(manager, Instance) and classes.lookup(manager.type, "__enter__") is not NOTHING:
        return machine.call(machine.get(manager, "__enter__"))
    if isinstance(manager, Sequence) and manager.kind == "generator":
        return machine.item(manager, 0)
    if not isinstance(manager, (Unknown, Instance, LibraryName)) and hasattr(manager, "enter"):
        return machine.call(machine.get(manager, "enter"))
    return manager


def _try(machine: Machine, node: ast.Try) -> None:
    raised: list[Exit] = []
    machine.frame.raises.append(raised)
    certain = True
    try:
        try:
            run_block(machine, node.body)
        except Raised as signal:
            certain = False
            raised.append(Exit({}, signal.value))
        finally:
            machine.frame.raises.pop()
        _handlers(machine, node, certain=certain)
    except Signal:
        run_block(machine, node.finalbody)
        raise
    run_block(machine, node.finalbody)


def _handlers(machine: Machine, node: ast.Try, *, certain: bool) -> None:
    """Follow ``else``, or a handler; where the body may have passed, both."""
    if certain:
        actions: list[Callable[[], None]] = [lambda: run_block(machine, node.orelse)]
    else:
        actions = []
    actions += [lambda handler=handler: _handle(machine, handler) for handler in node.handlers]  # type: ignore[misc]
    _one_of(machine, actions)


def _handle(machine: Machine, handler: ast.ExceptHandler) -> None:
    if handler.name is not None:
        assignment.bind_name(machine, handler.name, Unknown("an exception"))
    run_block(machine, handler.body)


def _one_of(machine: Machine, actions: list[Callable[[], None]]) -> None:
    if not actions:
        return
    if len(actions) == 1:
        actions[0]()
        return
    branches.both(machine, actions[0], lambda: _one_of(machine, actions[1:]))


def _function(machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    value: Value = functions.define(machine, node, node.name, _class_under_way(machine))
    for decorator in reversed(node.decorator_list):
        value = _decorate(machine, decorator, value)
    assignment.bind_name(machine, node.name, value)


def _class_under_way(machine: Machine) -> Class | None:
    return machine.building[-1] if machine.building and machine.frame.scope.kind == "class" else None


def _decorate(machine: Machine, node: ast.expr, value: Value) -> Value:
    decorator = evaluate(machine, node)
    path = getattr(decorator, "path", "") or getattr(decorator, "name", "") or ""
    short = path.removeprefix("builtins.")
    if isinstance(value, Function):
        if short in ("staticmethod", "classmethod"):
            value.kind = short
            return value
        if short in ("property", "functools.cached_property", "abc.abstractproperty"):
            value.kind = "property"
            return value
        if path == "setter":
            return machine.call(decorator, value)
    if _is_of_user(decorator):
        made = machine.call(decorator, value)
        return value if isinstance(made, Unknown) else made
    if isinstance(decorator, Unknown):
        escape(machine, (value,))
    return value


def _is_of_user(decorator: Value) -> bool:
    """Tell whether calling a decorator runs code of the user's."""
    while isinstance(decorator, (Method, Partial)):
        decorator = decorator.function
    return isinstance(decorator, (Function, Class, Instance))


def _class(machine: Machine, node: ast.ClassDef) -> None:
    bases = tuple(evaluate(machine, base) for base in node.bases if not isinstance(base, ast.Starred))
    bases = tuple(base for base in bases if not _is_generic(base))
    outer = machine.frame.scope
    scope = Scope({}, outer, "class", outer.source)
    cls = Class(node.name, node, bases, scope.names, outer)
    cls.order = (cls, *classes.linearize(bases))
    machine.building.append(cls)
    machine.frame.scope = scope
    try:
        run_block(machine, node.body)
    finally:
        machine.frame.scope = outer
        machine.building.pop()
    cls.names = scope.names
    for name, value in scope.names.items():
        if isinstance(value, Function) and value.owner is None:
            value.owner = cls
        scope.names[name] = value
    decorators = [_decorator_of_class(machine, decorator) for decorator in node.decorator_list]
    classes.finish_class(machine, cls, decorators)
    made: Value = cls
    for decorator, named in zip(reversed(node.decorator_list), reversed(decorators), strict=True):
        if _is_of_user(named):
            given = machine.call(evaluate(machine, decorator), made)
            made = made if isinstance(given, Unknown) or given is None else given
    assignment.bind_name(machine, node.name, made)


def _is_generic(base: Value) -> bool:
    return isinstance(base, LibraryName) and base.path in (
        "typing.Generic",
        "typing.Protocol",
        "builtins.object",
        "abc.ABC",
    )


def _decorator_of_class(machine: Machine, node: ast.expr) -> Value:
    return evaluate(machine, node.func if isinstance(node, ast.Call) else node)


def _match(machine: Machine, node: ast.Match) -> None:
    matching.run(machine, node, run_block)


STATEMENTS: dict[type[ast.stmt], Callable[[Any, Any], None]] = {
    ast.Expr: _expression,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: assignment.augment,
    ast.If: _if,
    ast.For: loops.run_for,
    ast.AsyncFor: loops.run_for,
    ast.While: loops.run_while,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.Assert: _assert,
    ast.Delete: _delete,
    ast.Global: _global,
    ast.Nonlocal: _nonlocal,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: _try,
    ast.TryStar: _try,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    ast.Match: _match,
    ast.Import: imports.run_import,
    ast.ImportFrom: imports.run_import_from,
}

__all__ = ["TRANSPARENT", "join", "run_block"]
