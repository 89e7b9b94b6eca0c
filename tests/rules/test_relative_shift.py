"""A view that a later view takes back was meant: the shift of relative positions."""

from __future__ import annotations

import snugly

SHIFT = """
import torch


def shift(x):
    zeros = torch.zeros((x.size(0), 1) + x.size()[2:])
    padded = torch.cat([zeros, x], dim=1)
    padded = padded.view((x.size(1) + 1, x.size(0)) + x.size()[2:])
    {last}


shift(torch.randn(7, 9, 4, 2))
"""


def findings(tmp_path, last):
    script = tmp_path / "script.py"
    script.write_text(SHIFT.format(last=last))
    return [finding.code for finding in snugly.check([str(script)]).findings]


def test_a_shift_is_not_reported(tmp_path):
    assert findings(tmp_path, "return padded[1:].view_as(x)") == []


def test_the_view_alone_is_reported(tmp_path):
    assert findings(tmp_path, "return padded") == ["SNG802"]


ANY_SIZE = """
class Attention:
    @staticmethod
    def shift(x, length=-1):
        a, b, c, d = x.shape
        x = x.reshape(a, b, d, c)
        x = x[:, :, 1:, :]
        return x.reshape(a, b, c, d - 1)
"""


def test_a_shift_of_any_size_is_not_reported(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(ANY_SIZE)
    assert not snugly.check([str(script)]).findings
