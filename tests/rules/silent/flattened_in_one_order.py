"""Soft overlaps of flattened maps whose axes stand in one order, and a gate of as many elements."""

import torch
from torch import nn

probs = nn.Conv2d(4, 3, 1)(torch.randn(2, 4, 16, 16)).softmax(dim=1)
truth = nn.functional.one_hot(torch.randint(0, 3, (2, 16, 16)), 3).permute(0, 3, 1, 2).float()
overlap = (probs.flatten(1) * truth.flatten(1)).sum(1)
last = probs.permute(0, 2, 3, 1).reshape(-1, 3) * truth.permute(0, 2, 3, 1).reshape(-1, 3)
mixed = probs.flatten(1) * torch.rand(2, 768)
