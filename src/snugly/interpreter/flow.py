"""How control leaves a block, and the frames that wait for it.

A certain ``return``, ``raise``, ``break`` or ``continue`` is one of the exceptions below. One that happens only on
some paths is kept as an ``Exit`` with the state it left, and joined where the function or the loop ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass, field

if TYPE_CHECKING:
    import ast

    from snugly.facts.origins import Place
    from snugly.interpreter.heap import Delta
    from snugly.interpreter.scopes import Scope
    from snugly.interpreter.sources import SourceFile
    from snugly.interpreter.values import Sequence, Value


class Signal(Exception):  # noqa: N818 - control flow of the program that is followed
    """Control leaves the block."""


class Returned(Signal):
    """A certain ``return``."""

    def __init__(self, value: Value) -> None:
        """Keep what is returned."""
        self.value = value


class Raised(Signal):
    """A certain ``raise``, or an operation that the program does not survive."""

    def __init__(self, value: Value = None) -> None:
        """Keep what is raised."""
        self.value = value


class Broke(Signal):
    """A certain ``break``."""


class Continued(Signal):
    """A certain ``continue``."""


@dataclass(frozen=True, eq=False, slots=True)
class Exit:
    """A way out that some paths take: the state there, as a difference from where the construct began."""

    state: Delta
    value: Value = None


@dataclass(eq=False, slots=True)
class Loop:
    """A loop that is being followed: where its levels begin and the exits taken so far."""

    mark: int
    iteration: int = 0
    breaks: list[Exit] = field(default_factory=list)
    continues: list[Exit] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Frame:
    """A module body or a call of a user's function.

    Attributes:
        scope: its names.
        source: the file it is written in.
        mark: the heap level that was opened for it.
        returns: the returns that only some paths take.
        loops: the loops that are open, innermost last.
        yields: what a generator has yielded.
        raises: one list of exits for each open ``try`` body, innermost last.
        function: the function that is called, if any, and its first argument: for ``super()``.
        callers: the calls of the user's functions that are open, that which opened this one first.
    """

    scope: Scope
    source: SourceFile
    mark: int
    returns: list[Exit] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)
    yields: Sequence | None = None
    raises: list[list[Exit]] = field(default_factory=list)
    function: Any = None
    receiver: Value = None
    callers: tuple[Place, ...] = ()


@dataclass(eq=False, slots=True)
class Site:
    """A call or an operator that is being evaluated: where it is and which node gave which value."""

    node: ast.expr | ast.stmt
    source: SourceFile
    given: list[tuple[Value, ast.expr]] = field(default_factory=list)
    layer: Any = None
