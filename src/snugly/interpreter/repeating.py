"""Loops whose iterations all do the same, which is known after the first.

Where the first iteration has left everything that a next one can read as it was, each next one would meet the same
facts again and say nothing new: it is not followed. Numbers that the body only adds to (``seen += len(y)``,
``total += loss.item()``) and lists that it only appends to would be all that changes; for those numbers the sum over
all iterations is computed instead.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, Expr, symbols
from snugly.facts.records import dataclass, field
from snugly.interpreter.growth import MODES, extrapolate, widen_value
from snugly.interpreter.heap import state_of
from snugly.interpreter.joins import equivalent, generalise, number_bounds, number_type
from snugly.interpreter.scopes import Scope, free_names, target_names
from snugly.interpreter.trees import names, within
from snugly.interpreter.values import NOTHING, Instance, Mapping, Number, Sequence, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from snugly.facts.dims import Symbol
    from snugly.interpreter.growth import Since
    from snugly.interpreter.heap import Delta, State
    from snugly.interpreter.machine import Machine

_SHOWING = frozenset(("round", "len", "float", "int", "str", "format", "abs", "min", "max", "sum", "repr"))
"""Builtin functions that tell a program nothing but their result."""


@dataclass(frozen=True, slots=True)
class Habits:
    """What a loop's body does with names, read off its source.

    Attributes:
        carried: it may read them before it has written them.
        summed: it does nothing with them but add to them and print them.
        appended: it does nothing with them but append to them and print them.
        target: the names of the loop's target.
        varied: it reads the target for more than to print it, so that its iterations may differ.
        prints: it calls ``print``, which is nothing but that if the name means the builtin.
    """

    carried: frozenset[str]
    summed: frozenset[str] = frozenset()
    appended: frozenset[str] = frozenset()
    target: frozenset[str] = frozenset()
    varied: bool = True
    prints: bool = False


class KnownHabits:
    """The habits of the loops of a run, each read once, and what its functions read from outside."""

    def __init__(self) -> None:
        """Start with no loop seen."""
        self._of: dict[int, Habits] = {}
        self._free: set[str] = set()
        self._entered: list[ast.AST] = []

    def of(self, body: list[ast.stmt], target: ast.expr, carried: frozenset[str]) -> Habits:
        """Return the habits of a ``for`` statement's body."""
        known = self._of.get(id(body))
        if known is None:
            known = self._of[id(body)] = _habits(body, target, carried)
        return known

    def enter(self, function: ast.AST) -> None:
        """Note that a function is followed for the first time."""
        self._entered.append(function)

    def free(self) -> set[str]:
        """Return the names that functions which were followed take from outside."""
        while self._entered:
            self._free |= free_names(self._entered.pop())
        return self._free


def _habits(body: list[ast.stmt], target: ast.expr, carried: frozenset[str]) -> Habits:
    uses = _Uses()
    uses.look(body)
    bound = frozenset(target_names(target))
    plain = isinstance(target, ast.Name) or all(isinstance(each, ast.Name) for each in getattr(target, "elts", (None,)))
    others = uses.read | uses.written | bound
    summed, appended = frozenset(uses.added - others - uses.appended), frozenset(uses.appended - others - uses.added)
    varied = not plain or bool(bound & (uses.read | uses.added | uses.appended))
    return Habits(carried, summed, appended, bound, varied, uses.prints)


class _Uses:
    """What statements do with names: read them, write them, only add or append to them; and whether they print."""

    __slots__ = ("added", "appended", "prints", "read", "written")

    def __init__(self) -> None:
        self.read: set[str] = set()
        self.written: set[str] = set()
        self.added: set[str] = set()
        self.appended: set[str] = set()
        self.prints = False

    def look(self, nodes: Iterable[ast.AST]) -> None:
        """Add what nodes do: statements one inside another, and whole expressions."""
        for node in nodes:
            if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add) and isinstance(node.target, ast.Name):
                self.added.add(node.target.id)
                self._look_into(node.value)
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                self._look_at_call(node.value)
            elif isinstance(node, (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.ExceptHandler)):
                self.look(ast.iter_child_nodes(node))
            else:
                self._look_into(node)

    def _look_at_call(self, node: ast.Call) -> None:
        """Add what a call does whose result is dropped."""
        arguments: list[ast.expr] = [*node.args, *(keyword.value for keyword in node.keywords)]
        function = node.func
        if _is_named(function, ("print",)):
            self.prints = True
            self.read.update(_handed_on(arguments))
        elif isinstance(function, ast.Attribute) and function.attr == "append" and isinstance(function.value, ast.Name):
            self.appended.add(function.value.id)
            self.look(arguments)
        else:
            self._look_into(node)

    def _look_into(self, node: ast.AST) -> None:
        for inner in within(node):
            kind = inner.__class__
            if kind is ast.Name:
                (self.read if isinstance(inner.ctx, ast.Load) else self.written).add(inner.id)  # type: ignore[attr-defined]
            elif kind in (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef):
                self.written.add(inner.name)  # type: ignore[attr-defined]
            elif kind in (ast.Global, ast.Nonlocal):
                self.written.update(inner.names)  # type: ignore[attr-defined]


def _handed_on(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the names that what is printed hands to functions which may do more than show them."""
    for node in nodes:
        if isinstance(node, ast.Call) and not _is_named(node.func, _SHOWING):
            yield from (name.id for name in names(node))
        else:
            yield from _handed_on(ast.iter_child_nodes(node))


def _is_named(node: ast.expr, names: Iterable[str]) -> bool:
    return isinstance(node, ast.Name) and node.id in names


@dataclass(eq=False, slots=True)
class Growth:
    """All that an iteration changed which a next one would change further, without looking at it.

    Attributes:
        sums: numbers in the innermost scope, by name, each before and after the iteration.
        lists: lists that got longer, and their states before.
    """

    sums: dict[str, tuple[Value, Value]] = field(default_factory=dict)
    lists: list[tuple[Sequence, State]] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Tell whether there is anything."""
        return bool(self.sums or self.lists)


def growth_if_repeated(
    machine: Machine, level: Delta, habits: Habits, since: Since, items: tuple[Value, Value]
) -> Growth | None:
    """Return what the body adds up, if the next iteration can see no other change; else ``None``.

    Args:
        machine: the run.
        level: states before the iteration of what it wrote.
        habits: what the body does with names.
        since: when the loop began; what is younger is seen by the next iteration only through what is older.
        items: what the target is bound to in this iteration and in the next ones.
    """
    if items[0] is not items[1] and _varies(machine, habits):
        return None
    if habits.prints and machine.frame.scope.find("print") is not NOTHING:
        return None
    grown = Growth()
    for thing, saved in level.values():
        if getattr(thing, "born", 0) > since.moment:
            continue
        if thing is machine.frame.scope:
            if not _same_names(machine, thing, saved, habits, grown.sums):
                return None
        elif not _is_as_before(thing, saved):
            if not isinstance(thing, Sequence) or not _is_only_appended(machine, thing, saved, habits):
                return None
            grown.lists.append((thing, saved))
    return grown


def _same_names(
    machine: Machine, scope: Scope, saved: dict[str, Value], habits: Habits, sums: dict[str, tuple[Value, Value]]
) -> bool:
    seen_elsewhere = _seen_elsewhere(machine, scope)
    if any(name not in scope.names for name in saved):
        return False
    for name, value in scope.names.items():
        old = saved.get(name, NOTHING)
        if value is old or name in habits.target:
            continue
        if name in habits.summed and name not in seen_elsewhere and _is_number(old) and _is_number(value):
            sums[name] = old, value
        elif (name in habits.carried or name in seen_elsewhere) and not equivalent(old, value):
            return False
    return True


def _seen_elsewhere(machine: Machine, scope: Scope) -> AbstractSet[str]:
    """Return the names of a scope that functions may read when they are called."""
    return machine.habits.free() if scope.captured or scope.outer is None else frozenset()


def _varies(machine: Machine, habits: Habits) -> bool:
    """Tell whether iterations with different items may differ: the item is read for more than to be printed."""
    return habits.varied or not habits.target.isdisjoint(_seen_elsewhere(machine, machine.frame.scope))


def _is_only_appended(machine: Machine, thing: Sequence, saved: State, habits: Habits) -> bool:
    """Tell whether a list only got longer, and the body reaches it by no way but names that it appends to."""
    items = saved[0]
    if (items is None) is not (thing.items is None) or thing.kind not in ("list", "generator"):
        return False
    if items is not None and (
        len(thing.items or ()) < len(items) or any(x is not y for x, y in zip(items, thing.items or (), strict=False))
    ):
        return False
    if thing is machine.frame.yields:
        return True
    scope: Scope | None = machine.frame.scope
    found = False
    while scope is not None:
        seen_elsewhere = _seen_elsewhere(machine, scope)
        for name, value in scope.names.items():
            if value is thing:
                if name not in habits.appended or name in seen_elsewhere:
                    return False
                found = True
            elif _holds(value, thing):
                return False
        scope = scope.outer
    return found


def _holds(value: Value, thing: Sequence) -> bool:
    if isinstance(value, tuple):
        return any(each is thing for each in value)
    if isinstance(value, Sequence):
        return value.element is thing or any(each is thing for each in value.items or ())
    if isinstance(value, Mapping):
        return value.rest is thing or any(each is thing for each in value.entries.values())
    return isinstance(value, Instance) and any(each is thing for each in value.attributes.values())


def _is_number(value: Value) -> bool:
    return isinstance(value, (int, float, Expr, Number)) and not isinstance(value, bool)


def _is_as_before(thing: object, saved: State) -> bool:
    now = state_of(thing)
    if isinstance(thing, Scope):
        return _same_entries(saved, now)
    if isinstance(thing, Instance):
        return saved[1] is now[1] and _same_entries(saved[0], now[0])
    if isinstance(thing, Mapping):
        return _same_entries(saved[0], now[0]) and saved[2] == now[2] and equivalent(saved[1], now[1])
    if isinstance(thing, Sequence):
        items, element, length, cases = saved
        if items is None or now[0] is None:
            return items is now[0] and equivalent(element, now[1]) and length == now[2] and cases == now[3]
        return len(items) == len(now[0]) and all(map(equivalent, items, now[0]))
    return saved is None or _same_entries(saved, now)


def _same_entries(old: dict[str, Value], new: dict[str, Value]) -> bool:
    return old.keys() | MODES == new.keys() | MODES and all(
        name in MODES or value is new[name] or equivalent(value, new[name]) for name, value in old.items()
    )


def finish(machine: Machine, grown: Growth, more: Dim | None, local: frozenset[Symbol], *, listed: bool) -> None:
    """Give numbers and lists that an iteration added to what ``more`` further ones leave them with.

    Args:
        machine: the run.
        grown: what the iteration added.
        more: how many follow, ``None`` where that is not known.
        local: symbols that are others in each iteration.
        listed: the items of lists stay listed.
    """
    scope = machine.frame.scope
    for name, (old, new) in grown.sums.items():
        machine.touch(scope)
        scope.names[name] = _summed(machine, name, (old, new), more, local)
    for thing, saved in grown.lists:
        machine.touch(thing)
        if thing.items is None:
            step = None if thing.length is None or saved[2] is None else thing.length - saved[2]
            thing.length = None if step is None or more is None else saved[2] + step * (more + 1)
            thing.cases = ()
            continue
        before = list(thing.items)
        added = [generalise(item, local) for item in before[len(saved[0]) :]]
        if listed and isinstance(more, int):
            thing.items = [*before, *added * more]
        else:
            thing.items = before + added
            extrapolate(machine, thing, (saved[0], before), more, local)


def _summed(
    machine: Machine, name: str, states: tuple[Value, Value], more: Dim | None, local: frozenset[Symbol]
) -> Value:
    from snugly.interpreter.assignment import named

    old, new = states
    if not isinstance(more, int):
        return widen_value(old, new, final=False)
    if isinstance(old, (int, Expr)) and isinstance(new, (int, Expr)):
        step = new - old
        if not isinstance(step, Expr) or not symbols(step) & local:
            return old + step * (more + 1)
    (low, high), (new_low, new_high) = number_bounds(old), number_bounds(new)
    kind = "float" if "float" in (number_type(old), number_type(new)) else "int"
    return named(machine, name, Number(kind, _reached(low, new_low, more), _reached(high, new_high, more)))


def _reached(before: float | None, after: float | None, more: int) -> float | None:
    return None if before is None or after is None else after + (after - before) * more
