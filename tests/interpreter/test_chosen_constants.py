"""Numbers and texts that are one of a few constants: which ones they are, what conditions take out, where it counts."""

from __future__ import annotations

import pytest

from snugly.interpreter.joins import number_bounds, number_members
from snugly.interpreter.values import Text
from snugly.surfaces.checking import check_text

NUMBERS = {
    "a conditional expression": ("x = 1.0 if unknown() else -1.0", {1.0, -1.0}),
    "two branches": ("if unknown():\n    x = 0\nelse:\n    x = 255", {0, 255}),
    "a default and a branch": ("x = 0\nif unknown():\n    x = 255", {0, 255}),
    "a draw": ("x = random.choice([3, 5, 7])", {3, 5, 7}),
    "the place of a drawn text": ("names = ['a', 'b', 'c']\nx = names.index(random.choice(names))", {0, 1, 2}),
    "the place of a text of two": ("x = ['a', 'b', 'c'].index('a' if unknown() else 'c')", {0, 2}),
    "a drawn key": ("x = {'a': 1, 'b': 4, 'c': 9}[random.choice(['a', 'c'])]", {1, 9}),
    "its opposite": ("y = 1 if unknown() else 2\nx = -y", {-1, -2}),
    "as a float": ("y = 1 if unknown() else 2\nx = float(y)", {1.0, 2.0}),
    "what a condition leaves": ("y = random.choice([1.0, 2.0, 3.0])\nx = 0 if y == 3 else y", {0, 1, 2}),
    "what a comparison leaves": ("y = random.choice([-1, -2, -3])\nx = y if -1 > y else 5", {-2, -3, 5}),
    "what truth leaves": ("x = random.choice([0.0, 1.0, 2.0])\nif not x:\n    x = 7.0", {1, 2, 7}),
    "a multiple of a size": ("y = random.choice([1, 2])\nx = 2 * y + 1", {3, 5}),
}
NOT_KNOWN = {
    "a condition on more than it": "y = random.choice([1, 2, 3])\nx = 0 if check(y) else y",
    "a condition on an item": "y = [random.choice([1, 2]) for _ in range(9)]\nx = 0 if y[i] == 1 else y[i]",
    "a count": "x = 0\nwhile unknown():\n    x = x + 1",
    "a condition on a size": "y = random.choice([1, 2, 3])\nx = 0 if y == 3 else y + 1",
    "a condition on a multiple": "y = 2 * random.choice([1, 2, 3])\nx = 0 if 2 * y == 6 else y + 2",
    "a sum of two": "x = random.choice([1, 2]) + random.choice([1, 2])",
    "a place of any text": "x = ['a', 'b'].index(input())",
}


@pytest.mark.parametrize("name", NUMBERS)
def test_the_constants_are_known(names_of, name):
    lines, members = NUMBERS[name]
    found = names_of(f"import random\nfrom elsewhere import unknown\n{lines}\n")["x"]
    assert number_members(found) == members
    assert number_bounds(found) == (min(members), max(members))


@pytest.mark.parametrize("name", NOT_KNOWN)
def test_constants_that_are_not_all_there_is_are_not_kept(names_of, name):
    found = names_of(f"import random\nfrom elsewhere import unknown, check, i\n{NOT_KNOWN[name]}\n")["x"]
    assert number_members(found) is None


def test_a_drawn_text_is_one_of_those_that_it_is_drawn_from(names_of):
    assert names_of("import random\nx = random.choice(['a', 'b'])\n")["x"] == Text(frozenset("ab"))


PROGRAM = """
import random
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

NAMES = ["ash", "elm", "fir", "oak"]
CODES = {{"ash": 0, "elm": 1, "fir": 2, "oak": 255}}


class Trees(Dataset):
    def __init__(self):
        self.tall = torch.rand(90) > 0.5

    def __len__(self):
        return 90

    def __getitem__(self, i):
        {lines}
        return torch.randn(5), {target}


model = nn.Linear(5, {classes})
criterion = {loss}
for x, y in DataLoader(Trees(), batch_size=30):
    loss = criterion(model(x), y)
    loss.backward()
"""
CLASS = ("label", 3, "nn.CrossEntropyLoss()")
COLUMN = ("torch.tensor([label])", 1, "nn.BCEWithLogitsLoss()")
FOUND = {
    "signs": ("label = 1.0 if self.tall[i] else -1.0", *COLUMN, ["SNG303"]),
    "bytes": ("label = 0.0\n        if self.tall[i]:\n            label = 255.0", *COLUMN, ["SNG303"]),
    "zero and one for signs": (
        "label = 1.0 if self.tall[i] else 0.0",
        "torch.tensor([label])",
        1,
        "nn.SoftMarginLoss()",
        ["SNG308"],
    ),
    "a class too many": ("label = NAMES.index(random.choice(NAMES))", *CLASS, ["SNG301"]),
    "a code too many": ("label = CODES[random.choice(NAMES)]", *CLASS, ["SNG301"]),
}
FITS = {
    "zero and one": ("label = 1.0 if self.tall[i] else 0.0", *COLUMN),
    "signs made zero and one": (
        "label = 1.0 if self.tall[i] else -1.0\n        label = 0.0 if label < 0 else label",
        *COLUMN,
    ),
    "signs moved": ("label = 1.0 if self.tall[i] else -1.0\n        label = (label + 1) / 2", *COLUMN),
    "signs cut": ("label = max(1.0 if self.tall[i] else -1.0, 0.0)", *COLUMN),
    "a mark of nothing found": (
        "label = -1\n        if i > 9:\n            label = 0\n        elif i > 5:\n            label = 2",
        *CLASS,
    ),
    "a class left out": (
        "label = CODES[random.choice(NAMES)]\n        label = 1 if label == 255 else label",
        *CLASS,
    ),
    "drawn again": (
        "name = random.choice(NAMES)\n        while name == 'oak':\n            name = random.choice(NAMES)\n"  # noqa: ISC004
        "        label = NAMES.index(name)",
        *CLASS,
    ),
}


def codes(lines: str, target: str, classes: int, loss: str) -> list[str]:
    text = PROGRAM.format(lines=lines, target=target, classes=classes, loss=loss)
    return [finding.code for finding in check_text(text, "trees.py").findings]


@pytest.mark.parametrize("name", FOUND)
def test_a_constant_that_the_loss_does_not_take_is_found(name):
    *program, expected = FOUND[name]
    assert codes(*program) == expected


@pytest.mark.parametrize("name", FITS)
def test_a_constant_that_is_taken_out_is_none(name):
    assert codes(*FITS[name]) == []


@pytest.mark.parametrize("made", ["np.array({})", "torch.tensor({})", "torch.from_numpy(np.asarray({}))"])
@pytest.mark.parametrize("data", ["[1.0 if unknown() else -1.0]", "[1.0 if unknown() else -1.0 for _ in range(50)]"])
def test_arrays_and_tensors_of_them_know_their_elements(names_of, made, data):
    lines = f"import torch\nimport numpy as np\nfrom elsewhere import unknown\nx = {made.format(data)}\n"
    values = names_of(lines)["x"].values
    assert values.members == values.written == {1, -1}
