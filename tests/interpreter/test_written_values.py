"""Values that a program writes into a mask: reported where they reach a loss, not where something takes them out."""

from __future__ import annotations

import pytest

from snugly.surfaces.checking import check_text

PROGRAM = """
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Shapes(Dataset):
    def __len__(self):
        return 100

    def __getitem__(self, i):
        rng = np.random.default_rng(i)
        r, c = rng.integers(0, 20, size=2)
        image = rng.random((3, 32, 32)).astype(np.float32)
        mask = np.zeros((32, 32), dtype=np.uint8)
        {lines}
        image, mask = torch.from_numpy(image), torch.from_numpy(mask)
        return image, {target}


model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 2, 1))
criterion = nn.CrossEntropyLoss({options})
for image, mask in DataLoader(Shapes(), batch_size=10, shuffle=True):
    loss = criterion(model(image), mask)
    loss.backward()
"""

BOX = "mask[r:r + 8, c:c + 8] = 255"
REACHES = {
    "box": BOX,
    "pixel": "for y in range(32):\n            if y > r:\n                mask[y, c] = 255",
    "mask from elsewhere": "border = np.zeros((32, 32), dtype=bool)\n        border[0] = True\n        mask[border] = 255",
    "circle": "yy, xx = np.mgrid[:32, :32]\n        mask[(yy - r) ** 2 + (xx - c) ** 2 < 25] = 255",
    "choice": "mask = np.where(image[0] > 0.5, 255, 0)",
    "product": "mask[r] = 1\n        mask = mask * 255",
    "one path": "if r > 10:\n            mask[c] = 255",
}
TAKEN_OUT = {
    "mask of itself": f"{BOX}\n        mask[mask == 255] = 1",
    "mask of its range": f"{BOX}\n        mask[mask > 1] = 1",
    "choice by itself": f"{BOX}\n        mask = np.where(mask == 255, 1, mask)",
    "overwritten": f"{BOX}\n        mask[:, :] = 1",
    "limited": f"{BOX}\n        mask = np.minimum(mask, 1)",
    "clipped": f"{BOX}\n        mask = np.clip(mask, 0, 1)",
    "divided": f"{BOX}\n        mask //= 255",
    "remainder": f"{BOX}\n        mask = mask % 2",
    "table": f"{BOX}\n        lut = np.zeros(256, dtype=np.uint8)\n        lut[255] = 1\n        mask = lut[mask]",
    "pixel by pixel": f"{BOX}\n        for y in range(32):\n            for x in range(32):\n"
    "                if mask[y, x] == 255:\n                    mask[y, x] = 1",
    "never run": f"if False:\n            {BOX}",
}


def codes(lines: str, target: str = "mask.long()", options: str = "") -> list[str]:
    text = PROGRAM.format(lines=lines, target=target, options=options)
    return [finding.code for finding in check_text(text, "masks.py").findings]


@pytest.mark.parametrize("name", REACHES)
def test_a_label_that_names_no_class_is_found(name):
    assert codes(REACHES[name]) == ["SNG301"]


@pytest.mark.parametrize("name", TAKEN_OUT)
def test_a_value_that_is_taken_out_is_none(name):
    assert codes(TAKEN_OUT[name]) == []


@pytest.mark.parametrize(
    "target", ["mask.long().clamp(max=1)", "(mask > 0).long()", "mask.long().masked_fill(mask == 255, 1)"]
)
def test_a_value_that_torch_takes_out_is_none(target):
    assert codes(BOX, target) == []


def test_the_ignored_label_is_none():
    assert codes(BOX, options="ignore_index=255") == []
