"""A loop whose iterations all do the same is followed once; what it adds up has the value that all of them leave."""

from __future__ import annotations

import pytest
import torch

HEAD = """
import torch
from torch.utils.data import DataLoader, TensorDataset

loader = DataLoader(TensorDataset(torch.zeros(130, 4), torch.zeros(130)), batch_size=32)
"""


def size(value):
    return value if isinstance(value, int) else int(str(value))


@pytest.mark.parametrize(
    ("loop", "name", "expected"),
    [
        ("n = 0\nfor x, y in loader:\n    n += len(y)", "n", 130),
        ("n = 0\nfor epoch in range(7):\n    for x, y in loader:\n        n += 1", "n", 35),
        ("n = 3\nfor epoch in range(7):\n    n += 2\n    print(epoch, n)", "n", 17),
        ("n = 3\nfor epoch in range(7):\n    n += epoch", "n", 24),
        ("n, m = 0, 1\nfor epoch in range(4):\n    n += m\n    m += n", "n", 21),
        ("n = 0\nfor epoch in range(5):\n    if n < 3:\n        n += 1", "n", 3),
        ("n = 0\nfor epoch in range(5):\n    n += 1\n    if n == 3:\n        break", "n", 3),
    ],
)
def test_what_a_loop_adds_to_a_number_is_the_sum_that_python_computes(names_of, loop, name, expected):
    scope = {}
    exec(HEAD + loop, scope)
    assert scope[name] == expected
    assert size(names_of(HEAD + loop)[name]) == expected


@pytest.mark.parametrize(
    "loop",
    [
        "kept = []\nfor x, y in loader:\n    kept.append(x.mean())",
        "kept, n = [], 0\nfor x, y in loader:\n    kept.append(x.mean())\n    n += len(x)",
        "kept = []\nfor epoch in range(3):\n    for x, y in loader:\n        kept.append(x.sum())",
        "kept = [torch.zeros(())]\nfor epoch in range(6):\n    kept.append(torch.ones(()))\n    print(len(kept))",
        "kept = []\nfor epoch in range(6):\n    kept.append(torch.zeros(len(kept) + 2).sum())",
        "kept = []\nother = {'kept': kept}\nfor epoch in range(6):\n    kept.append(torch.zeros(len(other['kept'])).sum())",
    ],
)
def test_what_a_loop_appends_to_a_list_has_the_length_that_python_gives_it(names_of, loop):
    scope = {}
    program = f"{HEAD}{loop}\nstacked = torch.stack(kept)\n"
    exec(program, scope)
    facts = names_of(program)["stacked"]
    assert tuple(map(size, facts.shape)) == tuple(scope["stacked"].shape)


def test_a_function_sees_in_the_second_iteration_what_the_first_one_wrote(names_of):
    program = """
import torch

last = torch.zeros(3)

def read():
    return last

for step in range(5):
    seen = read()
    last = torch.zeros(4, 3)
"""
    assert tuple(names_of(program)["seen"].shape) == tuple(torch.zeros(4, 3).shape)


def test_a_name_that_an_inner_function_binds_for_itself_is_still_read_from_outside(names_of):
    program = """
import torch

last = torch.zeros(3)

def read():
    unused = [last for last in range(2)], lambda last: last
    return last

for step in range(5):
    seen = read()
    last = torch.zeros(4, 3)
"""
    assert tuple(names_of(program)["seen"].shape) == (4, 3)


def test_a_function_that_each_iteration_defines_is_followed_in_each(names_of):
    program = """
import torch

total = 0
for step in range(5):
    rows = torch.zeros(step + 1, 2)

    def closure():
        loss = rows.sum(dim=0)
        return loss

    found = closure()
    total += len(found)
"""
    names = names_of(program)
    assert tuple(names["found"].shape) == (2,)
    assert size(names["total"]) == 10


def test_a_print_of_the_programs_own_may_do_anything(names_of):
    program = """
import torch

held = [torch.zeros(2)]

def print(epoch):
    held[0] = torch.zeros(epoch + 1)

for epoch in range(5):
    print(epoch)
found = held[0]
"""
    assert tuple(map(size, names_of(program)["found"].shape)) == (5,)


def test_what_an_iteration_leaves_for_the_next_is_followed(names_of):
    program = f"""{HEAD}
state = None
for x, y in loader:
    hidden = x.sum(dim=0) if state is None else state
    state = torch.stack([hidden.mean(), hidden.max()])
"""
    assert tuple(map(size, names_of(program)["hidden"].shape)) == (2,)
