"""What is looked up by a name that a text holds: ``vars``, ``__dict__``, ``eval``, ``importlib.import_module``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.interpreter import imports
from snugly.interpreter.values import (
    NOTHING,
    Class,
    Instance,
    LibraryName,
    Mapping,
    Module,
    Sequence,
    Text,
    Unknown,
    Value,
)
from snugly.library.registry import Model, function

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine

LONGEST = 200
"""Texts up to this length are read as expressions."""


class Members(Model):
    """The ``__dict__`` of a library's module: what it holds is looked up when it is asked for."""

    path = "builtins.mappingproxy"

    def __init__(self, holder: LibraryName) -> None:
        """Keep whose members they are."""
        self._holder = holder

    def item(self, machine: Machine, key: Value) -> Value:
        """``members[key]``."""
        return machine.get(self._holder, key) if isinstance(key, str) else Unknown("a member of a library")

    def get(self, machine: Machine, key: Value, default: Value = None) -> Value:
        """``members.get(key)``."""
        return self.item(machine, key)

    def iterate(self) -> Sequence:
        """Names that are not listed."""
        return Sequence("list", None, Text(), None)

    def keys(self) -> Sequence:
        """``members.keys()``."""
        return self.iterate()

    def values(self) -> Sequence:
        """``members.values()``."""
        return Sequence("list", None, Unknown("a member of a library"), None)

    def items(self) -> Sequence:
        """``members.items()``."""
        return Sequence("list", None, (Text(), Unknown("a member of a library")), None)


@function("builtins.vars")
def vars_(machine: Machine, obj: Value = NOTHING) -> Value:
    """Return the attributes of an object, a class or a module by name."""
    if obj is NOTHING:
        return machine.call(LibraryName("builtins.locals"))
    if isinstance(obj, Instance):
        return Mapping(dict(obj.attributes))
    if isinstance(obj, (Class, Module)):
        return Mapping(dict(obj.names))
    return Members(obj) if isinstance(obj, LibraryName) else Unknown("vars")


@function("builtins.eval")
def eval_(machine: Machine, source: Value, *namespaces: Value) -> Value:
    """Look up the name that a text is, such as ``"models.resnet18"``, and call it if it ends so."""
    if isinstance(source, str) and len(source) <= LONGEST and not namespaces:
        try:
            found = _named(machine, ast.parse(source.strip(), mode="eval").body)
        except (SyntaxError, ValueError):
            found = NOTHING
        if found is not NOTHING:
            return found
    return machine.unknown("executed or read at run time")


def _named(machine: Machine, node: ast.expr) -> Value:
    match node:
        case ast.Constant(value=bool() | int() | float() | str() | None as value):
            return value
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            items = [_named(machine, part) for part in parts]
            if any(item is NOTHING for item in items):
                return NOTHING
            return tuple(items) if isinstance(node, ast.Tuple) else Sequence("list", items)
        case ast.Name(id=name):
            found = machine.frame.scope.find(name)
            return (machine.program.libraries.builtin(name) or NOTHING) if found is NOTHING else found
        case ast.Attribute(value=owner, attr=name):
            held = _named(machine, owner)
            return NOTHING if held is NOTHING else machine.get(held, name)
        case ast.Call(func=callee, args=[], keywords=[]):
            called = _named(machine, callee)
            return NOTHING if called is NOTHING else machine.call(called)
        case _:
            return NOTHING


@function("importlib.import_module", "builtins.__import__")
def import_module(machine: Machine, name: Value, package: Value = None, *args: Value, **options: Value) -> Value:
    """Return one of the user's modules, or a library's name."""
    if not isinstance(name, str):
        return machine.unknown("importlib.import_module")
    return imports.find(machine, name.lstrip("."), len(name) - len(name.lstrip(".")))


__all__ = ["Members", "eval_", "import_module", "vars_"]
