"""Branches: both sides of an undecided condition, joined, and what a condition tells about its names."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from snugly.facts.dims import Expr
from snugly.facts.scalars import choice, forgetting, linear_members
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.flow import Broke, Continued, Exit, Raised, Returned, Signal
from snugly.interpreter.joins import join
from snugly.interpreter.trees import within
from snugly.interpreter.values import (
    NOTHING,
    Choice,
    Class,
    Instance,
    LibraryName,
    Number,
    Sequence,
    Text,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from snugly.interpreter.heap import Delta
    from snugly.interpreter.machine import Machine


def choose(machine: Machine, test: ast.expr, then: Callable[[], Value], otherwise: Callable[[], Value]) -> Value:
    """Evaluate a condition and the side it selects, or both sides and join them."""
    from snugly.interpreter.expressions import evaluate

    answer = machine.truth(evaluate(machine, test))
    if answer is None:
        return both(
            machine,
            lambda: _refined(machine, test, then, truth=True),
            lambda: _refined(machine, test, otherwise, truth=False),
        )
    return then() if answer else otherwise()


def _refined(machine: Machine, test: ast.expr, action: Callable[[], Value], *, truth: bool) -> Value:
    refine(machine, test, truth=truth)
    return action()


def both(machine: Machine, first: Callable[[], Value], second: Callable[[], Value]) -> Value:
    """Follow two sides from the same state and join what they did.

    A side that leaves (``return``, ``break`` …) does not join; its exit is kept. When both leave, the second
    side's way out is raised as certain.
    """
    trail = machine.trail
    left, value = _side(machine, first)
    made = trail.undo()
    if left is not None:
        keep_exit(machine, left, made)
    also_left, other = _side(machine, second)
    if also_left is not None:
        if left is not None:
            trail.keep()
            raise also_left
        keep_exit(machine, also_left)
        trail.undo()
        trail.apply(made)
        return value
    if left is not None:
        trail.keep()
        return other
    trail.merge([made], join, present=True)
    trail.keep()
    return join(value, other)


def _side(machine: Machine, action: Callable[[], Value]) -> tuple[Signal | None, Value]:
    """Follow one side in a level of its own, which stays open."""
    mark = machine.trail.open()
    left: Signal | None = None
    value: Value = NOTHING
    try:
        value = action()
    except Signal as signal:
        left = signal
    finally:
        machine.trail.close_to(mark)
    return left, value


def keep_exit(machine: Machine, signal: Signal, made: Delta | None = None) -> None:
    """Note a way out that only some paths take.

    Args:
        machine: the run.
        signal: the way out.
        made: the states that the side had made, where they were taken back since.
    """
    frame = machine.frame
    if isinstance(signal, Raised):
        if frame.raises:
            frame.raises[-1].append(Exit({}, signal.value))
        return
    loop = frame.loops[-1] if frame.loops else None
    if isinstance(signal, Returned):
        frame.returns.append(Exit({**machine.trail.capture(frame.mark), **(made or {})}, signal.value))
    elif isinstance(signal, Broke) and loop is not None:
        loop.breaks.append(Exit({**machine.trail.capture(loop.mark), **(made or {})}))
    elif isinstance(signal, Continued) and loop is not None:
        loop.continues.append(Exit({**machine.trail.capture(loop.iteration), **(made or {})}))


def refine(machine: Machine, test: ast.expr, *, truth: bool) -> None:
    """Note what it tells about names that ``test`` is true, or false."""
    _narrow_arrays(machine, test, truth=truth)
    if not isinstance(test, ast.BoolOp) and not (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)):
        _narrow_choices(machine, test, truth=truth)
    elif isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) is not truth:
        for part in test.values:
            _narrow_choices(machine, part, truth=None)
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            refine(machine, operand, truth=not truth)
        case ast.BoolOp(op=ast.And(), values=values) if truth:
            for value in values:
                refine(machine, value, truth=True)
        case ast.BoolOp(op=ast.Or(), values=values) if not truth:
            for value in values:
                refine(machine, value, truth=False)
        case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot() as op], comparators=[ast.Constant(value=None)]):
            _narrow(machine, left, lambda option: option is None, keep=isinstance(op, ast.Is) is truth)
        case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq() as op], comparators=[right]):
            if isinstance(op, ast.Eq) is truth:
                _equate(machine, left, right)
        case ast.Call(func=ast.Name(id="isinstance"), args=[subject, kind]):
            _narrow_kind(machine, subject, kind, truth=truth)
        case ast.Name() | ast.Attribute():
            _narrow(machine, test, lambda option: option is None or machine.truth(option) is False, keep=not truth)
        case _:
            return


def _narrow(machine: Machine, node: ast.expr, matches: Callable[[Value], bool], *, keep: bool) -> None:
    from snugly.interpreter.assignment import rebind
    from snugly.interpreter.expressions import evaluate

    if not isinstance(node, (ast.Name, ast.Attribute)):
        return
    value = evaluate(machine, node)
    if not isinstance(value, Choice):
        return
    options = [option for option in value.options if matches(option) is keep]
    if options and len(options) < len(value.options):
        rebind(machine, node, options[0] if len(options) == 1 else Choice(tuple(options)))


def _narrow_arrays(machine: Machine, test: ast.expr, *, truth: bool) -> None:
    """Keep of several arrays that a name may be those for which a test can have its outcome: ``image.ndim == 2``."""
    from snugly.interpreter.assignment import rebind
    from snugly.interpreter.expressions import evaluate

    calls = [node.func for node in ast.walk(test) if isinstance(node, ast.Call)]
    if not all(isinstance(function, ast.Name) and function.id in ("len", "isinstance") for function in calls):
        return  # it may do something, and is evaluated once more here
    for node in ast.walk(test):
        if not isinstance(node, ast.Name):
            continue
        known = machine.frame.scope.find(node.id)
        if not isinstance(known, Choice) or not all(isinstance(option, TensorFacts) for option in known.options):
            continue
        left = []
        for option in known.options:
            rebind(machine, node, option)
            if machine.truth(evaluate(machine, test)) is not (not truth):
                left.append(option)
        rebind(machine, node, left[0] if len(left) == 1 else known)


def _narrow_choices(machine: Machine, test: ast.expr, *, truth: bool | None) -> None:
    """Take out the constants that the outcome of a test excludes for the numbers and texts it reads.

    Where the outcome, or what it means for a number, is not known, what the number was chosen among is forgotten.
    """
    from snugly.interpreter.assignment import rebind

    for node in within(test):
        if isinstance(node, ast.Name):
            known = machine.frame.scope.find(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner = machine.frame.scope.find(node.value.id)
            known = owner.attributes.get(node.attr, NOTHING) if isinstance(owner, Instance) else NOTHING
        else:
            continue
        if isinstance(known, Expr) and linear_members(known) is not None:
            rebind(machine, node, forgetting(known))  # it stays the same size
            continue
        if not isinstance(known, (Number, Text)) or known.members is None:
            continue
        answers = None if truth is None else _answers(machine, test, node, known.members)
        left = None if answers is None else frozenset(each for each, answer in answers.items() if answer is truth)
        rebind(machine, node, _one_of(known, left))


def _answers(machine: Machine, test: ast.expr, node: ast.expr, members: frozenset[Any]) -> dict[Any, bool] | None:
    """Return what a test says for each constant that ``node`` can be, ``None`` where it is not known."""
    from snugly.interpreter.expressions import evaluate
    from snugly.interpreter.operators import COMPARE

    if test is node:
        return {member: bool(member) for member in members}
    match test:
        case ast.Compare(left=left, ops=[op], comparators=[right]) if (left is node) is not (right is node):
            other = evaluate(machine, right if left is node else left)
            compare = COMPARE.get(type(op).__name__)
            if compare is None or not isinstance(other, (int, float, str)):
                return None
            try:
                return {one: bool(compare(one, other) if left is node else compare(other, one)) for one in members}
            except TypeError:
                return None
        case _:
            return None


def _one_of(known: Number | Text, left: frozenset[Any] | None) -> Value:
    if isinstance(known, Text):
        return next(iter(left)) if left is not None and len(left) == 1 else Text(left or None)
    if not left:
        return Number(known.type, known.low, known.high, known.of)
    if len(left) == 1:
        only = next(iter(left))
        return float(only) if known.type == "float" else int(only)
    return choice(known.type, left)


def _equate(machine: Machine, left: ast.expr, right: ast.expr) -> None:
    from snugly.interpreter.assignment import rebind
    from snugly.interpreter.expressions import evaluate

    if not isinstance(left, ast.Name):
        return
    known, constant = evaluate(machine, left), evaluate(machine, right)
    if isinstance(known, (Number, Text)) and isinstance(constant, (int, float, str)):
        rebind(machine, left, constant)


def _narrow_kind(machine: Machine, subject: ast.expr, kind: ast.expr, *, truth: bool) -> None:
    from snugly.interpreter.expressions import evaluate

    wanted = evaluate(machine, kind)
    _narrow(machine, subject, lambda option: is_kind(option, wanted) is True, keep=truth)


def is_kind(value: Value, wanted: Value) -> bool | None:
    """Tell whether ``isinstance(value, wanted)``; ``None`` when it depends."""
    from snugly.interpreter.attributes import TENSOR_CLASSES, builtin_kind

    if isinstance(wanted, (tuple, Sequence)):
        kinds = list(wanted) if isinstance(wanted, tuple) else wanted.items or []
        answers = [is_kind(value, kind) for kind in kinds]
        return True if True in answers else (None if None in answers else False)
    if isinstance(value, (Unknown, Choice)) or isinstance(wanted, Unknown):
        return None
    if isinstance(wanted, Class):
        return wanted in value.type.order if isinstance(value, Instance) else False
    if not isinstance(wanted, LibraryName):
        return None
    if isinstance(value, Instance):
        return _inherits(value, wanted.path)
    if isinstance(value, TensorFacts):
        if wanted.path == "torch.nn.Parameter":
            return value.kind == "parameter"
        return wanted.path == TENSOR_CLASSES.get(value.kind)
    builtin = builtin_kind(value)
    if builtin is not None:
        return _is_builtin(builtin, wanted.path)
    if value is None:
        return wanted.path in ("types.NoneType", "builtins.object")
    return _is_model(value, wanted.path)


def _is_builtin(kind: str, path: str) -> bool:
    families = {"int": ("int", "numbers.Number"), "bool": ("bool", "int"), "float": ("float", "numbers.Number")}
    names = {f"builtins.{name}" if "." not in name else name for name in families.get(kind, (kind,))}
    if kind in ("list", "tuple", "str", "deque"):
        names |= {"collections.abc.Sequence", "typing.Sequence", "collections.abc.Iterable"}
    if kind == "dict":
        names |= {"collections.abc.Mapping", "typing.Mapping", "collections.abc.Iterable"}
    return path in names or path == f"collections.{kind}"


def _inherits(value: Instance, path: str) -> bool | None:
    from snugly.interpreter.classes import library_bases

    if path in library_bases(value.type):
        return True
    return _is_model(value.native, path) if value.native is not None else (None if library_bases(value.type) else False)


def _is_model(value: Value, path: str) -> bool | None:
    from snugly.library import registry

    wanted = registry.MODELS.get(path)
    if wanted is not None:
        return isinstance(value, wanted) or (None if getattr(value, "is_any_kind", False) else False)
    return None
