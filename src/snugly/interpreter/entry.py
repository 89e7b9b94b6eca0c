"""Where a run enters: the script's top level as ``__main__``, then what no call has reached."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.interpreter import classes, escaping, functions
from snugly.interpreter.budget import SECONDS, SHORTEST, Budget, Exhausted
from snugly.interpreter.consequences import independent
from snugly.interpreter.entered import given, symbolic_input
from snugly.interpreter.flow import Signal
from snugly.interpreter.machine import Machine
from snugly.interpreter.suppressions import part, read
from snugly.interpreter.values import NOTHING, Class, Function, Instance, Sequence, Unknown, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from snugly.interpreter.modules import Program
    from snugly.interpreter.sources import SourceFile
    from snugly.rules.findings import Finding


def follow(program: Program, source: SourceFile, budget: Budget | None = None) -> Machine:
    """Follow a script from its top level, then enter what was not reached, and return the machine.

    A budget that is spent, or a recursion that is too deep, ends the run: what was found until then stands.
    """
    machine = Machine(program, budget or Budget(max(SHORTEST, SECONDS - source.seconds)))
    program.folders.setdefault(source.path, program.root) if program.root is not None else None
    program.sources.setdefault(source.path, source)
    _guarded(machine, source, lambda: program.run(machine, source, "__main__"))
    _guarded(machine, source, lambda: enter_rest(machine, source))
    found = tuple(machine.events.findings)
    machine.events.findings = list(independent(machine.events.findings))
    told, machine.events.suppressed = part(machine.events.distinct(), program.sources)
    machine.events.findings = [*told, *_unused(machine, source, found)]
    return machine


def _unused(machine: Machine, source: SourceFile, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return a finding for each suppression that silences nothing, where the file was followed to its end."""
    suppressions = () if machine.exhausted else read(source)
    if not suppressions:
        return ()
    from snugly.interpreter.unused import unused

    return unused(source, suppressions, machine.events, found)


def _guarded(machine: Machine, source: SourceFile, action: Callable[[], object]) -> None:
    try:
        action()
    except Exhausted:
        machine.events.miss(None, "the program", "its budget is spent")
        machine.exhausted = True
    except RecursionError:
        machine.events.miss(None, "the program", "it is nested too deeply")
        machine.exhausted = True
    finally:
        _reset(machine)
    del source


def _reset(machine: Machine) -> None:
    """Close what a cut-off run left open."""
    machine.frames.clear()
    machine.sites.clear()
    machine.layers.clear()
    machine.batches.clear()
    machine.open_calls.clear()
    machine.building.clear()
    machine.budget.depth = 0
    machine.events.muted = 0
    machine.trail.close_to(0)


def enter_rest(machine: Machine, source: SourceFile) -> None:
    """Enter every function and class of a file that no call has reached, with unknown arguments."""
    module = machine.program.modules.get(source.path)
    if module is None or machine.exhausted:
        return
    left = [each for each in _functions(module.names.values()) if id(each.node) not in machine.entered]
    escaping.forget_globals(machine, module.names, left)
    for value in list(module.names.values()):
        if isinstance(value, Class) and value.scope.source is source:
            _enter_class(machine, source, value)
    for value in list(module.names.values()):
        if isinstance(value, Function) and value.module is source:
            _enter_function(machine, source, value, {})


def _functions(values: Iterable[Value]) -> list[Function]:
    """Return the functions among values and the methods of the classes among them."""
    found = [value for value in values if isinstance(value, Function)]
    for cls in [value for value in values if isinstance(value, Class)]:
        found += [value for value in cls.names.values() if isinstance(value, Function)]
    return found


def _enter_function(machine: Machine, source: SourceFile, function: Function, bound: dict[str, Value]) -> None:
    if id(function.node) in machine.entered or machine.exhausted:
        return
    for parameter in [*functions.parameters(function.node), *function.node.args.kwonlyargs]:
        if parameter.arg not in bound:
            bound[parameter.arg] = given(function, parameter.arg)
    _protected(machine, source, lambda: functions.run(machine, function, _bound(function, bound)))


def _bound(function: Function, arguments: dict[str, Value]) -> dict[str, Value]:
    """Bind the arguments; of ``*args`` and ``**kwargs`` it is not known what and how many they are."""
    return functions.bind(function, [], arguments, _anything())


def _anything() -> Sequence:
    return Sequence("tuple", None, Unknown("any argument"), None)


def _protected(machine: Machine, source: SourceFile, action: Callable[[], Value]) -> Value:
    """Run something as if a call at the module's end did it, and survive whatever it raises."""
    from snugly.interpreter.flow import Frame
    from snugly.interpreter.scopes import Scope

    scope = Scope({}, None, "module", source)
    mark = machine.trail.open()
    machine.frames.append(Frame(scope, source, mark))
    try:
        return action()
    except Signal:
        return Unknown("it raises")
    finally:
        machine.trail.close_to(mark)
        machine.trail.undo()
        machine.frames.pop()


def _enter_class(machine: Machine, source: SourceFile, cls: Class) -> None:
    methods = [value for value in cls.names.values() if isinstance(value, Function)]
    left = [method for method in methods if id(method.node) not in machine.entered]
    if not left or machine.exhausted:
        return
    init = classes.lookup(cls, "__init__")
    args: dict[str, Value] = {}
    if isinstance(init, Function):
        for parameter in [*functions.parameters(init.node)[1:], *init.node.args.kwonlyargs]:
            default = init.defaults.get(parameter.arg, NOTHING)
            none = default is NOTHING or (
                default == 0 and type(default) is int
            )  # a count of 0 is a default nobody keeps
            args[parameter.arg] = Unknown(f"parameter {parameter.arg}") if none else default

    def use() -> Value:
        instance = _receiver(machine, source, cls, args)
        if isinstance(instance, Instance):
            escaping.forget_attributes(
                machine, instance, [each for each in left if id(each.node) not in machine.entered]
            )
        for method in left:
            if id(method.node) in machine.entered or method.name == "__init__":
                continue
            receiver = cls if method.kind == "classmethod" else instance
            names = [parameter.arg for parameter in functions.parameters(method.node)]
            bound: dict[str, Value] = {}
            if names and method.kind != "staticmethod":
                bound[names[0]] = receiver
            for name in names[len(bound) :]:
                bound[name] = _given(machine, instance, method, name)
            for parameter in method.node.args.kwonlyargs:
                bound[parameter.arg] = given(method, parameter.arg)
            try:
                functions.run(machine, method, _bound(method, bound))
            except Signal:
                continue
        return None

    _protected(machine, source, use)


def _receiver(machine: Machine, source: SourceFile, cls: Class, args: dict[str, Value]) -> Value:
    """Return the object of a class whose methods are to be entered: one that the program made, or else a new one.

    What its lists and dicts hold is forgotten where functions write them that have not run on it.
    """
    module = machine.program.modules[source.path]
    instance = next((each for each in escaping.objects(module.names.values()) if each.type is cls), None)
    ran = machine.entered
    definitions = [node for node in ast.walk(source.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    if instance is None:
        machine.entered = set()
        try:
            made = classes.instantiate(machine, cls, [], args, _anything())
        finally:
            constructing, machine.entered = machine.entered, machine.entered | ran
        if not isinstance(made, Instance):
            return made
        instance, ran = made, constructing
    else:
        escaping.forget_lengths(machine, instance, definitions)
    escaping.forget_containers(machine, [instance], [each for each in definitions if id(each) not in ran])
    return instance


def _given(machine: Machine, instance: Value, method: Function, name: str) -> Value:
    if method.name != "forward" or name in method.defaults:
        return given(method, name)
    return symbolic_input(machine, instance, method, name) if isinstance(instance, Instance) else TensorFacts()
