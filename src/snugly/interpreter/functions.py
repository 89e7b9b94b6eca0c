"""The user's functions: how arguments bind, how a body is followed, what comes out."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.interpreter import seeds
from snugly.interpreter.flow import Broke, Continued, Frame, Raised, Returned
from snugly.interpreter.joins import element_of, join, join_sequences
from snugly.interpreter.origins import callers
from snugly.interpreter.scopes import Scope
from snugly.interpreter.values import NOTHING, Class, Function, Mapping, Sequence, Unknown, Value

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine
    from snugly.interpreter.sources import SourceFile

DEEPEST = 40
"""How many calls of the user's functions may be open."""

RECURSIONS = 3
"""How many calls of one function may be open."""

MOST_CALLERS = 12
"""How many of the open calls an origin names."""


def is_generator(node: ast.AST, source: SourceFile) -> bool:
    """Tell whether a function's body yields; most files have no such function."""
    if not source.yields:
        return False
    found = getattr(node, "is_generator", None)
    if found is None:
        found = not isinstance(node, ast.Lambda) and _yields(node)
        node.is_generator = found  # type: ignore[attr-defined]
    return bool(found)


def _yields(node: ast.AST) -> bool:
    waiting = [node]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, (ast.Yield, ast.YieldFrom)):
            return True
        if inner is node or not isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            waiting.extend(ast.iter_child_nodes(inner))
    return False


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[ast.arg]:
    """Return the positional parameters, in order."""
    return [*node.args.posonlyargs, *node.args.args]


def bind(function: Function, args: list[Value], kwargs: dict[str, Value], rest: Value = NOTHING) -> dict[str, Value]:
    """Give every parameter a value.

    Args:
        function: what is called.
        args: the positional arguments.
        kwargs: the keyword arguments.
        rest: a starred argument whose items are not listed, for the parameters that are left.
    """
    node = function.node.args
    if rest is not NOTHING:
        rest = element_of(rest)
    names = [parameter.arg for parameter in parameters(function.node)]
    bound: dict[str, Value] = dict(zip(names, args, strict=False))
    extra = dict(kwargs)
    for name in [*names[len(bound) :], *(parameter.arg for parameter in node.kwonlyargs)]:
        if name in extra:
            bound[name] = extra.pop(name)
        elif rest is not NOTHING:
            bound[name] = join(rest, function.defaults.get(name, NOTHING))
        else:
            bound[name] = function.defaults.get(name, Unknown(f"parameter {name}"))
    if node.vararg is not None:
        bound[node.vararg.arg] = tuple(args[len(names) :]) if rest is NOTHING else Sequence("tuple", None, rest, None)
    if node.kwarg is not None:
        known = {key: value for key, value in extra.items() if key not in names}
        bound[node.kwarg.arg] = Mapping(known) if rest is NOTHING else Mapping(known, rest, open=True)
    return bound


def run(machine: Machine, function: Function, bound: dict[str, Value]) -> Value:
    """Follow a function's body with its parameters bound, and return what comes out."""
    node = function.node
    if machine.budget.depth >= DEEPEST or sum(call is node for call in machine.open_calls) >= RECURSIONS:
        return Unknown("a recursion that is too deep")
    if id(node) not in machine.entered:
        machine.entered.add(id(node))
        machine.habits.enter(node)
    bound = seeds.parameters(machine, function.module, node, bound)
    scope = Scope(bound, function.scope, "function", function.module)
    frame = Frame(scope, function.module, machine.trail.open())
    frame.function, frame.receiver = function, next(iter(bound.values()), None)
    place, outer = machine.place, callers(machine)
    frame.callers = outer if place is None else (place, *outer[: MOST_CALLERS - 1])
    machine.frames.append(frame)
    machine.open_calls.append(node)
    machine.budget.depth += 1
    try:
        for context in function.contexts:
            machine.call(machine.get(context, "enter"))
        return _follow(machine, frame, node)
    finally:
        for context in function.contexts:
            machine.call(machine.get(context, "exit"))
        machine.budget.depth -= 1
        machine.open_calls.pop()
        machine.frames.pop()


def _follow(machine: Machine, frame: Frame, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Value:
    from snugly.interpreter.expressions import evaluate
    from snugly.interpreter.statements import run_block

    if is_generator(node, frame.source):
        frame.yields = Sequence("generator", [])
    value: Value = None
    raised: Raised | None = None
    try:
        if isinstance(node, ast.Lambda):
            value = evaluate(machine, node.body)
        else:
            run_block(machine, node.body)
    except Returned as signal:
        value = signal.value
    except Raised as signal:
        raised = signal
    except (Broke, Continued):
        value = Unknown("a break outside of a loop")
    except BaseException:
        machine.trail.close_to(frame.mark)
        machine.trail.keep()
        raise
    machine.trail.close_to(frame.mark)
    for exit_ in frame.returns:
        value = exit_.value if raised is not None and value is None else join(value, exit_.value)
    if frame.returns:
        machine.trail.merge([exit_.state for exit_ in frame.returns], join, present=raised is None)
    machine.trail.keep()
    if not frame.scope.captured:
        machine.trail.forget(frame.scope)
    if raised is not None and not frame.returns:
        if frame.yields is not None:
            return frame.yields
        raise raised
    return value if frame.yields is None else frame.yields


def add_yield(machine: Machine, value: Value) -> None:
    """Keep a value that a generator yields."""
    yields = machine.frame.yields
    if yields is None:
        return
    machine.touch(yields)
    if yields.items is not None:
        yields.items.append(value)
    else:
        grown = join_sequences(yields, Sequence("generator", [value]))
        yields.element = grown.element
        yields.length = None if yields.length is None else yields.length + 1
        yields.cases = ()


def define(
    machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, name: str, owner: Class | None = None
) -> Function:
    """Return the function that a definition makes, with its defaults evaluated."""
    from snugly.interpreter.expressions import evaluate

    frame = machine.frame
    inner: Scope | None = frame.scope
    while inner is not None and not inner.captured:
        inner.captured = True
        inner = inner.outer
    scope = frame.scope if frame.scope.kind != "class" else frame.scope.enclosing() or frame.scope
    defaults: dict[str, Value] = {}
    positional = parameters(node)
    for parameter, default in zip(reversed(positional), reversed(node.args.defaults), strict=False):
        defaults[parameter.arg] = evaluate(machine, default)
    for parameter, keyword_default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        if keyword_default is not None:
            defaults[parameter.arg] = evaluate(machine, keyword_default)
    return Function(name, node, scope, defaults, owner, "function", frame.source)
