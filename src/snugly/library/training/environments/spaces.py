"""What observations and actions can be: the spaces of ``gymnasium``, and one of which nothing is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import product
from snugly.facts.values import NOTHING_KNOWN, ValueFacts
from snugly.interpreter.values import DType, Mapping, Number, Text, Unknown, Value
from snugly.library.numpy.arrays import as_array, made, shape_of, size_of
from snugly.library.numpy.promotion import dtype_of
from snugly.library.plain import number
from snugly.library.registry import Model, function, model, quiet

if TYPE_CHECKING:
    from snugly.facts.dims import Dim
    from snugly.facts.tensors import TensorFacts
    from snugly.interpreter.machine import Machine

quiet("gymnasium", "gym", "stable_baselines3", "minigrid", "pettingzoo", "gymnasium_robotics", "ale_py")


class Space(Model):
    """What observations or actions can be."""

    def sample(self, mask: Value = None) -> Value:
        return Unknown("a sample of a space")

    def seed(self, seed: Value = None) -> Value:
        return Unknown("a seed")

    def contains(self, x: Value) -> Value:
        return Number("bool")

    def observed(self) -> Value:
        """Return what an environment gives as an observation of this space."""
        return self.sample()


@model("gymnasium.spaces.Discrete", "gym.spaces.Discrete")
class Discrete(Space):
    """Integers below ``n``."""

    def __init__(self, n: Value, *args: Value, **options: Value) -> None:
        self.n = n
        self.shape: Value = ()

    @property
    def dtype(self) -> Value:
        return DType("int64")

    def _top(self) -> int | None:
        return self.n - 1 if isinstance(self.n, int) else None

    def sample(self, mask: Value = None) -> Value:
        return made((), "int64", ValueFacts(0, self._top(), integral=True, finite=True))

    def observed(self) -> Value:
        return number("int", 0, self._top())


@model("gymnasium.spaces.MultiDiscrete", "gym.spaces.MultiDiscrete")
class MultiDiscrete(Space):
    """Several integers, each below its own bound."""

    def __init__(self, machine: Machine, nvec: Value, *args: Value, **options: Value) -> None:
        self.nvec = as_array(machine, nvec)

    @property
    def shape(self) -> Value:
        return _sizes(self.nvec)

    def sample(self, mask: Value = None) -> Value:
        return made(self.nvec.shape, "int64", ValueFacts(0, integral=True, finite=True))


@model("gymnasium.spaces.MultiBinary", "gym.spaces.MultiBinary")
class MultiBinary(Space):
    """Several bits."""

    def __init__(self, machine: Machine, n: Value, *args: Value, **options: Value) -> None:
        self.n = n
        self._facts = made(shape_of(machine, n), "int8", ValueFacts(0, 1, integral=True, finite=True))

    @property
    def shape(self) -> Value:
        return _sizes(self._facts)

    def sample(self, mask: Value = None) -> Value:
        return self._facts


@model("gymnasium.spaces.Box", "gym.spaces.Box")
class Box(Space):
    """Arrays of one shape."""

    def __init__(
        self, machine: Machine, low: Value, high: Value, shape: Value = None, dtype: Value = None, **_: Value
    ) -> None:
        edge = as_array(machine, low)
        kind = "float32" if dtype is None else dtype_of(dtype)
        self._facts = made(edge.shape if shape is None else shape_of(machine, shape), kind)

    @property
    def low(self) -> Value:
        return self._facts

    high = low

    @property
    def dtype(self) -> Value:
        return Unknown("a dtype") if self._facts.dtype is None else DType(self._facts.dtype)

    @property
    def shape(self) -> Value:
        return _sizes(self._facts)

    def sample(self, mask: Value = None) -> Value:
        return self._facts


def _sizes(facts: TensorFacts) -> Value:
    if facts.shape is None:
        return Unknown("the shape of a space")
    return tuple(Number("int", 0) if size is None else size for size in facts.shape)


def box(facts: TensorFacts) -> Box:
    """Return the space of such arrays."""
    space = Box.__new__(Box)
    space._facts = facts
    return space


@model("gymnasium.spaces.Dict", "gym.spaces.Dict")
class Dict(Space):
    """Spaces by name."""

    def __init__(self, spaces: Value = None, **named: Value) -> None:
        given = dict(spaces.entries) if isinstance(spaces, Mapping) and not spaces.open else {}
        self.spaces = Mapping({**given, **named}, None if given or named else Unknown("a space"), open=not given)

    def item(self, machine: Machine, key: Value) -> Value:
        return machine.item(self.spaces, key)

    def sample(self, mask: Value = None) -> Value:
        parts = {key: part.sample() for key, part in self.spaces.entries.items() if isinstance(part, Space)}
        rest = Unknown("a sample of a space") if self.spaces.open else None
        return Mapping(parts, rest, open=self.spaces.open, rest_key=Text())


@model("gymnasium.spaces.Tuple", "gym.spaces.Tuple")
class Tuple(Space):
    """Spaces in order."""

    def __init__(self, machine: Machine, spaces: Value, *args: Value, **options: Value) -> None:
        self.spaces = machine.iterate(spaces)

    def item(self, machine: Machine, key: Value) -> Value:
        return machine.item(self.spaces, key)

    def sample(self, mask: Value = None) -> Value:
        items = self.spaces.items or []
        return tuple(part.sample() if isinstance(part, Space) else Unknown("a sample of a space") for part in items)


class Hidden(Space):
    """A space of which nothing is known. What a program reads of it tells its kind; its sizes stay the same."""

    is_any_kind = True

    def __init__(self, machine: Machine, name: str) -> None:
        self.n = machine.new_symbol(f"{name}_count", 1)
        self.shape = Unknown("the shape of a space")
        self.low = self.high = made(None, None)


def batched(machine: Machine, space: Value, count: Dim | None) -> Value:
    """Return the space of ``count`` such observations or actions, as several environments side by side give them."""
    if isinstance(space, Box) and space._facts.shape is not None:
        return box(space._facts.with_(shape=(count, *space._facts.shape)))
    if isinstance(space, Discrete):
        return box(made((count,), "int64", ValueFacts(0, space._top(), integral=True, finite=True)))
    return Hidden(machine, "space")


def flat_size(space: Value) -> Dim | None:
    """Return how many numbers a flattened observation has."""
    if isinstance(space, Box) and space._facts.shape is not None:
        return product(space._facts.shape)
    return size_of(space.n) if isinstance(space, Discrete) else None


@function("gymnasium.spaces.flatdim", "gym.spaces.flatdim", "gymnasium.spaces.utils.flatdim")
def flatdim(space: Value) -> Value:
    """``flatdim(space)``."""
    size = flat_size(space)
    return Number("int", 1) if size is None else size


@function("gymnasium.spaces.flatten", "gym.spaces.flatten", "gymnasium.spaces.utils.flatten")
def flatten(space: Value, x: Value) -> Value:
    """``flatten(space, x)``: a vector, one-hot for an integer."""
    dtype = space._facts.dtype if isinstance(space, Box) else "int64" if isinstance(space, Discrete) else None
    return made((flat_size(space),), dtype, NOTHING_KNOWN)
