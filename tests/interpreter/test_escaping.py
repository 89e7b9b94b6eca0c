"""What something unknown may have written is not known: no finding rests on it."""

from __future__ import annotations

import pytest

import snugly

UNKNOWN_CALLBACK = """
import torch
from somewhere import Callback

state = {"y": torch.tensor([1, 3, 2]), "classes": 4}
Callback().on_sample(state)
print((state["y"] - torch.zeros(3, 4)).abs())
"""

REGISTERED = """
import torch
from somewhere import Engine

engine = Engine()
history = []


@engine.on("epoch")
def remember(engine):
    history.append(engine.metric)


engine.run()
print((torch.tensor(history) == torch.zeros(3)).all())
"""

HANDED_OVER = """
import torch
from somewhere import train


class Recorder:
    def __init__(self):
        self.values = []

    def __call__(self, value):
        self.values.append(value)

    def hear(self, value):
        self.values.append(value)


recorder = Recorder()
train(callback=recorder.hear)
print(torch.tensor(recorder.values) == torch.zeros(3))
"""

NOT_HANDED_OVER = """
import torch

state = {"y": torch.tensor([1, 3, 2])}
print((state["y"] - torch.zeros(3, 4)).abs())
"""


def codes(tmp_path, program):
    script = tmp_path / "script.py"
    script.write_text(program)
    return [finding.code for finding in snugly.check([str(script)]).findings]


@pytest.mark.parametrize("program", [UNKNOWN_CALLBACK, REGISTERED, HANDED_OVER])
def test_nothing_is_said_about_what_something_unknown_may_have_written(tmp_path, program):
    assert codes(tmp_path, program) == []


def test_what_nothing_unknown_has_seen_is_known(tmp_path):
    assert codes(tmp_path, NOT_HANDED_OVER) == ["SNG803"]


STATEFUL = """
import torch


class Recorder:
    def __init__(self):
        self.samples = []

    def add(self, sample):
        self.samples.append(sample)

    def all(self):
        return torch.cat(self.samples)
"""


def test_a_method_that_is_entered_by_itself_does_not_believe_what_others_may_have_written(tmp_path):
    assert codes(tmp_path, STATEFUL) == []


BY_UNKNOWN_KEY = """
import sys
from collections import defaultdict

import torch

found = defaultdict(list)
for name in sys.stdin:
    found[name].append(torch.zeros(3))
for name in found:
    print(torch.stack(found[name]).shape)
print(torch.stack([torch.stack(values) for values in found.values()]))
"""


def test_lists_of_a_defaultdict_have_the_length_of_none(tmp_path):
    assert codes(tmp_path, BY_UNKNOWN_KEY) == []
