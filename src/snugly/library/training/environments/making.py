"""``make(id)``: one environment, or what a user's own inherits from; wrappers around one, and several side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import Instance, Number, Sequence, Text, Unknown, Value
from snugly.library.numpy.arrays import made, size_of
from snugly.library.registry import Model, function, model
from snugly.library.training.environments.dialects import ENDED, NEW, OLD, REWARD, dialect, reset_answer, step_answer
from snugly.library.training.environments.known import spaces_of
from snugly.library.training.environments.spaces import Box, Hidden, Space, batched, box, flat_size

if TYPE_CHECKING:
    from snugly.facts.dims import Dim
    from snugly.interpreter.machine import Machine

_SIDE = 84


@model("gymnasium.Env", "gym.Env")
class Env(Model):
    """An environment; a user's own may inherit from it."""

    def __init__(self) -> None:
        self.observation_space: Value = Unknown("the spaces of an environment")
        self.action_space: Value = Unknown("the spaces of an environment")
        self.spec: Value = Unknown("the specification of an environment")
        self.metadata: Value = Unknown("the metadata of an environment")
        self._how: str | None = NEW

    @property
    def unwrapped(self) -> Value:
        return self if self.owner is None else self.owner

    def reset(self, *args: Value, seed: Value = None, options: Value = None) -> Value:
        return reset_answer(self._how, self._observed())

    def step(self, action: Value) -> Value:
        return step_answer(self._how, self._observed(), REWARD, ENDED)

    def _observed(self) -> Value:
        space = self.observation_space
        seen = space.observed() if isinstance(space, Space) else Unknown("an observation")
        if self._how == OLD and isinstance(seen, TensorFacts) and seen.dtype in ("float32", "float64"):
            return seen.with_(dtype=None)  # the versions before 0.21 gave float64 where the space says float32
        return seen

    def render(self, *args: Value, **options: Value) -> Value:
        return Unknown("a picture")

    def close(self) -> None:
        """``close()``."""

    def seed(self, seed: Value = None) -> Value:
        return Unknown("a seed")

    def get_action_meanings(self) -> Value:
        return Sequence("list", None, Text(), None)

    def enter(self) -> Value:
        return self


def environment(machine: Machine, name: Value, *, classic: bool, continuous: Value = None) -> Env:
    """Return the environment of that name."""
    env = Env()
    env._how = dialect(machine) if classic else NEW
    known = spaces_of(name, continuous) if isinstance(name, str) else None
    if known is None:
        known = Hidden(machine, "observation"), Hidden(machine, "action")
    env.observation_space, env.action_space = known
    return env


@function("gymnasium.make")
def make(machine: Machine, id: Value, *args: Value, **options: Value) -> Value:
    """``make(id)``."""
    return environment(machine, id, classic=False, continuous=options.get("continuous"))


@function("gym.make")
def make_classic(machine: Machine, id: Value, *args: Value, **options: Value) -> Value:
    """``gym.make(id)``."""
    return environment(machine, id, classic=True, continuous=options.get("continuous"))


@model("gymnasium.Wrapper", "gym.Wrapper", "gymnasium.core.Wrapper", "gym.core.Wrapper")
class Wrapper(Model):
    """What stands around an environment; a user's own may inherit from it. It answers as the environment does."""

    keeps_choices = True

    def __init__(self, env: Value = None, *args: Value, **options: Value) -> None:
        self.env = env

    def get_attribute(self, machine: Machine, name: str) -> Value:
        if name in ("env", "reset", "step", "observation_space_", "unwrapped_") or name.startswith("_"):
            return Unknown(name)
        return (
            machine.get(self.env, name) if name not in vars(self) and not hasattr(type(self), name) else Unknown(name)
        )

    def reset(self, machine: Machine, *args: Value, **options: Value) -> Value:
        return machine.call(machine.get(self.env, "reset"), *args, **options)

    def step(self, machine: Machine, action: Value) -> Value:
        return machine.call(machine.get(self.env, "step"), action)

    def _through(self, machine: Machine, method: str, value: Value) -> Value:
        """Return what the user's own method makes of a value."""
        return value if self.owner is None else machine.call(machine.get(self.owner, method), value)


@model("gymnasium.ObservationWrapper", "gym.ObservationWrapper", "gymnasium.core.ObservationWrapper")
class ObservationWrapper(Wrapper):
    """A wrapper whose ``observation(observation)`` changes what is observed."""

    def reset(self, machine: Machine, *args: Value, **options: Value) -> Value:
        answer = machine.call(machine.get(self.env, "reset"), *args, **options)
        if isinstance(answer, tuple) and len(answer) == 2:
            return self._through(machine, "observation", answer[0]), answer[1]
        return self._through(machine, "observation", answer)

    def step(self, machine: Machine, action: Value) -> Value:
        answer = machine.call(machine.get(self.env, "step"), action)
        if not isinstance(answer, tuple):
            return answer
        return (self._through(machine, "observation", answer[0]), *answer[1:])


@model("gymnasium.ActionWrapper", "gym.ActionWrapper", "gymnasium.core.ActionWrapper")
class ActionWrapper(Wrapper):
    """A wrapper whose ``action(action)`` changes what is done."""

    def step(self, machine: Machine, action: Value) -> Value:
        return machine.call(machine.get(self.env, "step"), self._through(machine, "action", action))


@model("gymnasium.RewardWrapper", "gym.RewardWrapper", "gymnasium.core.RewardWrapper")
class RewardWrapper(Wrapper):
    """A wrapper whose ``reward(reward)`` changes the reward."""

    def step(self, machine: Machine, action: Value) -> Value:
        answer = machine.call(machine.get(self.env, "step"), action)
        if not isinstance(answer, tuple):
            return answer
        return (answer[0], self._through(machine, "reward", answer[1]), *answer[2:])


_SAME = (
    "RecordVideo", "RecordEpisodeStatistics", "TimeLimit", "Monitor", "ClipAction", "RescaleAction", "OrderEnforcing",
    "NormalizeReward", "TransformReward", "AutoResetWrapper", "Autoreset", "PassiveEnvChecker", "ClipReward",
    "HumanRendering", "StickyAction",
)  # fmt: skip


def wrapped(env: Value, *args: Value, **options: Value) -> Value:
    """A wrapper that changes no observation."""
    return env


for _package in ("gymnasium", "gym"):
    for _name in _SAME:
        function(f"{_package}.wrappers.{_name}")(wrapped)


class Changed(Env):
    """An environment whose observations are of another shape or dtype."""

    def __init__(self, machine: Machine, env: Value, facts: TensorFacts) -> None:
        super().__init__()
        self.env = env
        self.observation_space = box(facts)
        self.action_space = machine.get(env, "action_space")
        self._how = how_of(machine, env)


def how_of(machine: Machine, env: Value) -> str | None:
    """Return how an environment answers."""
    inner = env.native if isinstance(env, Instance) else env
    while isinstance(inner, Wrapper):
        inner = inner.env.native if isinstance(inner.env, Instance) else inner.env
    return inner._how if isinstance(inner, Env | Side) else dialect(machine)


def _changed(machine: Machine, env: Value, facts: TensorFacts | None) -> Value:
    return Unknown("an environment") if facts is None else Changed(machine, env, facts)


def _facts(machine: Machine, env: Value) -> TensorFacts | None:
    space = machine.get(env, "observation_space")
    return space._facts if isinstance(space, Box) and space._facts.shape is not None else None


def _declare(name: str, change: Any) -> None:
    def wrap(machine: Machine, env: Value, *args: Value, **options: Value) -> Value:
        facts = _facts(machine, env)
        return _changed(machine, env, None if facts is None else change(machine, facts, *args, **options))

    wrap.__doc__ = f"``{name}(env)``."
    function(f"gymnasium.wrappers.{name}", f"gym.wrappers.{name}")(wrap)


def _stacked(machine: Machine, facts: TensorFacts, stack: Value = None, *args: Value, **options: Value) -> TensorFacts:
    count = next((options[key] for key in ("stack_size", "num_stack") if key in options), stack)
    return facts.with_(shape=(size_of(count), *(facts.shape or ())))


def _resized(machine: Machine, facts: TensorFacts, shape: Value = None, **options: Value) -> TensorFacts:
    sides = machine.iterate(shape).items if not isinstance(shape, int) else [shape, shape]
    height, width = (size_of(side) for side in sides) if sides is not None and len(sides) == 2 else (None, None)
    return facts.with_(shape=(height, width, *(facts.shape or ())[2:]))


def _grey(machine: Machine, facts: TensorFacts, keep_dim: Value = False, **options: Value) -> TensorFacts:
    return facts.with_(shape=((facts.shape or ())[:2] + ((1,) if keep_dim is True else ())))


def _flat(machine: Machine, facts: TensorFacts) -> TensorFacts:
    return facts.with_(shape=(flat_size(box(facts)),))


def _normalized(machine: Machine, facts: TensorFacts, *args: Value, **options: Value) -> TensorFacts:
    return made(facts.shape, None)


def _atari(machine: Machine, facts: TensorFacts, *args: Value, **options: Value) -> TensorFacts:
    side = size_of(options.get("screen_size", _SIDE))
    colours = () if options.get("grayscale_obs", True) is True else (3,)
    newest = (1,) if options.get("grayscale_newaxis", False) is True else ()
    return made((side, side, *colours, *newest), "float32" if options.get("scale_obs") is True else "uint8")


for _name in ("FrameStack", "FrameStackObservation"):
    _declare(_name, _stacked)
_declare("ResizeObservation", _resized)
for _name in ("GrayScaleObservation", "GrayscaleObservation"):
    _declare(_name, _grey)
_declare("FlattenObservation", _flat)
_declare("NormalizeObservation", _normalized)
_declare("AtariPreprocessing", _atari)


@model("gymnasium.vector.SyncVectorEnv", "gym.vector.SyncVectorEnv",
       "gymnasium.vector.AsyncVectorEnv", "gym.vector.AsyncVectorEnv")  # fmt: skip
class Side(Model):
    """Several environments side by side: what each gives, stacked."""

    def __init__(self, machine: Machine, env_fns: Value, *args: Value, **options: Value) -> None:
        makers = machine.iterate(env_fns)
        count: Dim | None = makers.length if makers.items is None else len(makers.items)
        maker = makers.element if makers.items is None else next(iter(makers.items), None)
        self._fill(machine, machine.call(maker), count)

    def _fill(self, machine: Machine, env: Value, count: Dim | None) -> None:
        self.num_envs = Number("int", 1) if count is None else count
        self._count = count
        self._how = how_of(machine, env)
        self.single_observation_space = machine.get(env, "observation_space")
        self.single_action_space = machine.get(env, "action_space")
        self.observation_space = batched(machine, self.single_observation_space, count)
        self.action_space = batched(machine, self.single_action_space, count)
        self.envs = Unknown("the environments")

    def _observed(self) -> Value:
        space = self.observation_space
        return space.observed() if isinstance(space, Space) else Unknown("an observation")

    def reset(self, *args: Value, **options: Value) -> Value:
        return reset_answer(self._how, self._observed())

    def step(self, actions: Value) -> Value:
        ended = made((self._count,), "bool")
        return step_answer(self._how, self._observed(), made((self._count,), "float64"), ended)

    def close(self) -> None:
        """``close()``."""


def _side(machine: Machine, env: Value, count: Value) -> Side:
    side = Side.__new__(Side)
    side._fill(machine, env, size_of(count))
    return side


@function("gymnasium.make_vec", "gymnasium.vector.make")
def make_vec(machine: Machine, id: Value, num_envs: Value = 1, *args: Value, **options: Value) -> Value:
    """``make_vec(id, num_envs)``."""
    return _side(machine, environment(machine, id, classic=False), num_envs)


@function("gym.vector.make")
def make_vec_classic(machine: Machine, id: Value, num_envs: Value = 1, *args: Value, **options: Value) -> Value:
    """``gym.vector.make(id, num_envs)``."""
    return _side(machine, environment(machine, id, classic=True), num_envs)
