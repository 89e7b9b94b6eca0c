"""What files of settings hold is plain data: beside a tensor it is a number."""

from __future__ import annotations

import pytest

HEAD = """
import json
import yaml
import torch
from torch import nn

with open("settings.yaml") as file:
    settings = yaml.safe_load(file)

x = torch.rand(2, 4)
whole = torch.arange(3)
"""


@pytest.mark.parametrize(
    ("expression", "facts"),
    [
        ("x * settings['alpha']", "float32[2, 4]"),
        ("settings['loss']['alpha'] - x", "float32[2, 4]"),
        ("x / (2 * settings['scale'][0])", "float32[2, 4]"),
        ("x + settings.get('eps', 1e-8)", "float32[2, 4]"),
        ("x > settings['threshold']", "bool[2, 4]"),
        ("whole * settings['alpha']", "?[3]"),
        ("whole >= settings['alpha']", "bool[3]"),
        ("nn.Linear(4, 3)(x) * json.load(open('a.json'))['b']", "float32[2, 3]"),
        ("x.double() ** json.loads(open('a.json').read())['b']", "float64[2, 4]"),
    ],
)
def test_a_setting_is_a_number_beside_a_tensor(shapes_of, expression, facts):
    assert shapes_of(f"{HEAD}\nfound = {expression}\n")["found"] == facts


def test_whether_a_setting_is_given_stays_open(shapes_of):
    assert shapes_of(f"{HEAD}\nfound = x[0] if settings.get('first') is None else x\n")["found"] == "float32[*]"


def test_data_sets_are_met_by_index(shapes_of):
    program = """
import torch
from torchvision import datasets, transforms

rows = list(datasets.MNIST("data", transform=transforms.ToTensor()))[:1000]
loader = torch.utils.data.DataLoader(rows, batch_size=50)
found, labels = next(iter(loader))
"""
    assert shapes_of(program)["found"] == "float32[50, 1, 28, 28]"
