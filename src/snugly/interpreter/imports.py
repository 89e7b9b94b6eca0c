"""``import`` statements: the user's own files are evaluated, libraries become names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.interpreter.assignment import bind_name
from snugly.interpreter.values import NOTHING, LibraryName, Module, Unknown, Value
from snugly.library import registry

if TYPE_CHECKING:
    import ast

    from snugly.interpreter.machine import Machine


def run_import(machine: Machine, node: ast.Import) -> None:
    """Follow ``import a.b as c``."""
    for alias in node.names:
        top = alias.name.partition(".")[0]
        if alias.asname is not None:
            bind_name(machine, alias.asname, find(machine, alias.name, 0))
            continue
        first = find(machine, top, 0)
        if isinstance(first, Module) and "." in alias.name:
            _nest(machine, first, alias.name)
        bind_name(machine, top, first)


def _nest(machine: Machine, package: Module, name: str) -> None:
    parts = name.split(".")
    holder: Value = package
    for index, part in enumerate(parts[1:], 2):
        inner = find(machine, ".".join(parts[:index]), 0)
        if not isinstance(holder, Module):
            return
        holder.names[part] = inner
        holder = inner


def find(machine: Machine, name: str, level: int) -> Value:
    """Return the module of a dotted name: one of the user's, or a library's name."""
    path = machine.program.locate(name, level, machine.frame.source)
    if path is not None:
        module = machine.program.load(machine, path, name or "__init__")
        return Unknown(f"module {name}") if module is None else module
    if level:
        return Unknown(f"module {'.' * level}{name}")
    return machine.program.libraries.resolve(name)


def run_import_from(machine: Machine, node: ast.ImportFrom) -> None:
    """Follow ``from a import b as c`` and ``from a import *``."""
    name = node.module or ""
    if name == "__future__":
        return
    module = find(machine, name, node.level)
    for alias in node.names:
        if alias.name == "*":
            _star(machine, module)
            continue
        bind_name(machine, alias.asname or alias.name, _member(machine, module, name, alias.name, node.level))


def _member(machine: Machine, module: Value, name: str, member: str, level: int) -> Value:
    if isinstance(module, Module):
        found = module.names.get(member, NOTHING)
        if found is not NOTHING:
            return found
        path = machine.program.locate(f"{name}.{member}" if name else member, level, machine.frame.source)
        if path is not None:
            inner = machine.program.load(machine, path, f"{name}.{member}")
            if inner is not None:
                return inner
        return Unknown(f"{name}.{member}")
    if isinstance(module, LibraryName):
        return machine.program.libraries.resolve(f"{module.path}.{member}")
    return Unknown(f"{name}.{member}")


def _star(machine: Machine, module: Value) -> None:
    if isinstance(module, Module):
        public = module.names.get("__all__", NOTHING)
        names = getattr(public, "items", None) or [name for name in module.names if not name.startswith("_")]
        for name in names:
            found = module.names.get(name, NOTHING) if isinstance(name, str) else NOTHING
            if found is not NOTHING:
                bind_name(machine, name, found)
    elif isinstance(module, LibraryName):
        prefix = f"{module.path}."
        for known in (registry.FUNCTIONS, registry.MODELS, registry.CONSTANTS, registry.ALIASES):
            for path in list(known):
                rest = path.removeprefix(prefix)
                if rest != path and "." not in rest:
                    bind_name(machine, rest, machine.program.libraries.resolve(path))
