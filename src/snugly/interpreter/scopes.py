"""Scopes of names: modules, functions and classes, one inside another."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.facts.records import dataclass, field
from snugly.interpreter.trees import children, names, within
from snugly.interpreter.values import NOTHING, Value, now

if TYPE_CHECKING:
    from snugly.interpreter.sources import SourceFile


@dataclass(eq=False, slots=True)
class Scope:
    """The names of a module, a class body or a running function.

    Attributes:
        names: what is bound here.
        outer: the scope that encloses it in the source; class scopes are left out of that chain.
        kind: ``"module"``, ``"class"`` or ``"function"``.
        source: the file it is written in.
        elsewhere: names declared ``global`` or ``nonlocal``, and the scope they live in.
        born: its age, as of other objects.
        captured: a function that was defined here may outlive it.
    """

    names: dict[str, Value] = field(default_factory=dict)
    outer: Scope | None = None
    kind: str = "function"
    source: SourceFile | None = None
    elsewhere: dict[str, Scope] = field(default_factory=dict)
    captured: bool = False
    born: int = field(default_factory=now, repr=False)

    def find(self, name: str) -> Value:
        """Return what ``name`` means here, or ``NOTHING``."""
        scope: Scope | None = self.elsewhere.get(name, self) if self.elsewhere else self
        while scope is not None:
            value = scope.names.get(name, NOTHING)
            if value is not NOTHING:
                return value
            scope = scope.outer
            while scope is not None and scope.kind == "class":
                scope = scope.outer
        return NOTHING

    def enclosing(self) -> Scope | None:
        """Return the next scope that names are looked up in."""
        outer = self.outer
        while outer is not None and outer.kind == "class":
            outer = outer.outer
        return outer

    def module(self) -> Scope:
        """Return the scope of the module that this one is in."""
        scope = self
        while scope.outer is not None:
            scope = scope.outer
        return scope

    def home(self, name: str) -> Scope:
        """Return the scope in which an assignment binds ``name``."""
        return self.elsewhere.get(name, self)


def target_names(target: ast.expr) -> set[str]:
    """Return the names that an assignment target binds."""
    if isinstance(target, ast.Name):
        return {target.id}
    return {node.id for node in names(target) if isinstance(node.ctx, ast.Store)}


_SCOPES = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip


def free_names(scope: ast.AST) -> set[str]:
    """Return the names that a function, a class or a comprehension takes from outside, or declares to live there."""
    read: set[str] = set()
    bound: set[str] = set()
    declared: set[str] = set()
    inner: set[str] = set()
    waiting = children(scope)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            declared.update(node.names)
        elif isinstance(node, _SCOPES):
            inner |= free_names(node)
            bound.add(getattr(node, "name", ""))
        else:
            waiting += children(node)
    if isinstance(scope, ast.ClassDef):  # its names are not those of its methods
        return read - bound | inner | declared
    return (read | inner) - bound | declared


class Carried:
    """Which names a loop's body may read before it has written them: those carry facts between iterations."""

    def __init__(self) -> None:
        """Start with no loop seen."""
        self._known: dict[int, frozenset[str]] = {}

    def of(self, body: list[ast.stmt], target: ast.expr | None = None) -> frozenset[str]:
        """Return the carried names of a loop body; ``target`` is written before it."""
        key = id(body)
        if key not in self._known:
            found: set[str] = set()
            _block(body, set() if target is None else target_names(target), found)
            self._known[key] = frozenset(found)
        return self._known[key]


def _block(body: list[ast.stmt], written: set[str], found: set[str]) -> set[str]:
    for statement in body:
        _statement(statement, written, found)
    return written


def _statement(node: ast.stmt, written: set[str], found: set[str]) -> None:
    match node:
        case ast.If(test=test, body=body, orelse=orelse):
            _read(test, written, found)
            written |= _block(body, set(written), found) & _block(orelse, set(written), found)
        case ast.For() | ast.AsyncFor():
            _read(node.iter, written, found)
            _block(node.body, written | target_names(node.target), found)
            _block(node.orelse, set(written), found)
        case ast.While():
            _read(node.test, written, found)
            _block(node.body, set(written), found)
            _block(node.orelse, set(written), found)
        case ast.With() | ast.AsyncWith():
            for item in node.items:
                _read(item.context_expr, written, found)
                if item.optional_vars is not None:
                    written |= target_names(item.optional_vars)
            _block(node.body, written, found)
        case ast.Try():
            for block in (node.body, node.orelse, node.finalbody, *(handler.body for handler in node.handlers)):
                _block(block, set(written), found)
        case ast.Assign():
            _read(node.value, written, found)
            for target in node.targets:
                _read(target, written, found)
                written |= target_names(target)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            for outside in (*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)):
                _read(outside, written, found)
            found |= free_names(node) - written
            written.add(node.name)
        case ast.AugAssign(target=ast.Name(id=name)):
            _read(node.value, written, found)
            if name not in written:
                found.add(name)
        case _:
            _read(node, written, found)


def _read(node: ast.AST, written: set[str], found: set[str]) -> None:
    read: set[str] = set()
    own: set[str] = set()
    for inner in within(node):
        kind = inner.__class__
        if kind is ast.Name:
            if inner.ctx.__class__ is ast.Load:  # type: ignore[attr-defined]
                read.add(inner.id)  # type: ignore[attr-defined]
        elif kind is ast.comprehension:
            own |= target_names(inner.target)  # type: ignore[attr-defined]
    found |= read - written - own
