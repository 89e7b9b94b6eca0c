"""Calls: what each kind of value does when it is called."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from snugly.facts.dims import value as known
from snugly.interpreter import classes, functions
from snugly.interpreter.applying import made_by
from snugly.interpreter.budget import LISTED_ITEMS
from snugly.interpreter.escaping import escape
from snugly.interpreter.flow import Signal
from snugly.interpreter.joins import element_of, join, settle
from snugly.interpreter.values import (
    NOTHING,
    Choice,
    Class,
    DType,
    Function,
    Instance,
    LibraryName,
    Method,
    Module,
    Native,
    Number,
    Partial,
    Sequence,
    Unknown,
    Value,
)
from snugly.library.registry import QUIET

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

    from snugly.interpreter.machine import Machine


def call(
    machine: Machine, function: Value, args: list[Value], kwargs: dict[str, Value], rest: Value = NOTHING
) -> Value:
    """Call a value.

    Args:
        machine: the run.
        function: what is called.
        args: the positional arguments.
        kwargs: the keyword arguments.
        rest: a starred argument whose items are not listed, ``NOTHING`` where there is none.
    """
    machine.budget.spend()
    rule = _OF_THE_PROGRAM.get(type(function))
    if rule is not None:
        return rule(machine, function, args, kwargs, rest)
    if rest is not NOTHING:
        return _call_starred(machine, function, args, kwargs, rest)
    if isinstance(function, Native):
        return call_native(machine, function.function, function.name, args, kwargs, choices=function.name == "__init__")
    if isinstance(function, LibraryName):
        return call_library(machine, function.path, args, kwargs)
    if isinstance(function, DType):
        return call_library(machine, "numpy.dtype.__call__", [function, *args], kwargs)
    if hasattr(function, "call"):
        with machine.layer(getattr(function, "origin", None)):
            return call_native(machine, function.call, getattr(function, "path", ""), args, kwargs)
    return machine.unknown(f"a call of {getattr(function, 'path', type(function).__name__)}")


def _call_function(
    machine: Machine, function: Function, args: list[Value], kwargs: dict[str, Value], rest: Value
) -> Value:
    return functions.run(machine, function, functions.bind(function, args, kwargs, rest))


def _call_method(machine: Machine, method: Method, args: list[Value], kwargs: dict[str, Value], rest: Value) -> Value:
    return call(machine, method.function, [method.receiver, *args], kwargs, rest)


def _call_partial(
    machine: Machine, partial: Partial, args: list[Value], kwargs: dict[str, Value], rest: Value
) -> Value:
    return call(machine, partial.function, [*partial.args, *args], {**partial.kwargs, **kwargs}, rest)


def _call_class(machine: Machine, cls: Class, args: list[Value], kwargs: dict[str, Value], rest: Value) -> Value:
    return classes.instantiate(machine, cls, args, kwargs, rest)


def _call_unknown(
    machine: Machine, function: Value, args: list[Value], kwargs: dict[str, Value], _rest: Value
) -> Value:
    escape(machine, (*args, *kwargs.values()))
    return Unknown(getattr(function, "reason", "") or "a call of something unknown")


def _call_starred(
    machine: Machine, function: Value, args: list[Value], kwargs: dict[str, Value], rest: Sequence
) -> Value:
    """Call something of a library with a starred argument whose items are not listed."""
    count = known(rest.length)
    if count is not None and count <= LISTED_ITEMS:
        return call(machine, function, [*args, *[element_of(rest)] * count], kwargs)
    if isinstance(function, LibraryName) and function.path == "builtins.zip" and not args:
        return _transpose(rest)
    return machine.unknown("a starred argument of unknown length")


def _transpose(rows: Sequence) -> Value:
    """Return ``zip(*rows)``: a tuple of columns."""
    element = element_of(rows)
    parts = list(element) if isinstance(element, tuple) else getattr(element, "items", None)
    if parts is None:
        return Unknown("zip of rows of unknown length")
    return Sequence("iterator", [Sequence("tuple", None, part, rows.length) for part in parts])


def _call_choice(machine: Machine, function: Choice, args: list[Value], kwargs: dict[str, Value], rest: Value) -> Value:
    options = [option for option in function.options if option is not None]
    if len(options) == 1:
        return call(machine, options[0], args, kwargs, rest)
    result: Value = NOTHING
    machine.events.muted += 1
    try:
        for option in options:
            result = join(result, call(machine, option, args, kwargs, rest))
    finally:
        machine.events.muted -= 1
    return Unknown("a choice") if result is NOTHING else result


def _call_instance(
    machine: Machine, instance: Instance, args: list[Value], kwargs: dict[str, Value], rest: Value
) -> Value:
    for name in ("__call__", "forward"):
        if classes.lookup(instance.type, name) is not NOTHING:
            return call(machine, machine.get(instance, name), args, kwargs, rest)
    classes.ensure_native(machine, instance)
    if instance.native is not None and hasattr(instance.native, "call"):
        return call(machine, instance.native, args, kwargs, rest)
    return machine.unknown(f"a call of {instance.type.name}")


_OF_THE_PROGRAM: dict[type, Callable[[Machine, Any, list[Value], dict[str, Value], Value], Value]] = {
    Choice: _call_choice,
    Function: _call_function,
    Method: _call_method,
    Partial: _call_partial,
    Class: _call_class,
    Instance: _call_instance,
    Unknown: _call_unknown,
    Module: _call_unknown,
    type(None): _call_unknown,
}
"""What the program's own values do when they are called, and those that are not known."""


def takes_machine(function: Callable[..., Any]) -> bool:
    """Tell whether a library's function wants the machine as its first argument."""
    code = getattr(function, "__code__", None)
    return code is not None and _names_machine(code, 1 if hasattr(function, "__func__") else 0)


@cache
def _names_machine(code: CodeType, first: int) -> bool:
    return code.co_argcount > first and code.co_varnames[first] == "machine"


def call_native(
    machine: Machine,
    function: Callable[..., Any],
    name: str,
    args: list[Value],
    kwargs: dict[str, Value],
    *,
    choices: bool = False,
) -> Value:
    """Call a function of the library's description; whatever goes wrong there gives an unknown value.

    Args:
        machine: the run.
        function: what is called.
        name: its path.
        args: the positional arguments.
        kwargs: the keyword arguments.
        choices: it takes one of several values as that; for others a choice is settled first.
    """
    plain = list(args) if choices else [settle(value) for value in args]
    named = kwargs if choices else {key: settle(value) for key, value in kwargs.items()}
    if takes_machine(function):
        plain.insert(0, machine)
    try:
        return made_by(machine, function, name, plain, named, function(*plain, **named))
    except (Signal, RecursionError):
        raise
    except Exception as error:  # noqa: BLE001 - a description that fails must not end the run
        machine.events.miss(machine.place, name, f"{type(error).__name__}: {error}"[:200])
        return Unknown(name)


def call_library(machine: Machine, path: str, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """Call something of a library by its path."""
    libraries = machine.program.libraries
    if path.endswith(".__init__") and args and isinstance(args[0], Instance):
        return classes.construct_native(machine, args[0], args[1:], kwargs)  # Base.__init__(self, ...)
    function = libraries.function(path)
    if function is not None:
        return call_native(machine, function, path, args, kwargs)
    if libraries.model(path) is not None:
        return construct(machine, path, args, kwargs)
    if libraries.operation(path) is not None:
        return machine.apply(path, *args, **kwargs)
    if path.partition(".")[0] in QUIET:
        return Unknown(path)
    escape(machine, (*args, *kwargs.values()))
    return machine.unknown(path)


def construct(machine: Machine, path: str, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """Make an object of a library's class, and note which call made it."""
    model = machine.program.libraries.model(path)
    if model is None:
        return machine.unknown(path)
    choices = getattr(model, "keeps_choices", False)
    made = call_native(machine, _constructor(model, machine), path, args, kwargs, choices=choices)
    if not isinstance(made, model):
        return made
    bound = _bound_arguments(model, args, kwargs)
    try:
        made.place = machine.place
        if getattr(made, "origin", None) is None:
            made.origin = classes.constructor_origin(machine, path, bound)
    except AttributeError:
        return made
    return made


def _constructor(model: type[Any], machine: Machine) -> Callable[..., Any]:
    code = getattr(model.__init__, "__code__", None)
    if code is not None and code.co_argcount > 1 and code.co_varnames[1] == "machine":
        return lambda *args, **kwargs: model(machine, *args, **kwargs)
    return model


def _bound_arguments(model: type[Any], args: list[Value], kwargs: dict[str, Value]) -> dict[str, Value]:
    code = getattr(model.__init__, "__code__", None)
    if code is None:
        return dict(kwargs)
    names = [name for name in code.co_varnames[1 : code.co_argcount] if name != "machine"]
    return {**dict(zip(names, args, strict=False)), **kwargs}


__all__ = ["Number", "call", "call_library", "call_native", "construct", "takes_machine"]
