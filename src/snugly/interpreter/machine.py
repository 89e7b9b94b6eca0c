"""The machine: the state of one abstract run, and what library models may ask of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.dims import Dim, Expr, symbol
from snugly.facts.tensors import TensorFacts
from snugly.interpreter import applying, assignment, attributes, calls, items, iteration, truths
from snugly.interpreter.budget import Budget
from snugly.interpreter.events import Events
from snugly.interpreter.heap import Trail
from snugly.interpreter.joins import join
from snugly.interpreter.repeating import KnownHabits
from snugly.interpreter.scopes import Carried
from snugly.interpreter.values import NOTHING, Class, Sequence, Unknown, Value

if TYPE_CHECKING:
    import ast
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from snugly.facts.origins import Place
    from snugly.interpreter.flow import Frame, Site
    from snugly.interpreter.modules import Program
    from snugly.interpreter.windows import Stride


class Machine:
    """Runs a program abstractly: executes nothing of it, computes with facts.

    Library functions and models get it as ``machine``. They use the public methods; everything else is
    for the interpreter's own modules.
    """

    def __init__(self, program: Program, budget: Budget | None = None) -> None:
        """Start with nothing evaluated.

        Args:
            program: the user's files and what they import.
            budget: how much work is allowed.
        """
        self.program = program
        self.budget = budget or Budget()
        self.events = Events()
        self.trail = Trail()
        self.carried = Carried()
        self.habits = KnownHabits()
        self.settings: dict[str, Any] = {}
        self.frames: list[Frame] = []
        self.sites: list[Site] = []
        self.layers: list[Any] = []
        self.batches: list[str] = []
        self.open_calls: list[Any] = []
        self.judged: dict[Any, list[Any]] = {}
        self.entered: set[int] = set()
        self.building: list[Class] = []
        self.escaped: list[Value] = []
        self.own_names: dict[ast.AST, frozenset[str]] = {}
        self.written: dict[ast.AST, tuple[ast.expr, ...]] = {}
        self.exhausted = False
        self.last_receiver: Value = NOTHING
        self.made: list[Expr] = []
        self.selected: dict[int, tuple[TensorFacts, Expr]] = {}
        self.strides: list[Stride] = []
        self.steps: dict[tuple[Dim, Dim], Expr] = {}
        self._symbols: dict[str, int] = {}

    # What libraries use.

    @property
    def place(self) -> Place | None:
        """The call or operator that is being evaluated."""
        site = self.sites[-1] if self.sites else None
        return None if site is None else site.source.place(site.node)

    def apply(self, name: str, /, *args: Value, **kwargs: Value) -> Value:
        """Apply an operation by its qualified name.

        The result knows where it came from; a misfit becomes a finding and gives an unknown value.
        """
        return applying.apply(self, name, args, kwargs)

    def loss(
        self,
        name: str,
        arguments: Mapping[str, Value],
        options: Mapping[str, Any] | None = None,
        module: str | None = None,
    ) -> Value:
        """Judge a loss call and return the facts of its result.

        Args:
            name: qualified name of the loss function.
            arguments: the tensor arguments by torch's names.
            options: the others, by name.
            module: the module class it is called through.
        """
        return applying.loss(self, name, arguments, options or {}, module)

    def call(self, function: Value, /, *args: Value, **kwargs: Value) -> Value:
        """Call any callable value."""
        return calls.call(self, function, list(args), kwargs)

    def iterate(self, value: Value) -> Sequence:
        """Return what a ``for`` over the value meets: listed items, or an element and a length."""
        return iteration.iterate(self, value)

    def length(self, value: Value) -> Dim | None:
        """Return ``len(value)``."""
        return iteration.length(self, value)

    def item(self, value: Value, key: Value) -> Value:
        """Return ``value[key]``."""
        return items.get_item(self, value, key)

    def get(self, value: Value, name: str) -> Value:
        """Return ``value.name``."""
        return attributes.get(self, value, name)

    def set(self, value: Value, name: str, new: Value) -> None:
        """Do ``value.name = new``."""
        attributes.set_(self, value, name, new)

    def truth(self, value: Value) -> bool | None:
        """Tell whether a value is true, ``None`` when it depends."""
        return truths.truth(self, value)

    def join(self, a: Value, b: Value) -> Value:
        """Return a value that covers both."""
        return join(a, b)

    def unknown(self, reason: str) -> Unknown:
        """Return an unknown value and count why."""
        self.events.miss(self.place, reason, "not known")
        return Unknown(reason)

    def new_symbol(
        self, prefix: str, low: int = 0, high: int | None = None, members: frozenset[int] | None = None
    ) -> Expr:
        """Return a size that equals no other; its name begins with ``prefix``."""
        count = self._symbols[prefix] = self._symbols.get(prefix, 0) + 1
        made = symbol(prefix if count == 1 else f"{prefix}{count}", low, high, members)
        self.made.append(made)
        return made

    def touch(self, thing: Any) -> None:
        """Say that an object is about to change; a branch that is not taken gets its old state back."""
        self.trail.touch(thing)

    def mutate(self, old: TensorFacts, new: TensorFacts) -> None:
        """Say that a library function changed a tensor or an array in place: it is ``new`` wherever it was ``old``."""
        assignment.replace_everywhere(self, old, new)

    def layer(self, origin: Any) -> AbstractContextManager[None]:
        """Name the layer in whose ``call`` the operations happen."""
        return _Within(self.layers, origin)

    # What the interpreter's modules use.

    @property
    def frame(self) -> Frame:
        """The innermost open frame."""
        return self.frames[-1]

    def opened(self) -> tuple[int, ...]:
        """Return how much is open at this point, for ``close_to``."""
        open_now: tuple[list[Any], ...] = (
            self.frames, self.sites, self.layers, self.batches, self.open_calls, self.building,
        )  # fmt: skip
        return (*(len(things) for things in open_now), self.budget.depth, self.events.muted)

    def close_to(self, opened: tuple[int, ...]) -> None:
        """Close what was opened since, where following it was cut off."""
        open_now: tuple[list[Any], ...] = (
            self.frames, self.sites, self.layers, self.batches, self.open_calls, self.building,
        )  # fmt: skip
        for things, length in zip(open_now, opened, strict=False):
            del things[length:]
        self.budget.depth, self.events.muted = opened[-2:]

    @property
    def batch(self) -> str:
        """What kind of batch the loops are at, when it is not every batch."""
        return next((name for name in reversed(self.batches) if name), "")

    def is_tensor(self, value: Value) -> bool:
        """Tell whether a value is a tensor, an array or a picture."""
        return isinstance(value, TensorFacts)


class _Within:
    """A layer that is open for the length of a ``with``."""

    __slots__ = ("layers", "origin")

    def __init__(self, layers: list[Any], origin: Any) -> None:
        self.layers, self.origin = layers, origin

    def __enter__(self) -> None:
        self.layers.append(self.origin)

    def __exit__(self, *_: object) -> None:
        self.layers.pop()
