"""Finds the description of a library when a program imports it, and nothing before.

A module or package in ``snugly.library`` says in ``LIBRARY = ("numpy",)``, a line of its own after its docstring, which
top-level packages it describes. That line is read as text, so what a program does not import costs no import here.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from snugly.library.registry import ALIASES, CONSTANTS, FUNCTIONS, MODELS

if TYPE_CHECKING:
    from collections.abc import Iterator

_DECLARATION = re.compile(r"^LIBRARY(?:: [^=\n]+)? = \(([^)]*)\)", re.MULTILINE)
_NAME = re.compile(r"[\"']([\w.]+)[\"']")
_ROOM = os.path.dirname(__file__)
_HEAD = 4096
"""Where ``LIBRARY`` stands: among the first characters of a file."""


@cache
def _described() -> dict[str, tuple[str, ...]]:
    """Return the modules that describe each top-level package."""
    found: dict[str, tuple[str, ...]] = {}
    for file, module in _modules(_ROOM, "snugly.library"):
        with open(file, encoding="utf-8") as source:
            declared = _DECLARATION.search(source.read(_HEAD))
        for package in _NAME.findall(declared[1]) if declared else ():
            found[package] = (*found.get(package, ()), module)
    return found


def _modules(folder: str, package: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(os.listdir(folder)):
        path = os.path.join(folder, entry)
        if entry.endswith(".py") and entry != "__init__.py":
            yield path, f"{package}.{entry.removesuffix('.py')}"
        elif "." not in entry and entry != "__pycache__":
            yield os.path.join(path, "__init__.py"), f"{package}.{entry}"
            yield from _modules(path, f"{package}.{entry}")


@cache
def load(package: str) -> bool:
    """Import what describes a top-level package, such as ``"numpy"``; tell whether there is any."""
    modules = _described().get(package, ())
    for name in modules:
        module = importlib.import_module(name)
        for part in pkgutil.iter_modules(getattr(module, "__path__", ())):
            importlib.import_module(f"{name}.{part.name}")
    return bool(modules)


def packages() -> tuple[str, ...]:
    """Return every top-level package that is described, sorted."""
    return tuple(sorted(_described()))


def canonical(path: str) -> str:
    """Return the dotted path that ``path`` stands for: the longest aliased prefix is replaced, until there is none."""
    load(path.partition(".")[0])
    for _ in range(8):
        prefix = path
        while prefix and prefix not in ALIASES:
            prefix = prefix.rpartition(".")[0]
        if not prefix or path in MODELS or path in FUNCTIONS or path in CONSTANTS:
            return path
        path = ALIASES[prefix] + path[len(prefix) :]
        load(path.partition(".")[0])
    return path


def describe(path: str) -> Any:
    """Return the model class, function or constant at a dotted path; ``KeyError`` where there is none."""
    path = canonical(path)
    for table in (MODELS, FUNCTIONS, CONSTANTS):
        if path in table:
            return table[path]
    raise KeyError(path)
