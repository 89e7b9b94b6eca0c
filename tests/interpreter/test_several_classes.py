"""Rows that are written through a list of places hold several ones; heads that are merged without a transpose."""

from __future__ import annotations

import pytest

from snugly.surfaces.checking import check_text

ROWS = """
import random
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Songs(Dataset):
    def __len__(self):
        return 90

    def __getitem__(self, i):
        moods = random.sample(range(6), k=random.randint(1, 3))
        row = torch.zeros(6)
        {lines}
        return torch.randn(5), row


model = nn.Linear(5, 6)
criterion = {loss}()
for x, y in DataLoader(Songs(), batch_size=30):
    criterion(model(x), y).backward()
"""
SEVERAL = ("row[moods] = 1.0", "row[torch.tensor(moods)] = 1", "row[[1, 4]] = 1.0")
ONE = ("row[moods[0]] = 1.0", "row[moods[:1]] = 1.0", "row[[2]] = 1", "row[moods] = 1.0\n        row = row / row.sum()")


def codes(text: str) -> list[str]:
    return [finding.code for finding in check_text(text, "program.py").findings]


@pytest.mark.parametrize("lines", SEVERAL)
def test_a_row_of_several_ones_is_found(lines):
    assert codes(ROWS.format(lines=lines, loss="nn.CrossEntropyLoss")) == ["SNG309"]
    assert codes(ROWS.format(lines=lines, loss="nn.BCEWithLogitsLoss")) == []


@pytest.mark.parametrize("lines", ONE)
def test_a_row_that_may_sum_to_one_is_none(lines):
    assert codes(ROWS.format(lines=lines, loss="nn.CrossEntropyLoss")) == []


HEADS = """
import torch
x = torch.randn({shape})
y = x.{merged}
"""
MIXED = (("32, 3, 9, 8", "reshape(32, 9, 24)"), ("32, 4, 10, 16", "reshape(32, 10, -1)"))
KEPT = (
    ("32, 3, 9, 8", "transpose(1, 2).reshape(32, 9, 24)"),
    ("32, 9, 3, 8", "reshape(32, 9, 24)"),
    ("32, 3, 9, 8", "reshape(32, 3, 72)"),
    ("32, 4, 8, 8", "reshape(32, 8, 32)"),
    ("32, 1, 9, 8", "reshape(32, 9, 8)"),
)


@pytest.mark.parametrize(("shape", "merged"), MIXED)
def test_heads_merged_without_a_transpose_are_found(shape, merged):
    assert codes(HEADS.format(shape=shape, merged=merged)) == ["SNG802"]


@pytest.mark.parametrize(("shape", "merged"), KEPT)
def test_an_order_that_is_kept_is_none(shape, merged):
    assert codes(HEADS.format(shape=shape, merged=merged)) == []
