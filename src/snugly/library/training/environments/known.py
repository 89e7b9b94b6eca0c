"""The environments that ``make`` knows by name: what is observed, and what can be done.

Sizes are those of ``gymnasium`` 1.x; they are the same in every version that the name was used with, versions apart
that are named.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from snugly.facts.values import NOTHING_KNOWN, ValueFacts
from snugly.library.numpy.arrays import made
from snugly.library.training.environments.spaces import Discrete, Space, box

if TYPE_CHECKING:
    from collections.abc import Mapping

# What is observed (a shape, or how many states) with its dtype, and the number of actions or their shape.
_KNOWN: Mapping[str, tuple[tuple[int, ...] | int, str, int | tuple[int, ...]]] = {
    "CartPole": ((4,), "float32", 2),
    "MountainCar": ((2,), "float32", 3),
    "MountainCarContinuous": ((2,), "float32", (1,)),
    "Acrobot": ((6,), "float32", 3),
    "Pendulum": ((3,), "float32", (1,)),
    "LunarLander": ((8,), "float32", 4),
    "LunarLanderContinuous": ((8,), "float32", (2,)),
    "BipedalWalker": ((24,), "float32", (4,)),
    "BipedalWalkerHardcore": ((24,), "float32", (4,)),
    "CarRacing": ((96, 96, 3), "uint8", (3,)),
    "FrozenLake": (16, "int64", 4),
    "FrozenLake8x8": (64, "int64", 4),
    "Taxi": (500, "int64", 6),
    "CliffWalking": (48, "int64", 4),
    "HalfCheetah": ((17,), "float64", (6,)),
    "Hopper": ((11,), "float64", (3,)),
    "Walker2d": ((17,), "float64", (6,)),
    "Swimmer": ((8,), "float64", (2,)),
    "InvertedPendulum": ((4,), "float64", (1,)),
    "InvertedDoublePendulum": ((11,), "float64", (1,)),
    "InvertedDoublePendulum-v5": ((9,), "float64", (1,)),
    "Reacher": ((11,), "float64", (2,)),
    "Reacher-v5": ((10,), "float64", (2,)),
    "Pusher": ((23,), "float64", (7,)),
    "Ant": ((111,), "float64", (8,)),
    "Ant-v4": ((27,), "float64", (8,)),
    "Ant-v5": ((105,), "float64", (8,)),
    "Humanoid": ((376,), "float64", (17,)),
    "Humanoid-v5": ((348,), "float64", (17,)),
    "HopperBulletEnv": ((15,), "float32", (3,)),
    "HalfCheetahBulletEnv": ((26,), "float32", (6,)),
    "Walker2DBulletEnv": ((22,), "float32", (6,)),
    "AntBulletEnv": ((28,), "float32", (8,)),
    "HumanoidBulletEnv": ((44,), "float32", (17,)),
    "ReacherBulletEnv": ((9,), "float32", (2,)),
    "InvertedPendulumBulletEnv": ((5,), "float32", (1,)),
    "InvertedDoublePendulumBulletEnv": ((9,), "float32", (1,)),
    "InvertedPendulumSwingupBulletEnv": ((5,), "float32", (1,)),
}
_ACTIONS = {"Pong": 6, "Breakout": 4, "SpaceInvaders": 6, "Seaquest": 18, "Qbert": 6, "BeamRider": 9, "Enduro": 9,
            "MsPacman": 9, "Freeway": 3, "Boxing": 18, "Asteroids": 14, "MontezumaRevenge": 18}  # fmt: skip
_SCREEN = (210, 160, 3)
_MEMORY = (128,)
_BYTES = ValueFacts(0, 255, integral=True, finite=True)
_ATARI = re.compile(r"(?:ALE/)?([A-Z][A-Za-z]*?)(-ram)?(?:NoFrameskip|Deterministic)?(-ramNoFrameskip)?-v\d+")


def spaces_of(name: str, continuous: object = None) -> tuple[Space, Space] | None:
    """Return what the environment ``name`` observes and what can be done in it, ``None`` where it is not known."""
    plain = name.rpartition("-")[0]
    if plain == "LunarLander" and continuous is True:
        plain = "LunarLanderContinuous"
    known = _KNOWN.get(name, _KNOWN.get(plain))
    if known is not None:
        observed, dtype, actions = known
        seen = Discrete(observed) if isinstance(observed, int) else box(made(observed, dtype, NOTHING_KNOWN))
        return seen, Discrete(actions) if isinstance(actions, int) else box(made(actions, "float32"))
    atari = _ATARI.fullmatch(name)
    if atari is None or atari[1] not in _ACTIONS:
        return None
    return box(made(_MEMORY if "-ram" in name else _SCREEN, "uint8", _BYTES)), Discrete(_ACTIONS[atari[1]])
