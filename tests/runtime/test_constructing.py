"""The construction of a loss module, found from where it is called."""

from __future__ import annotations

import sys

import pytest
import torch
from torch import nn

from snugly.runtime.constructing import constructor_of

first = nn.BCELoss(reduction="sum")
second = nn.BCELoss()
only = nn.HuberLoss("mean", 2.0)


class Asks(nn.BCELoss):
    """Not a class of torch: its constructor is the user's."""


def origin_at_call(module, call):
    """Call a module and look from inside its forward."""
    found = []

    def look(*_):
        frame = sys._getframe()
        while frame.f_code is not call.__code__:
            frame = frame.f_back
        found.append(constructor_of(module, frame))

    handle = module.register_forward_pre_hook(look)
    call()
    handle.remove()
    return found[0]


X = torch.full((3,), 0.5)


@pytest.mark.filterwarnings("ignore")
def test_the_one_construction_of_a_class_is_it():
    any_name = only
    found = origin_at_call(only, lambda: any_name(X, X))
    assert found.text == 'nn.HuberLoss("mean", 2.0)'
    assert {name: source.text for name, source in found.arguments.items()} == {"reduction": '"mean"', "delta": "2.0"}


def test_of_several_the_name_decides():
    assert origin_at_call(first, lambda: first(X, X)).text == 'nn.BCELoss(reduction="sum")'
    assert origin_at_call(second, lambda: second(X, X)).text == "nn.BCELoss()"
    other = second
    assert origin_at_call(second, lambda: other(X, X)) is None


def test_a_class_of_the_users_is_not_looked_for():
    asks = Asks()
    assert origin_at_call(asks, lambda: asks(X, X)) is None
