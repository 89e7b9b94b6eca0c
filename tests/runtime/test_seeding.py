"""Where the source knows nothing of the data, the frames of a crash do; the source tells what became of it."""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
import pytest
import torch

from snugly.runtime.seeding import callers_of, seeds_of, told
from snugly.runtime.session import Session
from snugly.runtime.source import source_findings

pytestmark = pytest.mark.filterwarnings("ignore:Using a target size")


@pytest.fixture
def train(tmp_path, monkeypatch):
    """Return what runs a text as a file beside data files, and returns what explains its crash."""
    rng = np.random.default_rng(0)
    np.save(tmp_path / "x.npy", rng.normal(size=(100, 12)).astype("float32"))
    np.save(tmp_path / "y.npy", rng.integers(0, 3, size=(100, 1)))
    torch.save({"x": torch.zeros(100, 12), "y": torch.zeros(100)}, tmp_path / "kept.pt")
    np.savetxt(tmp_path / "table.csv", rng.normal(size=(100, 13)), delimiter=",")
    monkeypatch.chdir(tmp_path)

    def run(text):
        path = tmp_path / "train.py"
        path.write_text(text)
        module = ModuleType("train")
        module.__file__ = str(path)
        monkeypatch.setitem(sys.modules, "train", module)
        told = []
        session = Session(told.append, lambda seeds: source_findings(str(path), seeds=seeds))
        with session.watching():
            try:
                exec(compile(text, str(path), "exec"), vars(module))
            except RuntimeError as error:
                assert source_findings(str(path)) == ()  # the source alone does not know
                return session.explain(error)
        return tuple(told)

    return run


ARRAYS = """\
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

def load():
    values = {name: np.load(f"{name}.npy") for name in "xy"}
    return values["x"], values["y"]

def main():
    features, labels = load()
    data = TensorDataset(torch.from_numpy(features), torch.from_numpy(labels))
    model, criterion = nn.Linear(features.shape[1], 3), nn.CrossEntropyLoss()
    for x, y in DataLoader(data, batch_size=32):
        criterion(model(x), y).backward()

main()
"""


def test_arrays_from_files_are_followed_to_the_loss(train):
    (finding,) = train(ARRAYS)
    assert (finding.code, finding.line, finding.cause.line) == ("SNG103", 15, 12)
    assert [step.place.line for step in finding.origin if step.argument == "target"] == [11, 12, 14]
    assert finding.facts["target"].shape == (32, 1)
    assert finding.fixes[0].edits[0].place.line == 12


ATTRIBUTES = """\
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

class Rows(Dataset):
    def __init__(self, path):
        kept = torch.load(path)
        self.x = kept["x"]
        self.y = kept["y"]

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]

loader = DataLoader(Rows("kept.pt"), batch_size=32)
model = nn.Linear(12, 1)
for x, y in loader:
    loss = nn.functional.mse_loss(model(x), y)
"""


def test_attributes_of_a_live_dataset_give_a_trap_its_origin(train):
    (finding,) = train(ATTRIBUTES)
    assert (finding.code, finding.line) == ("SNG401", 20)
    assert [step.place.line for step in finding.origin if step.argument == "target"] == [9, 15, 17]
    assert finding.fixes[0].edits


TABLE = """\
import csv
import torch
from torch import nn

with open("table.csv") as file:
    rows = [[float(cell) for cell in row] for row in csv.reader(file)]
table = torch.tensor(rows)
inputs = table[:, :-1]
net = nn.Sequential(nn.Linear(10, 8), nn.ReLU(), nn.Linear(8, 1))
net(inputs)
"""


def test_a_table_of_text_tells_the_layer_to_change(train):
    (finding,) = train(TABLE)
    assert (finding.code, finding.line, finding.cause.line) == ("SNG801", 10, 9)
    assert [edit.text for edit in finding.fixes[0].edits] == ["12"]


REBOUND = """\
import torch
from torch import nn

x = torch.load("kept.pt")["x"]
x = x[:, :10]
nn.Linear(9, 2)(x)
"""


def test_a_name_that_is_bound_twice_is_not_what_it_was(train):
    (finding,) = train(REBOUND)
    assert (finding.line, finding.facts["input"].shape) == (6, (100, 10))
    assert all(step.facts is None or step.facts.shape != (100, 12) for step in finding.origin)


def test_what_has_no_word_is_left_out():
    here, odd = torch.zeros(3, 4), object()
    seeds = seeds_of(callers_of(sys._getframe()))
    names = seeds.names[next(key for key in seeds.names if key[0] == __file__ and key[1])]
    assert names["here"].shape == (3, 4)
    assert "odd" not in names
    assert odd is not None
    del here
    assert told([1] * 1000).length == 1000
    assert told([torch.zeros(2, 3), torch.zeros(5, 3)] * 50).element.shape == (None, 3)
