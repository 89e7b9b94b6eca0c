"""What a run may mutate, and how a branch is undone or joined: snapshots on first write.

Each branch, loop body and function body opens a *level*. The first write to an object inside a level
saves the object's state there, so that leaving the level can restore it, or join what two branches
made of it. Objects that are not written cost nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.interpreter.scopes import Scope
from snugly.interpreter.values import NOTHING, Class, Instance, Mapping, Range, Sequence

if TYPE_CHECKING:
    from collections.abc import Callable

State = Any
Delta = dict[int, tuple[Any, State]]
Join = "Callable[[Any, Any], Any]"


def state_of(thing: Any) -> State:
    """Return a shallow copy of everything about ``thing`` that can change."""
    if isinstance(thing, Scope):
        return dict(thing.names)
    if isinstance(thing, Instance):
        return dict(thing.attributes), thing.native
    if isinstance(thing, Sequence):
        return (None if thing.items is None else list(thing.items)), thing.element, thing.length, thing.cases
    if isinstance(thing, Mapping):
        return dict(thing.entries), thing.rest, thing.open, thing.rest_key
    if isinstance(thing, Class):
        return dict(thing.names)
    return dict(vars(thing)) if hasattr(thing, "__dict__") else None


def set_state(thing: Any, state: State) -> None:
    """Put back what ``state_of`` returned."""
    if isinstance(thing, (Scope, Class)):
        thing.names = dict(state)
    elif isinstance(thing, Instance):
        thing.attributes, thing.native = dict(state[0]), state[1]
    elif isinstance(thing, Sequence):
        items, thing.element, thing.length, thing.cases = state
        thing.items = None if items is None else list(items)
    elif isinstance(thing, Mapping):
        entries, thing.rest, thing.open, thing.rest_key = state
        thing.entries = dict(entries)
    elif state is not None:
        vars(thing).clear()
        vars(thing).update(state)


def join_states(thing: Any, a: State, b: State, join: Callable[[Any, Any], Any]) -> State:
    """Return a state that covers both."""
    if isinstance(thing, Instance):
        return _join_names(a[0], b[0], join), a[1] if a[1] is not None else b[1]
    if isinstance(thing, Range):
        return a
    if isinstance(thing, Sequence):
        joined = join(_sequence(thing.kind, a), _sequence(thing.kind, b))
        return joined.items, joined.element, joined.length, joined.cases
    if isinstance(thing, Mapping):
        joined = join(Mapping(a[0], a[1], a[2], a[3]), Mapping(b[0], b[1], b[2], b[3]))
        return joined.entries, joined.rest, joined.open, joined.rest_key
    return a if a is None else _join_names(a, b, join)


def _sequence(kind: str, state: State) -> Sequence:
    return Sequence(kind, *state)


def _join_names(a: dict[str, Any], b: dict[str, Any], join: Callable[[Any, Any], Any]) -> dict[str, Any]:
    joined = dict(a)
    for name, value in b.items():
        other = a.get(name, NOTHING)
        if other is not value:
            joined[name] = value if other is NOTHING else join(other, value)
    return joined


class Trail:
    """The open levels, innermost last."""

    __slots__ = ("levels",)

    def __init__(self) -> None:
        """Open the outermost level."""
        self.levels: list[Delta] = [{}]

    def touch(self, thing: Any) -> None:
        """Say that ``thing`` is about to change."""
        level = self.levels[-1]
        if id(thing) not in level:
            level[id(thing)] = (thing, state_of(thing))

    def open(self) -> int:
        """Open a level and return its mark."""
        self.levels.append({})
        return len(self.levels) - 1

    def capture(self, mark: int) -> Delta:
        """Return the present state of everything written since the level ``mark`` was opened."""
        return {key: (thing, state_of(thing)) for level in self.levels[mark:] for key, (thing, _) in level.items()}

    def keep(self) -> Delta:
        """Close the innermost level, let its writes stand, and return the states before it."""
        closed = self.levels.pop()
        outer = self.levels[-1]
        for key, saved in closed.items():
            outer.setdefault(key, saved)
        return closed

    def forget(self, thing: Any) -> None:
        """Say that nothing can see ``thing`` any more, so that no loop needs to look at it."""
        self.levels[-1].pop(id(thing), None)

    def undo(self) -> Delta:
        """Close the innermost level, take its writes back, and return the states they had made."""
        closed = self.levels.pop()
        made: Delta = {}
        for key, (thing, saved) in closed.items():
            made[key] = (thing, state_of(thing))
            set_state(thing, saved)
        return made

    def close_to(self, mark: int) -> None:
        """Fold every level above ``mark`` into it, letting the writes stand."""
        while len(self.levels) - 1 > mark:
            self.keep()

    def apply(self, delta: Delta) -> None:
        """Make the states of ``delta`` the present ones."""
        for thing, state in delta.values():
            self.touch(thing)
            set_state(thing, state)

    def merge(self, deltas: list[Delta], join: Callable[[Any, Any], Any], *, present: bool) -> None:
        """Join states, each given as its difference from the innermost level's beginning.

        Args:
            deltas: from ``capture`` with the innermost level's mark.
            join: joins two values.
            present: the present state is one of those that are possible.
        """
        before = self.levels[-1]
        touched = {key: thing for delta in deltas for key, (thing, _) in delta.items()}
        touched.update((key, thing) for key, (thing, _) in before.items())
        for key, thing in touched.items():
            saved = before[key][1] if key in before else state_of(thing)
            states = [state_of(thing)] if present else []
            states += [delta[key][1] if key in delta else saved for delta in deltas]
            state = states[0]
            for other in states[1:]:
                state = join_states(thing, state, other, join)
            self.touch(thing)
            set_state(thing, state)
