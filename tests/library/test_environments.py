"""Environments by their spaces: what reset and step give, in both of gym's dialects, and through wrappers."""

import pytest

from snugly.interpreter.values import Number, Unknown
from snugly.library.training.environments.known import _KNOWN, spaces_of

LOOP = """
import gym
import torch
env = gym.make({name!r})
{reset}
{step}
x = torch.from_numpy(seen).float()
after = torch.as_tensor(later, dtype=torch.float32)
"""
NEW = ("seen, _ = env.reset()", "later, reward, done, truncated, info = env.step(0)")
OLD = ("seen = env.reset()", "later, reward, done, info = env.step(0)")


@pytest.mark.parametrize(("reset", "step"), [NEW, OLD])
def test_how_gym_answers_is_read_from_what_the_program_unpacks(follow, reset, step):
    names = follow(LOOP.format(name="CartPole-v1", reset=reset, step=step))
    assert str(names["x"]) == str(names["after"]) == "float32[4]"
    assert isinstance(names["reward"], Number)


def test_nothing_is_said_where_the_program_does_not_tell(follow):
    names = follow("import gym\nenv = gym.make('CartPole-v1')\nseen = env.reset()\n")
    assert isinstance(names["seen"], Unknown)


def test_an_environment_that_is_not_known_keeps_its_counts_apart(follow):
    names = follow(
        "import gymnasium as gym\nimport torch\nenv = gym.make(input())\n"
        "a = torch.nn.Linear(3, env.action_space.n)(torch.ones(5, 3))\nb = env.observation_space.shape\n"
    )
    assert names["a"].shape[0] == 5
    assert isinstance(names["b"], Unknown)


SIDE = """
import gymnasium as gym
import torch
def make_env(seed):
    def thunk():
        env = gym.make("CartPole-v1")
        env = gym.wrappers.RecordEpisodeStatistics(env)
        return env
    return thunk
envs = gym.vector.SyncVectorEnv([make_env(i) for i in range(4)])
buffer = torch.zeros((128, 4) + envs.single_observation_space.shape)
first, _ = envs.reset(seed=1)
later, reward, ended, cut, infos = envs.step(envs.action_space.sample())
x = torch.Tensor(first)
r = torch.tensor(reward)
actions = torch.as_tensor(envs.action_space.sample())
"""


def test_environments_side_by_side_stack_what_each_gives(follow):
    names = follow(SIDE)
    shown = {name: str(names[name]) for name in ("buffer", "x", "r", "actions")}
    assert shown == {
        "buffer": "float32[128, 4, 4]", "x": "float32[4, 4]", "r": "float64[4]", "actions": "int64[4]",
    }  # fmt: skip
    assert names["ended"].shape == (4,)


WRAPPED = """
import gymnasium as gym
import numpy as np
import torch
class Grey(gym.ObservationWrapper):
    def __init__(self, env):
        super().__init__(env)
        self.observation_space = gym.spaces.Box(0, 1, (96, 96))
    def observation(self, observation):
        return observation.mean(axis=2)
class Bonus(gym.RewardWrapper):
    def reward(self, reward):
        return np.array([reward, 1.0])
env = Bonus(Grey(gym.make("CarRacing-v2")))
seen, info = env.reset()
later, reward, done, cut, info = env.step(env.action_space.sample())
sides = env.observation_space.shape
count = env.action_space.shape[0]
"""


def test_a_users_wrapper_changes_what_it_says_and_passes_the_rest_on(follow):
    names = follow(WRAPPED)
    assert names["seen"].shape == names["later"].shape == (96, 96)
    assert names["reward"].shape == (2,)
    assert names["sides"] == (96, 96)
    assert names["count"] == 3


SHAPES = {
    "FrameStackObservation(gym.make('CartPole-v1'), 4)": (4, 4),
    "GrayscaleObservation(gym.make('CarRacing-v3'))": (96, 96),
    "GrayscaleObservation(gym.make('CarRacing-v3'), keep_dim=True)": (96, 96, 1),
    "ResizeObservation(gym.make('CarRacing-v3'), (64, 48))": (64, 48, 3),
    "FlattenObservation(gym.make('CarRacing-v3'))": (96 * 96 * 3,),
    "FrameStackObservation(AtariPreprocessing(gym.make('ALE/Pong-v5')), 4)": (4, 84, 84),
    "AtariPreprocessing(gym.make('PongNoFrameskip-v4'), grayscale_obs=False)": (84, 84, 3),
    "TimeLimit(gym.make('Pendulum-v1'), 200)": (3,),
}


@pytest.mark.parametrize("expression", SHAPES)
def test_wrappers_of_the_library_change_the_shape_that_is_observed(follow, expression):
    text = f"import gymnasium as gym\nfrom gymnasium.wrappers import *\nenv = {expression}\nseen, _ = env.reset()\n"
    assert follow(text)["seen"].shape == SHAPES[expression]


@pytest.mark.filterwarnings("ignore")
def test_the_known_environments_are_those_of_gymnasium():
    gymnasium = pytest.importorskip("gymnasium")
    for name in _KNOWN:
        versions = [spec for spec in gymnasium.registry if spec.rpartition("-")[0] == name]
        for version in versions:
            try:
                env = gymnasium.make(version)
            except (gymnasium.error.Error, ImportError):
                continue
            observed, actions = spaces_of(version)
            assert tuple(observed.shape) == env.observation_space.shape
            assert str(env.observation_space.dtype) == _KNOWN[name][1]
            assert getattr(actions, "n", None) == getattr(env.action_space, "n", None)
            assert tuple(actions.shape) == env.action_space.shape


def test_an_action_that_is_drawn_or_computed_is_a_number(follow):
    names = follow(
        "import gym, numpy as np, random, torch\nenv = gym.make('CartPole-v1')\n"
        "scores = torch.nn.Linear(4, 2)(torch.ones(1, 4))\nkept = []\n"
        "for _ in range(50):\n"
        "    if random.random() < 0.1:\n        action = env.action_space.sample()\n"
        "    else:\n        action = torch.argmax(scores, dim=1).tolist()[0]\n"
        "    kept.append(action)\n"
        "actions = torch.LongTensor(np.array(kept)).view(-1, 1)\n"
    )
    assert str(names["actions"]) == "int64[50, 1]"
