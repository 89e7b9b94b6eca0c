"""Batch sizes flown side by side: one run of a step for all of them, until something tells them apart."""

from __future__ import annotations

import math
import operator
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from snugly.facts.dims import Dim, symbol
from snugly.facts.records import dataclass, field
from snugly.runtime.frames import is_user_file, user_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

# A size that only elements know gets two numbers, which no size of a batch is likely to be: what can tell them apart
# would have to look at the elements.
_UNKNOWN = ((1009, 7), (2003, 11))


class ElementsNeededError(RuntimeError):
    """Only the elements of a tensor can say how the step goes on."""


class PairsNeededError(RuntimeError):
    """A size that only elements know came up in a formation whose sizes do not fly in pairs."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something that parts the batch sizes, and the line that asked.

    Attributes:
        condition: such as ``"N >= 16"``.
        line: ``"model.py:12"``, or empty where only torch asked.
        holds: the sizes for which it is true.
    """

    condition: str
    line: str
    holds: frozenset[int]


@dataclass(slots=True, eq=False)
class Formation:
    """The batch sizes of one run.

    Every size of every tensor is known for each of them, as a ``Number``. Where the step asks for something that is
    not the same for all, the run goes on as it does for the lead, and the others fall out.

    Attributes:
        members: a batch size each; each twice, where a size that only elements know has two numbers.
        lead: the place in ``members`` of the one whose way is followed.
        flying: the places of those that went the same way up to here.
        parted: what made others fall out.
    """

    members: tuple[int, ...]
    lead: int
    paired: bool = False
    flying: list[int] = field(default_factory=list)
    parted: list[Assumption] = field(default_factory=list)
    _looking: bool = False
    _numbers: dict[Any, Number] = field(default_factory=dict)
    _applied: dict[Any, Number] = field(default_factory=dict)
    _dims: dict[Number, Dim] = field(default_factory=dict)
    _unknown: int = 0

    @property
    def sizes(self) -> frozenset[int]:
        """The batch sizes that still fly."""
        return frozenset(self.members[at] for at in self.flying)

    @property
    def alone(self) -> bool:
        """Whether there never was more than one."""
        return len(self.members) == 1

    def number(self, values: Sequence[Any]) -> Number:
        """Return the number that has these values, one for each member; equal ones are one object."""
        key = self._key(values)
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = Number(self, tuple(values))
        return found

    def _key(self, values: Sequence[Any]) -> Any:
        """Return what makes two numbers one: their values for those that fly."""
        return type(values[self.lead]), tuple(values[at] for at in self.flying)

    def constant(self, value: Any) -> Number:
        """Return the number that is the same for every member."""
        return self.number((value,) * len(self.members))

    def batch(self) -> Any:
        """Return the number of samples."""
        return self.size_of(self.number(self.members))

    def unknown(self) -> Number:
        """Return a size that only elements know.

        Raises:
            PairsNeededError: the members do not fly in pairs.
        """
        if not self.paired:
            raise PairsNeededError
        self._unknown += 1
        half = len(self.members) // 2
        a, b = (first + step * self._unknown for first, step in _UNKNOWN)
        return self.number((a,) * half + (b,) * half)

    def size_of(self, number: Number) -> Any:
        """Return a number as torch's sizes are: a plain integer where it is one for all that fly."""
        if number.is_constant():
            return number.values[self.lead]
        import torch

        return torch.SymInt(number)

    def apply(self, function: Callable[..., Any], *numbers: Number) -> Number:
        """Return a function of numbers, member by member; a member for which it raises falls out."""
        key = (function, *numbers)
        found = self._applied.get(key)
        if found is None:
            values: list[Any] = [None] * len(self.members)
            failing = []
            for at in self.flying:
                try:
                    values[at] = function(*(number.values[at] for number in numbers))
                except (ArithmeticError, ValueError):
                    if at == self.lead:
                        raise
                    failing.append(at)
            self.part(failing, lambda: f"arithmetic that fails at {self._named(failing)}")
            found = self._applied[key] = self.number(values)
        return found

    def decide(self, number: Number) -> Any:
        """Return the value that a number has for the lead; members for which it has another fall out."""
        value = number.values[self.lead]
        if self._looking:
            return value
        others = [at for at in self.flying if number.values[at] != value]
        if others:
            self.part(others, lambda: number.said if type(value) is bool else f"{number.said} == {value}", value)
        return value

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Answer as for the lead alone, and let nobody fall out: whoever asks only looks on."""
        self._looking = True
        try:
            yield
        finally:
            self._looking = False

    def part(self, others: Sequence[int], condition: Callable[[], str], value: Any = True) -> None:  # noqa: FBT002
        """Let members fall out.

        Args:
            others: their places.
            condition: what is asked, in words.
            value: the lead's answer.

        Raises:
            ElementsNeededError: a member falls out, and its twin does not: elements decide.
        """
        if not others:
            return
        gone = set(others)
        left = [at for at in self.flying if at not in gone]
        half = len(self.members) // 2
        if self.paired and any(((at + half) % len(self.members) in gone) != (at in gone) for at in self.flying):
            msg = f"elements decide whether {condition()}"
            raise ElementsNeededError(msg)
        sizes = frozenset(self.members[at] for at in left)
        fallen = frozenset(self.members[at] for at in gone)
        self.parted.append(Assumption(condition(), _line(), sizes if value is not False else fallen))
        self.flying = left
        self._numbers = {self._key(each.values): each for each in reversed(self._numbers.values())}

    def of_elements(self, *numbers: Number) -> bool:
        """Tell whether one of some numbers is a size that only elements know."""
        half = len(self.members) // 2
        return self.paired and any(number.values[:half] != number.values[half:] for number in numbers)

    def _named(self, places: Sequence[int]) -> str:
        return ", ".join(str(self.members[at]) for at in places[:3])

    def dim(self, number: Number) -> Dim:
        """Return a number as a Dim: an integer, ``a * N + b`` where it is that, else a symbol of its own."""
        found = self._dims.get(number)
        if found is None:
            found = self._dims[number] = self._dim(number)
        return found

    def _dim(self, number: Number) -> Dim:
        points = [(self.members[at], number.values[at]) for at in self.flying]
        values = [value for _, value in points]
        if min(values) == max(values):
            return int(values[0])
        (n, v), (m, w) = min(points), max(points)
        if n != m and (w - v) % (m - n) == 0:
            slope = (w - v) // (m - n)
            start = v - slope * n
            if all(value == slope * size + start for size, value in points):
                return symbol("N", min(self.members), max(self.members)) * int(slope) + int(start)
        if self.of_elements(number):
            return symbol(f"n{len(self._dims)}")
        return symbol(f"n{len(self._dims)}", min(values), max(values))


class Number:
    """A number for each batch size of a formation, in the place that torch has for a symbolic one.

    Torch calls these methods by name, from C++ and from ``torch.SymInt`` (``torch/csrc/utils/python_symnode.h``,
    ``torch/fx/experimental/sym_node.py``). An answer in plain Python's numbers is the lead's, and whoever would get
    another one falls out of the formation.

    Attributes:
        formation: the batch sizes.
        values: its value for each of them; ``None`` for those that fell out before it came to be.
        said: how it is written.
        of_elements: whether a size that only elements know was compared, though it came out the same for both numbers.
    """

    __slots__ = ("_said", "_same", "formation", "of_elements", "values")

    def __init__(self, formation: Formation, values: tuple[Any, ...]) -> None:
        """Keep the values."""
        self.formation, self.values, self._said, self._same = formation, values, "", (0, False)
        self.of_elements = False

    @property
    def said(self) -> str:
        """How it is written, such as ``"4*N"``."""
        return self._said or str(self.formation.dim(self))

    def is_int(self) -> bool:
        """Tell whether it is an integer."""
        return type(self.values[self.formation.lead]) is int

    def is_float(self) -> bool:
        """Tell whether it is a float."""
        return type(self.values[self.formation.lead]) is float

    def is_bool(self) -> bool:
        """Tell whether it is a truth value."""
        return type(self.values[self.formation.lead]) is bool

    def is_nested_int(self) -> bool:
        """Tell that it is no ragged size."""
        return False

    def has_hint(self) -> bool:
        """Tell that there is a value."""
        return True

    def is_constant(self) -> bool:
        """Tell whether all that fly have the same value, whatever the elements are."""
        if self.of_elements:
            return False
        flying = self.formation.flying
        if self._same[0] != len(flying):  # members only ever fall out
            first = self.values[self.formation.lead]
            self._same = len(flying), all(self.values[at] == first for at in flying)
        return self._same[1]

    def maybe_as_int(self) -> int | None:
        """Return the value when all that fly have the same."""
        return self.values[self.formation.lead] if self.is_int() and self.is_constant() else None

    def wrap_int(self, value: int) -> Number:
        """Return a plain integer as a number."""
        return self.formation.constant(int(value))

    def wrap_float(self, value: float) -> Number:
        """Return a plain float as a number."""
        return self.formation.constant(float(value))

    def wrap_bool(self, value: bool) -> Number:  # noqa: FBT001 - torch's own signature
        """Return a plain truth value as a number."""
        return self.formation.constant(bool(value))

    def guard_int(self, file: str = "", line: int = 0) -> int:
        """Return the lead's value."""
        del file, line
        return int(self.formation.decide(self))

    def guard_float(self, file: str = "", line: int = 0) -> float:
        """Return the lead's value."""
        del file, line
        return float(self.formation.decide(self))

    def guard_bool(self, file: str = "", line: int = 0) -> bool:
        """Return the lead's value."""
        del file, line
        return bool(self.formation.decide(self))

    expect_true = guard_size_oblivious = guard_or_false = guard_or_true = statically_known_true = guard_bool
    int_ = guard_int

    def bool_(self) -> bool:
        """Return the lead's value, for Python.

        Raises:
            ElementsNeededError: the step itself asks, and only elements know.
        """
        asking = sys._getframe(2)  # behind torch.SymBool
        if self.of_elements and is_user_file(asking.f_code.co_filename):
            msg = f"elements decide at {_line()}"
            raise ElementsNeededError(msg)
        return self.guard_bool()

    def clone(self) -> Number:
        """Return itself: it never changes."""
        return self

    def sym_sum(self, others: Sequence[Number]) -> Number:
        """Return the sum of several."""
        return self.formation.apply(lambda *values: sum(values), *others)

    def sym_ite(self, yes: Number, no: Number) -> Number:
        """Return one of two, by truth."""
        return self.formation.apply(_either, self, yes, no)

    def __str__(self) -> str:
        """Return how it is written."""
        return self.said

    str = _graph_repr = __repr__ = __str__


def _either(truth: bool, yes: Any, no: Any) -> Any:  # noqa: FBT001 - as Python's own conditional expression
    return yes if truth else no


_SIGNS = {"eq": "==", "ne": "!=", "ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    **{name: getattr(operator, name) for name in ("add", "sub", "mul", "floordiv", "mod", "lshift", "rshift", *_SIGNS)},
    "int_floordiv": operator.floordiv,
    "truediv": operator.truediv,
    "int_truediv": operator.truediv,
    "float_truediv": operator.truediv,
    "pow": operator.pow,
    "pow_by_natural": operator.pow,
    "float_pow": operator.pow,
    "sym_min": min,
    "sym_max": max,
    "sym_and": operator.and_,
    "sym_or": operator.or_,
    "and_": operator.and_,
    "or_": operator.or_,
    "bitwise_and": operator.and_,
    "bitwise_or": operator.or_,
    "bitwise_xor": operator.xor,
}
_UNARY: dict[str, Callable[[Any], Any]] = {
    "neg": operator.neg,
    "pos": operator.pos,
    "abs": operator.abs,
    "ceil": math.ceil,
    "floor": math.floor,
    "trunc": math.trunc,
    "round": round,
    "sym_float": float,
    "sym_int": int,
    "sym_not": operator.not_,
    "is_integer": lambda value: float(value).is_integer(),
    **{f"sym_{name}": getattr(math, name) for name in ("sqrt", "cos", "sin", "tan", "tanh", "atan", "log2")},
}
_LAYOUTS = {
    "is_contiguous": "contiguous_format",
    "is_channels_last_contiguous_2d": "channels_last",
    "is_channels_last_contiguous_3d": "channels_last_3d",
    "is_channels_last_strides_2d": "channels_last",
    "is_channels_last_strides_3d": "channels_last_3d",
}


def _binary(name: str, function: Callable[[Any, Any], Any]) -> Callable[[Number, Number], Number]:
    sign = _SIGNS.get(name)

    def method(self: Number, other: Number) -> Number:
        result = self.formation.apply(function, self, other)
        if sign is None:
            return result
        if self is not other and self.formation.of_elements(self, other):
            result = Number(self.formation, result.values)
            result.of_elements = True
        if not result._said and not result.is_constant():
            result._said = f"{self.said} {sign} {other.said}"
        return result

    return method


def _unary(function: Callable[[Any], Any]) -> Callable[[Number], Number]:
    return lambda self: self.formation.apply(function, self)


def _layout(name: str) -> Callable[[Number, Sequence[Number], Sequence[Number]], Number]:
    """Return the method that asks about memory, which torch answers for each member with a tensor without memory."""

    def method(self: Number, sizes: Sequence[Number], strides: Sequence[Number]) -> Number:
        import torch

        def asked(*numbers: int) -> bool:
            tensor = torch.empty_strided(numbers[: len(sizes)], numbers[len(sizes) :], device="meta")
            if name in _LAYOUTS:
                return bool(tensor.is_contiguous(memory_format=getattr(torch, _LAYOUTS[name])))
            return bool(torch.ops.aten.is_non_overlapping_and_dense(tensor))

        return self.formation.apply(asked, *sizes, *strides)

    return method


for _name, _function in _BINARY.items():
    setattr(Number, _name, _binary(_name, _function))
for _name, _single in _UNARY.items():
    setattr(Number, _name, _unary(_single))
for _name in (*_LAYOUTS, "is_non_overlapping_and_dense"):
    setattr(Number, _name, _layout(_name))


def formation_of(sizes: Sequence[int], lead: int, *, paired: bool = False) -> Formation:
    """Return a formation.

    Args:
        sizes: the batch sizes.
        lead: the one of them whose way is followed.
        paired: let each fly twice, so that sizes that only elements know can be told from others.
    """
    members = tuple(sizes) * (2 if paired else 1)
    return Formation(members, members.index(lead), paired, list(range(len(members))))


def dim_of(size: Any) -> Dim:
    """Return a size of a tensor as a Dim: the integer, or what its number is in terms of the batch size ``N``."""
    node = getattr(size, "node", None)
    return int(size) if not isinstance(node, Number) else node.formation.dim(node)


def at_lead(value: Any) -> Any:
    """Return what an argument is for the lead: sizes as plain integers, also within lists."""
    node = value if isinstance(value, Number) else getattr(value, "node", None)
    if isinstance(node, Number):
        return node.values[node.formation.lead]
    return type(value)(map(at_lead, value)) if type(value) in {list, tuple} else value


def _line() -> str:
    frame = user_frame(sys._getframe(2))
    return "" if frame is None else f"{os.path.relpath(frame.f_code.co_filename)}:{frame.f_lineno}"
