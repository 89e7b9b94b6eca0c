"""What numpy does silently is looked at as what torch does silently."""

from __future__ import annotations

import pytest

from snugly.surfaces.checking import check_text

PICTURES = """
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Pictures(Dataset):
    def __init__(self):
        self.pictures = np.random.rand(50, 20, 24, 3).astype(np.float32)
        self.labels = np.random.randint(0, 4, 50)

    def __len__(self):
        return 50

    def __getitem__(self, i):
        picture = self.pictures[i]
        return torch.from_numpy({picture}), int(self.labels[i])


net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4))
for x, y in DataLoader(Pictures(), batch_size=10):
    nn.CrossEntropyLoss()(net(x), y).backward()
"""
METRIC = """
import numpy as np
import torch
from torch import nn

x = np.random.rand(200, 6).astype(np.float32)
y = (x.sum(1) > 3).astype(np.float32)
net = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 1))
loss = nn.BCEWithLogitsLoss()(net(torch.from_numpy(x)).squeeze(1), torch.from_numpy(y))
loss.backward()
found = net(torch.from_numpy(x)).detach().numpy()
print({metric})
"""


def codes(text: str) -> list[str]:
    return [finding.code for finding in check_text(text, "arrays.py").findings]


@pytest.mark.parametrize("picture", ["picture.reshape(3, 20, 24)", "np.reshape(picture, (3, 20, 24))"])
def test_a_reshape_that_pretends_to_move_the_channels_is_found(picture):
    assert codes(PICTURES.format(picture=picture)) == ["SNG802"]


@pytest.mark.parametrize(
    "picture", ["picture.transpose(2, 0, 1).copy()", "np.moveaxis(picture, -1, 0)", "np.rollaxis(picture, 2).copy()"]
)
def test_channels_that_are_moved_are_none(picture):
    assert codes(PICTURES.format(picture=picture)) == []


@pytest.mark.parametrize(
    ("metric", "code"),
    [
        ("((found > 0) == y).mean()", "SNG403"),
        ("np.mean(np.equal(found > 0, y))", "SNG403"),
        ("np.sqrt(((found - y) ** 2).mean())", "SNG402"),
    ],
)
def test_a_metric_that_broadcasts_is_found(metric, code):
    assert codes(METRIC.format(metric=metric)) == [code]


@pytest.mark.parametrize(
    "metric", ["((found[:, 0] > 0) == y).mean()", "np.abs(found.squeeze() - y).mean()", "(found - y[:, None]).mean()"]
)
def test_a_metric_of_equal_shapes_is_none(metric):
    assert codes(METRIC.format(metric=metric)) == []
