"""Entries of tables: what a program makes of one that it reads, and, where pandas is there, that pandas agrees."""

import io

import pytest

from snugly.interpreter.values import Number, Unknown

CSV = "UserID,MovieID,Rating,Title\n" + "\n".join(f"{n % 7},{n % 5},{n % 3},film {n}" for n in range(40)) + "\n"
PROGRAM = """
import numpy as np
import pandas as pd
import torch
df = pd.read_csv(FILE)
one = torch.tensor(df['UserID'][3])
also = torch.tensor(df.UserID.iloc[3], dtype=torch.long)
row = df.iloc[4]
cell = torch.tensor(row['Rating'], dtype=torch.float32)
dotted = torch.tensor(row.Rating)
some = df[df['Rating'] != 1]
kept = torch.tensor(some.Rating.values)
listed = torch.tensor(df['MovieID'].tolist())
names = df['Title'].str.lower().tolist()
text = df.Title[0].upper()
mapped = torch.tensor(df['Rating'].map({0: 0, 1: 1, 2: 2}).values)
two = torch.from_numpy(df[['UserID', 'Rating']].values)
grown = df.copy()
grown['labels'] = np.zeros(len(grown), dtype=np.int64)
labels = torch.tensor(grown['labels'].values)
built = pd.DataFrame({'a': np.arange(5.0), 'b': np.arange(5)})
entry = torch.tensor(built['a'][2])
pairs = [(u, i) for u, i in zip(df['UserID'], df['MovieID'])]
users = torch.tensor([u for u, _ in pairs])
figure = df['Rating'].mean()
tokens = df['Title'].apply(lambda title: title.split())
"""
RANKS = {"one": 0, "also": 0, "cell": 0, "dotted": 0, "kept": 1, "listed": 1, "mapped": 1, "two": 2, "labels": 1,
         "entry": 0, "users": 1}  # fmt: skip


def test_entries_columns_and_rows_have_their_axes(follow):
    names = follow(PROGRAM.replace("FILE", "'ratings.csv'"))
    assert {name: names[name].rank for name in RANKS} == RANKS
    assert names["two"].shape[1] == 2
    assert str(names["also"]) == "int64[]"
    assert str(names["cell"]) == "float32[]"
    assert str(names["entry"]) == "float64[]"
    assert names["listed"].shape != names["kept"].shape
    assert isinstance(names["figure"], Number)


def test_pandas_says_the_same(follow, faults):
    pytest.importorskip("pandas")
    real = {"FILE": io.StringIO(CSV)}
    exec(PROGRAM, real)
    found = follow(PROGRAM.replace("FILE", "'ratings.csv'"))
    for name, rank in RANKS.items():
        assert real[name].ndim == rank
        assert faults(found[name].with_(kind="ndarray"), real[name].numpy(), name) == []


@pytest.mark.parametrize("entry", ["df['x'][0]", "df.iloc[0]['x']", "df.loc[0, 'x']"])
def test_an_entry_of_a_pickled_table_may_be_anything(follow, entry):
    text = f"import pandas as pd, torch\ndf = pd.read_pickle('kept.pkl')\nx = torch.tensor({entry})\n"
    assert follow(text)["x"].shape is None


def test_what_a_function_makes_of_texts_may_be_lists(follow):
    names = follow(PROGRAM.replace("FILE", "'ratings.csv'") + "\nx = torch.tensor(tokens[0])\n")
    assert names["x"].shape is None


LOADED = """
import pandas as pd
import torch
from torch.utils.data import DataLoader, Dataset
class Reviews(Dataset):
    def __init__(self, frame):
        self.frame = frame
    def __len__(self):
        return len(self.frame)
    def __getitem__(self, index):
        row = self.frame.iloc[index]
        return row["text"], row["label"]
for text, label in DataLoader(Reviews(pd.read_csv("reviews.csv")), batch_size=4):
    target = label.to("cpu")
    words = [each.split() for each in text]
"""


def test_a_batch_of_entries_is_a_tensor_where_it_is_used_as_one(follow):
    names = follow(LOADED)
    assert str(names["target"]) == "?[N]"
    assert not isinstance(names["words"], Unknown)
