"""Classes and functions that decorators keep, and hooks that run with a layer."""

from __future__ import annotations

import pytest

HEAD = """
import torch
from torch import nn

x = torch.rand(2, 4)
"""

REGISTRIES = {
    "a closure": """
MODELS = {}

def register(name):
    def keep(cls):
        MODELS[name] = cls
        return cls
    return keep

@register("net")
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 3)

    def forward(self, x):
        return self.layer(x)

found = MODELS["net"]()(x)
""",
    "a registry object": """
class Registry:
    def __init__(self):
        self.known = {}

    def register(self, cls):
        self.known[cls.__name__] = cls
        return cls

    def build(self, name, **options):
        return self.known[name](**options)

MODELS = Registry()

@MODELS.register
class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layer = nn.Linear(4, width)

    def forward(self, x):
        return self.layer(x)

found = MODELS.build("Net", width=3)(x)
""",
    "a function": """
BUILDERS = {}

def register(builder):
    BUILDERS[builder.__name__] = builder
    return builder

@register
def small(width=3):
    return nn.Linear(4, width)

found = BUILDERS["small"]()(x)
""",
}


@pytest.mark.parametrize("program", REGISTRIES.values(), ids=REGISTRIES)
def test_what_a_decorator_keeps_can_be_built(names_of, program):
    assert names_of(HEAD + program)["found"].shape == (2, 3)


def test_a_hook_sees_what_its_layer_gives(names_of):
    names = names_of(
        HEAD + "kept = {}\n"
        "def keep(module, inputs, output):\n    kept['output'] = output.detach()\n"
        "net = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))\n"
        "handle = net[0].register_forward_hook(keep)\n"
        "y = net(x)\nfound = kept['output']\n"
    )
    assert (names["y"].shape, names["found"].shape) == ((2, 2), (2, 3))


def test_a_hook_may_replace_what_comes_out_and_what_goes_in(names_of):
    names = names_of(
        HEAD + "layer = nn.Linear(4, 3)\n"
        "after = layer.register_forward_hook(lambda module, inputs, output: output[:, :2])\n"
        "before = layer.register_forward_pre_hook(lambda module, inputs: (inputs[0][:1],))\n"
        "both = layer(x)\nafter.remove()\nonly = layer(x)\nbefore.remove()\nnone = layer(x)\n"
    )
    assert [names[name].shape for name in ("both", "only", "none")] == [(1, 2), (1, 3), (2, 3)]
