"""What changes from one iteration of a loop to the next: nothing, only lists that grow, or more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.heap import Delta, State, join_states, set_state, state_of
from snugly.interpreter.joins import element_of, equivalent, generalise, join, made_since, number_type
from snugly.interpreter.scopes import Scope
from snugly.interpreter.values import NOTHING, Case, Instance, Mapping, Number, Sequence, Text, Unknown, Value

if TYPE_CHECKING:
    from snugly.facts.dims import Dim, Symbol
    from snugly.interpreter.machine import Machine


MODES = frozenset({"training"})
"""Attributes that a program switches to and fro; an iteration sets them before it reads them."""


@dataclass(frozen=True, slots=True)
class Since:
    """When an iteration or a loop began.

    Attributes:
        moment: every object that is younger was made in it.
        symbols: so many symbols had been made.
        items: symbols in what the loop iterates over: each item has sizes of its own.
    """

    moment: int
    symbols: int
    items: frozenset[Symbol] = frozenset()

    def local(self, machine: Machine) -> frozenset[Symbol]:
        """Return the symbols that are others in each iteration."""
        return made_since(machine.made, self.symbols) | self.items


def stable(machine: Machine, level: Delta, started: dict[int, State], carried: frozenset[str], since: Since) -> bool:
    """Tell whether an iteration changed nothing that the next one can see, growth of lists aside.

    Args:
        machine: the run.
        level: states before the iteration of what it wrote.
        started: states before the iteration before that one.
        carried: names that the body may read before it writes them.
        since: when the iteration began; what is younger is seen by the next one only through what is older.
    """
    local = since.local(machine)
    for key, (thing, saved) in level.items():
        if getattr(thing, "born", 0) > since.moment:
            continue
        if isinstance(thing, Scope):
            if not _same_names(thing, saved, carried if thing is machine.frame.scope else None, local):
                return False
        elif isinstance(thing, Sequence):
            if not _grows_evenly(thing, saved, started.get(key), local):
                return False
        elif not _same_state(thing, saved, local):
            return False
    return True


def _same_names(
    scope: Scope, saved: dict[str, Value], carried: frozenset[str] | None, local: frozenset[Symbol]
) -> bool:
    return all(
        _alike(saved.get(name, NOTHING), value, local)
        for name, value in scope.names.items()
        if carried is None or name in carried
    )


def _alike(old: Value, new: Value, local: frozenset[Symbol]) -> bool:
    """Tell whether the new value says nothing that the old one does not cover, whatever the local symbols are."""
    if equivalent(old, new):
        return True
    old, new = generalise(old, local), generalise(new, local)
    return equivalent(old, new) or (isinstance(old, (Number, TensorFacts)) and equivalent(old, join(old, new)))


def _same_state(thing: Any, saved: State, local: frozenset[Symbol]) -> bool:
    now = state_of(thing)
    if isinstance(thing, Instance):
        return saved[1] is now[1] and _same_dict(saved[0], now[0], local)
    if isinstance(thing, Mapping):
        return _same_dict(saved[0], now[0], local) and saved[2] == now[2] and equivalent(saved[1], now[1])
    return saved is None or _same_dict(saved, now, local)


def _same_dict(a: dict[Any, Value], b: dict[Any, Value], local: frozenset[Symbol]) -> bool:
    return a.keys() == b.keys() and all(_alike(value, b[key], local) or key in MODES for key, value in a.items())


def _grows_evenly(sequence: Sequence, saved: State, started: State | None, local: frozenset[Symbol]) -> bool:
    items, element, length, _ = saved
    if sequence.items is None:
        if items is not None or not _alike(element, sequence.element, local):
            return False
        return length == sequence.length or _step(sequence, saved) == _step_before(saved, started) is not None
    if items is None:
        return False
    now = sequence.items
    if len(now) == len(items):
        return all(_alike(x, y, local) for x, y in zip(items, now, strict=True))
    if started is None or started[0] is None or len(now) < len(items):
        return False
    earlier = started[0]
    added, added_before = now[len(items) :], items[len(earlier) :]
    if len(added) != len(added_before) or not all(x is y for x, y in zip(now, items, strict=False)):
        return False
    return all(_alike(y, x, local) for x, y in zip(added, added_before, strict=True))


def _step(sequence: Sequence, saved: State) -> Dim | None:
    """Return by how much a list that is summed up has grown."""
    return None if sequence.length is None or saved[2] is None else sequence.length - saved[2]


def _step_before(saved: State, started: State | None) -> Dim | None:
    if started is None or saved[2] is None:
        return None
    before = len(started[0]) if started[0] is not None else started[2]
    return None if before is None else saved[2] - before


def grow(machine: Machine, level: Delta, started: dict[int, State], more: Dim | None, since: Since) -> None:
    """Give lists that grew in an iteration the length that ``more`` such iterations give them.

    One of the ``more`` has happened. Temporaries get values that cover all iterations.
    """
    for key, (thing, saved) in level.items():
        if isinstance(thing, Sequence) and thing.items is None and saved[0] is None:
            step = _step(thing, saved)
            if step not in (None, 0):
                thing.length = None if more is None or saved[2] is None or step is None else saved[2] + step * more
                thing.cases = ()
        if isinstance(thing, Sequence) and thing.items is not None and saved[0] is not None:
            added = len(thing.items) - len(saved[0])
            if added and key in started and started[key][0] is not None:
                extrapolate(machine, thing, (started[key][0], saved[0]), more, since.local(machine))


def extrapolate(
    machine: Machine,
    thing: Sequence,
    states: tuple[list[Value], list[Value]],
    more: Dim | None,
    local: frozenset[Symbol],
) -> None:
    """Sum up a list that grew by the same in two iterations, as ``more`` such iterations leave it.

    Args:
        machine: the run.
        thing: the list, after the second one.
        states: its items before the first and before the second.
        more: how many iterations follow the first.
        local: symbols that are others in each iteration.
    """
    earlier, before = states
    machine.touch(thing)
    assert thing.items is not None  # noqa: S101 - the caller looked
    if isinstance(more, int) and more <= 1:
        return
    new = Sequence("list", thing.items[len(before) :])
    added = len(thing.items) - len(before)
    element, times = generalise(element_of(new), local), None if more is None else (more + 1) * added
    old = Sequence("list", earlier)
    thing.element = join(element_of(old), element)
    thing.length = None if times is None else len(earlier) + times
    thing.cases = (Case(element_of(old), len(earlier)), Case(element, times)) if earlier else ()
    thing.items = None


def widen(
    machine: Machine, level: Delta, carried: frozenset[str], since: Since, *, final: bool, dry: bool = False
) -> bool:
    """Join the states before and after an iteration, and tell whether anything that carries over changed.

    Args:
        machine: the run.
        level: states before the iteration of what it wrote.
        carried: names that the body may read before it writes them.
        since: when the iteration began.
        final: give up what still changes.
        dry: only tell.
    """
    changed = False
    local = since.local(machine)
    for thing, saved in list(level.values()):
        if getattr(thing, "born", 0) > since.moment:
            continue
        if isinstance(thing, Scope):
            same = _same_names(thing, saved, carried if thing is machine.frame.scope else None, local)
        elif isinstance(thing, Sequence):
            same = _grows_evenly(thing, saved, None, local)
        else:
            same = _same_state(thing, saved, local)
        if same:
            continue
        changed = True
        if not dry:
            _widen_one(thing, saved, local, final=final)
    return changed


def _widen_one(thing: Any, saved: State, local: frozenset[Symbol], *, final: bool) -> None:
    if isinstance(thing, Scope):
        for name, value in list(thing.names.items()):
            thing.names[name] = widen_value(saved.get(name, NOTHING), value, final=final)
        return
    if isinstance(thing, Instance):
        for name, value in list(thing.attributes.items()):
            thing.attributes[name] = widen_value(saved[0].get(name, NOTHING), value, final=final)
        return
    state = join_states(thing, saved, state_of(thing), join)
    set_state(thing, state)
    if isinstance(thing, Sequence) and thing.items is None:
        thing.element = generalise(thing.element, local)
    if final and isinstance(thing, Sequence):
        thing.length, thing.cases = None, ()


def widen_value(old: Value, new: Value, *, final: bool) -> Value:
    """Return a value that covers both and what more iterations may make of it."""
    if old is NOTHING or equivalent(old, new):
        return new
    joined = join(old, new)
    if isinstance(joined, Number):
        low = joined.low if joined.low is not None and number_type(old) == "int" and joined.low == _low(old) else None
        return Number(joined.type, low, None)
    if isinstance(joined, Text):
        return Text()
    if final and not equivalent(old, joined):
        return Unknown("a value that every iteration changes")
    return joined


def _low(value: Value) -> float | None:
    from snugly.interpreter.joins import number_bounds

    return number_bounds(value)[0]
