"""Slices of sizes that are not known: read as their author means them, and the same size has the same name."""

from __future__ import annotations

import pytest

from snugly.surfaces.checking import check_text

READ = "import random, torch\ndata = torch.tensor([ord(c) for c in open('input.txt').read()])\n"


@pytest.mark.parametrize(
    "window",
    [
        "torch.stack([data[i : i + 32] for i in range(len(data) - 32)])[0]",
        "torch.stack([data[i : i + 32] for i in torch.randint(len(data) - 32, (16,))])[0]",
        "data[start : start + 32]",
        "data[place.start : place.start + 32]",
    ],
)
def test_a_window_has_its_width_wherever_it_is(shapes_of, window):
    assert (
        shapes_of(f"{READ}import place\nstart = random.randint(0, len(data) - 33)\nx = {window}\n")["x"] == "int64[32]"
    )


def test_a_step_of_strides_that_stay_inside_is_whole(shapes_of):
    text = READ + "for i in range(0, len(data) - 32, 32):\n    x = data[i : i + 32]\n    y = data[i + 1 : i + 33]\n"
    shapes = shapes_of(text)
    assert (shapes["x"], shapes["y"]) == ("int64[32]", "int64[32]")


def test_inputs_and_targets_of_one_step_have_the_same_size(names_of):
    names = names_of(
        """
        import torch
        n = len(open("rows.txt").readlines())
        x, y = torch.randn(n, 8), torch.randn(n)
        order = torch.randperm(n)
        for i in range(0, n, 64):
            inputs, targets, shuffled = x[i : i + 64], y[i : i + 64], x[order[i : i + 64]]
        """
    )
    rows = {names[name].shape[0] for name in ("inputs", "targets", "shuffled")}
    assert len(rows) == 1
    (rows,) = rows
    assert rows.terms[0][0][0].bounds() == (2, 64)


def test_a_split_at_a_symbol_has_that_many_and_the_rest(shapes_of):
    shapes = shapes_of(READ + "n = int(0.9 * len(data))\na, b = data[:n], data[n:]\nc, d = data[:-1], data[1:]\n")
    assert shapes["a"] == "int64[n]"
    assert shapes["b"] == "int64[L - n]"
    assert shapes["c"] == shapes["d"] == "int64[L - 1]"


def test_a_slice_of_a_number_may_find_fewer(names_of):
    size = names_of(READ + "x = data[:100]\n")["x"].shape[0]
    assert str(size) == "min(100, L)"
    assert size.terms[0][0][0].bounds() == (0, 100)


def test_a_chunk_as_long_as_what_is_left_fits_the_shifted_chunk(shapes_of):
    shapes = shapes_of(
        READ
        + """
stream = data[: len(data) // 20 * 20].view(20, -1).t().contiguous()
def batch(source, i):
    n = min(35, len(source) - 1 - i)
    return source[i : i + n], source[i + 1 : i + 1 + n].reshape(-1)
for i in range(0, stream.size(0) - 1, 35):
    x, y = batch(stream, i)
same = x.reshape(-1) == y
"""
    )
    assert shapes["same"].startswith("bool[20*n")


SQUEEZED = """
import pandas as pd, torch
from torch import nn
table = pd.read_csv("houses.csv")
y = torch.FloatTensor(table["price"].values.reshape(-1, 1))
x = torch.FloatTensor(table.drop(columns=["price"]).values)
net = nn.Sequential(nn.Linear(x.shape[1], 64), nn.ReLU(), nn.Linear(64, 1))
order = torch.randperm(len(x))
for i in range(0, len(x), 128):
    chosen = order[i : i + 128]
    loss = nn.functional.mse_loss(net(x[chosen]).squeeze(), y[chosen])
"""


def test_a_squeezed_prediction_against_a_column_is_found_in_batches_that_are_sliced():
    (finding,) = check_text(SQUEEZED, "houses.py").findings
    assert (finding.code, finding.line) == ("SNG401", 11)


LANGUAGE_MODEL = """
import torch
import torch.nn.functional as F
from torch import nn
text = open("input.txt").read()
letters = sorted(set(text))
data = torch.tensor([letters.index(c) for c in text])
net = nn.Sequential(nn.Embedding(len(letters), 24), nn.Linear(24, len(letters)))
starts = torch.randint(len(data) - 32, (16,))
x = torch.stack([data[i : i + 32] for i in starts])
y = torch.stack([data[i + 1 : i + 33] for i in starts])
loss = F.cross_entropy(net(x){fix}, y)
"""


def test_classes_on_the_last_axis_are_found_however_many_there_are():
    (finding,) = check_text(LANGUAGE_MODEL.format(fix=""), "letters.py").findings
    assert finding.code == "SNG111"
    assert "raises unless" in finding.message
    assert not check_text(LANGUAGE_MODEL.format(fix=".transpose(1, 2)"), "letters.py").findings
