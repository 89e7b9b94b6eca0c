"""A model that no script drives is entered with a batch of any size: what is wrong for every size is found."""

from __future__ import annotations

import snugly

MODEL = """
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, 3)

    def forward(self, x):
        return torch.relu(self.conv(x))


class Net(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.features = nn.Sequential(Block(3, 32), nn.MaxPool2d(2), Block(32, 64))
        self.head = nn.Linear({features}, classes)

    def forward(self, images):
        x = self.features(images)
        x = {flat}
        return self.head(x)
"""


def codes(tmp_path, features, flat="torch.flatten(x, 1)"):
    script = tmp_path / "model.py"
    script.write_text(MODEL.format(features=features, flat=flat))
    return [(finding.code, finding.line) for finding in snugly.check([str(script)]).findings]


def test_a_size_that_no_image_gives_is_found(tmp_path):
    assert codes(tmp_path, 9210) == [("SNG801", 24)]


def test_a_size_that_some_image_gives_is_not(tmp_path):
    assert codes(tmp_path, "64 * 5 * 5") == []
    assert codes(tmp_path, "64 * 5 * 5", "x.view(x.size(0), -1)") == []
    assert codes(tmp_path, "64 * 5 * 5", "x.view(-1, 64 * 5 * 5)") == []
    assert codes(tmp_path, 64, "x.mean(dim=(2, 3))") == []


def test_pooled_features_of_another_number_are_found(tmp_path):
    assert codes(tmp_path, 128, "x.mean(dim=(2, 3))") == [("SNG801", 24)]
