"""``gymnasium`` and ``gym``: environments by their spaces. How ``gym`` answers depends on its version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.values import NOTHING_KNOWN, ValueFacts
from snugly.interpreter.values import Mapping, Number, Text, Unknown, Value
from snugly.library.numpy.arrays import as_array, made, shape_of
from snugly.library.plain import number
from snugly.library.registry import Model, function, model, quiet

if TYPE_CHECKING:
    from snugly.facts.tensors import TensorFacts
    from snugly.interpreter.machine import Machine

quiet("gymnasium", "gym", "stable_baselines3", "minigrid", "pettingzoo")

# observation shape and dtype, and the number of actions or the shape of a continuous one
_KNOWN: dict[str, tuple[tuple[int, ...] | int, str, int | tuple[int, ...]]] = {
    "CartPole": ((4,), "float32", 2),
    "MountainCar": ((2,), "float32", 3),
    "MountainCarContinuous": ((2,), "float32", (1,)),
    "Acrobot": ((6,), "float32", 3),
    "Pendulum": ((3,), "float32", (1,)),
    "LunarLander": ((8,), "float32", 4),
    "LunarLanderContinuous": ((8,), "float32", (2,)),
    "BipedalWalker": ((24,), "float32", (4,)),
    "CarRacing": ((96, 96, 3), "uint8", (3,)),
    "FrozenLake": (16, "int64", 4),
    "Taxi": (500, "int64", 6),
    "CliffWalking": (48, "int64", 4),
    "HalfCheetah": ((17,), "float64", (6,)),
    "Hopper": ((11,), "float64", (3,)),
    "Walker2d": ((17,), "float64", (6,)),
}


class Space(Model):
    """What observations or actions can be."""

    def sample(self, mask: Value = None) -> Value:
        return Unknown("a sample of a space")

    def seed(self, seed: Value = None) -> Value:
        return Unknown("a seed")

    def contains(self, x: Value) -> Value:
        return Number("bool")


@model("gymnasium.spaces.Discrete", "gym.spaces.Discrete")
class Discrete(Space):
    """Integers below ``n``."""

    def __init__(self, n: Value, *args: Value, **options: Value) -> None:
        self.n = n
        self.shape: Value = ()

    def sample(self, mask: Value = None) -> Value:
        top = self.n - 1 if isinstance(self.n, int) else None
        return made((), "int64", ValueFacts(0, top, integral=True, finite=True))


@model("gymnasium.spaces.Box", "gym.spaces.Box")
class Box(Space):
    """Arrays of one shape."""

    def __init__(
        self, machine: Machine, low: Value, high: Value, shape: Value = None, dtype: Value = None, **_: Value
    ) -> None:
        edge = as_array(machine, low)
        self._facts = made(edge.shape if shape is None else shape_of(machine, shape), "float32")
        self.low = self.high = self._facts

    @property
    def shape(self) -> Value:
        shape = self._facts.shape
        if shape is None:
            return Unknown("the shape of a space")
        return tuple(Number("int", 0) if size is None else size for size in shape)

    def sample(self, mask: Value = None) -> Value:
        return self._facts


def box(facts: TensorFacts) -> Box:
    """Return the space of such arrays."""
    space = Box.__new__(Box)
    space._facts = space.low = space.high = facts
    return space


@model("gymnasium.Env", "gym.Env")
class Env(Model):
    """An environment; a user's own may inherit from it."""

    def __init__(self) -> None:
        self.observation_space: Value = Unknown("the spaces of an environment")
        self.action_space: Value = Unknown("the spaces of an environment")
        self.unwrapped = self
        self.spec: Value = Unknown("the specification of an environment")
        self._classic = False

    def reset(self, *, seed: Value = None, options: Value = None) -> Value:
        if self._classic:
            return Unknown("how gym answers")
        return self._observed(), Mapping({}, Unknown("info"), open=True, rest_key=Text())

    def step(self, action: Value) -> Value:
        if self._classic:
            return Unknown("how gym answers")
        info = Mapping({}, Unknown("info"), open=True, rest_key=Text())
        return self._observed(), Number("float"), Number("bool"), Number("bool"), info

    def _observed(self) -> Value:
        space = self.observation_space
        if isinstance(space, Discrete):
            return number("int", 0, space.n - 1 if isinstance(space.n, int) else None)
        return space.sample() if isinstance(space, Space) else Unknown("an observation")

    def render(self, *args: Value, **options: Value) -> Value:
        return Unknown("a picture")

    def close(self) -> None:
        """``close()``."""

    def seed(self, seed: Value = None) -> Value:
        return Unknown("a seed")


def _environment(name: Value, *, classic: bool) -> Env:
    env = Env()
    env._classic = classic
    known = _KNOWN.get(name.rpartition("-")[0]) if isinstance(name, str) else None
    if known is not None:
        observed, dtype, actions = known
        env.observation_space = (
            Discrete(observed) if isinstance(observed, int) else box(made(observed, dtype, NOTHING_KNOWN))
        )
        env.action_space = Discrete(actions) if isinstance(actions, int) else box(made(actions, "float32"))
    return env


@function("gymnasium.make")
def make(id: Value, *args: Value, **options: Value) -> Value:
    """``make(id)``."""
    return _environment(id, classic=False)


@function("gym.make")
def make_classic(id: Value, *args: Value, **options: Value) -> Value:
    """``gym.make(id)``."""
    return _environment(id, classic=True)


@function(
    "gymnasium.wrappers.RecordVideo",
    "gymnasium.wrappers.RecordEpisodeStatistics",
    "gymnasium.wrappers.TimeLimit",
    "gym.wrappers.RecordEpisodeStatistics",
    "gym.wrappers.Monitor",
)
def wrapped(env: Value, *args: Value, **options: Value) -> Value:
    """A wrapper that changes no observation."""
    return env
