"""The lines that a report lists under "came from": every input that a size came from, not the first alone."""

import textwrap

import snugly

CAT = """
import torch
import torch.nn as nn

left = torch.randn(32, 10)
right = torch.randn(32, 7)
joined = torch.cat([left, right], dim=1)
nn.Linear(20, 2)(joined)
"""
SUM = """
import torch
import torch.nn.functional as F

bias = torch.zeros(1, 4)
scores = torch.randn(32, 1)
rows = torch.randn(32, 4)
both = bias + rows
pairs = scores.squeeze(1) + scores
F.mse_loss(both, torch.zeros(32, 5))
F.mse_loss(pairs, torch.zeros(32, 5))
"""


def origin_lines(tmp_path, program):
    file = tmp_path / "program.py"
    file.write_text(textwrap.dedent(program).lstrip())
    return [[step.place.line for step in each.origin] for each in snugly.check([str(file)]).findings]


def test_every_part_of_a_join_is_listed(tmp_path):
    (lines,) = origin_lines(tmp_path, CAT)
    assert lines[:3] == [4, 5, 6]


def test_a_sum_came_from_the_operand_that_has_its_shape(tmp_path):
    both, pairs = origin_lines(tmp_path, SUM)
    assert both[:1] == [6]
    assert 4 not in both
    assert {5, 8} <= set(pairs)
