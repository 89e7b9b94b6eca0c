"""What torch itself raises and warns is known, with the shapes that were passed."""

from __future__ import annotations

import warnings

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import snugly

CALLS = {
    "batch": lambda: F.cross_entropy(torch.randn(324, 5), torch.zeros(4, dtype=torch.long)),
    "row": lambda: F.cross_entropy(torch.randn(8, 3), torch.zeros(1, 8, dtype=torch.long)),
    "column": lambda: F.cross_entropy(torch.randn(8, 3), torch.zeros(8, 1, dtype=torch.long)),
    "float labels": lambda: F.cross_entropy(torch.randn(8, 3), torch.zeros(8)),
    "int32 labels": lambda: F.cross_entropy(torch.randn(8, 3), torch.zeros(8, dtype=torch.int32)),
    "one-hot": lambda: F.cross_entropy(torch.randn(8, 3), torch.zeros(8, 3, dtype=torch.long)),
    "label range": lambda: F.cross_entropy(torch.randn(8, 3), torch.full((8,), 3)),
    "class axis": lambda: F.cross_entropy(torch.randn(4, 7, 5), torch.zeros(4, 7, dtype=torch.long)),
    "mask channel": lambda: F.cross_entropy(torch.randn(2, 3, 4, 4), torch.zeros(2, 1, 4, 4, dtype=torch.long)),
    "weight": lambda: F.cross_entropy(torch.randn(8, 3), torch.zeros(8, dtype=torch.long), torch.ones(4)),
    "bce column": lambda: F.binary_cross_entropy(torch.rand(8, 1), torch.rand(8)),
    "bce logits": lambda: F.binary_cross_entropy_with_logits(torch.rand(8, 6), torch.rand(8, 7)),
    "bce dtype": lambda: F.binary_cross_entropy(torch.rand(8), torch.ones(8, dtype=torch.long)),
    "bce range": lambda: F.binary_cross_entropy(torch.rand(8) + 3, torch.rand(8)),
    "bce target": lambda: F.binary_cross_entropy(torch.rand(8), torch.rand(8) + 3),
    "pos_weight": lambda: F.binary_cross_entropy_with_logits(
        torch.rand(8, 6), torch.rand(8, 6), pos_weight=torch.ones(8)
    ),
    "mse sizes": lambda: F.mse_loss(torch.rand(8, 3), torch.rand(8)),
    "huber backward": lambda: F.huber_loss(
        torch.rand(8, requires_grad=True), torch.ones(8, dtype=torch.double)
    ).backward(),
    "linear": lambda: nn.Linear(784, 64)(torch.randn(32, 400)),
    "linear dtype": lambda: nn.Linear(4, 2)(torch.ones(3, 4, dtype=torch.double)),
    "conv": lambda: nn.Conv2d(8, 4, 3)(torch.randn(2, 16, 8, 8)),
    "conv rank": lambda: nn.Conv2d(8, 4, 3)(torch.randn(2, 8)),
    "view": lambda: torch.randn(6, 10).view(4, 16),
    "view strides": lambda: torch.randn(6, 10).t().view(60),
    "cat": lambda: torch.cat([torch.randn(2, 3, 8, 8), torch.randn(2, 3, 7, 7)], 1),
    "stack": lambda: torch.stack([torch.randn(3), torch.randn(4)]),
    "add": lambda: torch.randn(1024, 3) + torch.randn(97, 3),
    "batch norm": lambda: nn.BatchNorm1d(4)(torch.randn(1, 4)),
    "hidden": lambda: nn.LSTM(3, 4, batch_first=True)(
        torch.randn(5, 2, 3), (torch.zeros(1, 8, 4), torch.zeros(1, 8, 4))
    ),
    "lstm input": lambda: nn.LSTM(3, 4)(torch.randn(5, 2, 6)),
    "embedding": lambda: nn.Embedding(5, 2)(torch.tensor([5])),
    "squeeze": lambda: torch.randn(3).softmax(1),
    "scalar": lambda: torch.randn(3, requires_grad=True).exp().backward(),
    "ctc lengths": lambda: F.ctc_loss(
        torch.randn(10, 2, 4).log_softmax(-1),
        torch.ones(2, 3, dtype=torch.long),
        torch.tensor([12, 10]),
        torch.tensor([3, 3]),
    ),
    "reduction": lambda: F.mse_loss(torch.rand(3), torch.rand(3), reduction="avg"),
    "triplet": lambda: F.triplet_margin_loss(torch.rand(3, 2), torch.rand(3, 2), torch.rand(2)),
    "cosine": lambda: F.cosine_embedding_loss(torch.rand(3, 2), torch.rand(3, 2), torch.ones(3, 1)),
    "multi margin": lambda: F.multi_margin_loss(torch.rand(3, 2), torch.zeros(3, 1, dtype=torch.long)),
    "loss class": lambda: nn.MSELoss(torch.rand(3), torch.rand(3)),
    "gaussian var": lambda: F.gaussian_nll_loss(torch.rand(3), torch.rand(3), torch.full((3,), -1.0)),
    "half": lambda: F.nll_loss(torch.rand(3, 2, dtype=torch.half), torch.zeros(3, dtype=torch.int32)),
}


@pytest.mark.filterwarnings("ignore:Using a target size")
@pytest.mark.parametrize("name", CALLS)
def test_an_error_of_this_torch_is_known(name):
    with pytest.raises(Exception) as raised:  # noqa: PT011 - torch raises what it raises
        CALLS[name]()
    error = raised.value
    (finding, *_) = snugly.explain(f"{type(error).__name__}: {error}").findings
    assert finding.likely
    assert finding.raises.type == type(error).__name__


def test_the_shapes_in_a_message_become_facts():
    finding = snugly.explain(
        "ValueError: Target size (torch.Size([64, 7])) must be the same as input size (torch.Size([64, 8]))"
    ).findings[0]
    assert finding.facts["input"].shape == (64, 8)
    assert finding.facts["target"].shape == (64, 7)


def test_the_broadcast_warning_is_told_with_its_consequence():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        F.mse_loss(torch.rand(32, 1), torch.rand(32))
    finding = snugly.explain(str(caught[0].message)).findings[0]
    assert "1024 pairs instead of 32" in finding.message
    assert str(finding.severity) == "warning"
