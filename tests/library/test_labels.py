"""What a cell of a table becomes: a number or a text, in a tensor a number, in a batch one for each sample."""

from __future__ import annotations

import pytest

HEAD = """
import ast
import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader, Dataset

df = pd.read_csv("train.csv")
i = int(input())
"""

CELLS = {
    "torch.tensor(df.iloc[i, 1])": "?[]",
    "torch.tensor(df.loc[i, 'label'], dtype=torch.float32)": "float32[]",
    "torch.tensor(df['label'][i]).long()": "int64[]",
    "torch.tensor(df.iloc[i]['label'])": "?[]",
    "torch.tensor(df.iloc[i].label)": "?[]",
    "torch.tensor([df.iloc[i, 1] * 2.0])": "?[1]",
    "torch.FloatTensor([df.iloc[i]['x'], df.iloc[i]['y']])": "float32[2]",
    "torch.tensor([row['label'] for _, row in df.iterrows()]) * 0 + torch.zeros(1)": "?[rows]",
    "torch.tensor(df['a'].map({'cat': 0, 'dog': 1})[i])": "?[]",
    "torch.tensor(df['a'].apply(lambda x: 1 if x == 'cat' else 0).values)": "?[rows]",
    "torch.tensor(df.apply(lambda row: row['a'] == 'b', axis=1).values)": "?[rows]",
    "torch.tensor(df['a'].apply(ast.literal_eval)[i])": "?[*]",
    "torch.tensor(pd.read_pickle('a.pkl')['embedding'][i])": "?[*]",
    "torch.tensor(df.iloc[i].a.split())": "?[*]",
}


@pytest.mark.parametrize(("expression", "facts"), CELLS.items())
def test_a_cell_is_a_number_in_a_tensor(follow, expression, facts):
    assert str(follow(f"{HEAD}\nfound = {expression}\n")["found"]) == facts


SET = {
    "df[df.columns[1:4]].values.tolist()": "?[*]",
    "df['a'].map({'cat': 0, 'dog': 1})": "?[]",
    "df['a'].astype(int)": "?[]",
    "df['a'].apply(ast.literal_eval)": "?[*]",
    "0": "?[]",
}


@pytest.mark.parametrize(("new", "facts"), SET.items())
def test_a_column_that_is_set_has_other_cells(follow, new, facts):
    assert str(follow(f"{HEAD}\ndf['new'] = {new}\nfound = torch.tensor(df['new'][i])\n")["found"]) == facts


BATCHES = {
    "labels.to('cpu')": "?[N]",
    "labels.long()": "int64[N]",
    "labels.float().unsqueeze(1)": "float32[N, 1]",
    "torch.zeros(labels.size(0), 3)": "float32[N, 3]",
    "(torch.zeros(1) > labels)": "bool[N]",
    "torch.nn.functional.one_hot(labels.long(), 4)": "int64[N, 4]",
}


@pytest.mark.parametrize(("expression", "facts"), BATCHES.items())
def test_a_batch_of_cells_is_a_tensor_where_it_is_used_as_one(follow, expression, facts):
    program = f"""{HEAD}
class Rows(Dataset):
    def __init__(self, table):
        self.table = table

    def __len__(self):
        return len(self.table)

    def __getitem__(self, index):
        return self.table.iloc[index, 0], self.table.iloc[index, 1]

names, labels = next(iter(DataLoader(Rows(df), batch_size=4)))
found = {expression}
"""
    names = follow(program)
    assert str(names["found"]) == facts
    assert not hasattr(names["names"], "shape")
