"""A loader's batches are numbered: the last, shorter one is never the first."""

from __future__ import annotations

import snugly

PROGRAM = """
import torch
from torch.utils.data import DataLoader, TensorDataset

loader = DataLoader(TensorDataset(torch.zeros(100, 784)), batch_size=32)
for i, (x,) in enumerate(loader):
    if i == {number}:
        x.view(32, 1, 28, 28)
"""


def findings(tmp_path, number):
    script = tmp_path / "script.py"
    script.write_text(PROGRAM.format(number=number))
    return snugly.check([str(script)]).findings


def test_what_only_the_first_batch_meets_is_judged_for_it_alone(tmp_path):
    assert findings(tmp_path, 0) == ()


def test_what_the_last_batch_meets_is_judged_for_it(tmp_path):
    (finding,) = findings(tmp_path, 3)
    assert "32, 1, 28, 28" in finding.message
