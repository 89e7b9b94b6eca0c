"""What a program looks up by a name that a text holds is what the name means."""

from __future__ import annotations

import pytest

HEAD = """
import importlib
import torch
import torchvision.models as models
from torch import nn

name = "resnet18"
pictures = torch.rand(2, 3, 64, 64)
rows = torch.rand(2, 4)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 7)

    def forward(self, x):
        return self.layer(x)
"""


@pytest.mark.parametrize(
    ("expression", "shape"),
    [
        ("models.__dict__[name](num_classes=9)(pictures)", (2, 9)),
        ("vars(models)[name](num_classes=9)(pictures)", (2, 9)),
        ("getattr(models, name)(num_classes=9)(pictures)", (2, 9)),
        ("eval('models.' + name)(num_classes=9)(pictures)", (2, 9)),
        ("importlib.import_module('torchvision.models').resnet18()(pictures)", (2, 1000)),
        ("torch.hub.load('pytorch/vision:v0.10.0', name, pretrained=True)(pictures)", (2, 1000)),
        ("globals()['Net']()(rows)", (2, 7)),
        ("eval('Net')()(rows)", (2, 7)),
        ("eval('Net()')(rows)", (2, 7)),
        ("getattr(nn, 'Linear')(4, 3)(rows)", (2, 3)),
    ],
)
def test_a_name_in_a_text_means_what_the_name_means(names_of, expression, shape):
    assert names_of(f"{HEAD}\nfound = {expression}\n")["found"].shape == shape


@pytest.mark.parametrize(
    "expression",
    ["eval('Net' + input())()(rows)", "eval('rows.sum() + missing')", "models.__dict__[input()]()(pictures)"],
)
def test_what_no_known_name_means_is_not_known(names_of, expression):
    names = names_of(f"{HEAD}\nfound = {expression}\n")
    assert getattr(names["found"], "shape", None) is None


def test_the_names_of_a_library_can_be_gone_through(names_of):
    names = names_of(
        f"{HEAD}\nfound = sorted(n for n in models.__dict__ if n.islower() and callable(models.__dict__[n]))\n"
        "known = 'x' if found else 'y'\n"
    )
    assert names["found"].items is None


def test_layers_have_the_names_of_their_files_too(shapes_of):
    program = """
import torch

x = torch.nn.modules.activation.Tanh()(torch.nn.modules.conv.Conv2d(1, 3, 3)(torch.rand(2, 1, 8, 8)))
"""
    assert shapes_of(program)["x"] == "float32[2, 3, 6, 6]"
