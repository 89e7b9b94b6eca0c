"""Class weights, positive weights on vectors and on maps, weights of pixels."""

import torch
import torch.nn.functional as F
from torch import nn

counts = torch.bincount(torch.randint(0, 4, (200,)), minlength=4).float()
loss = nn.CrossEntropyLoss(weight=counts.sum() / (4 * counts.clamp(min=1)))(
    nn.Linear(3, 4)(torch.randn(8, 3)), torch.randint(0, 4, (8,))
)
loss = loss + nn.BCEWithLogitsLoss(pos_weight=torch.rand(6))(nn.Linear(3, 6)(torch.randn(6, 3)), torch.rand(6, 6))
maps, truth = nn.Conv2d(3, 6, 1)(torch.randn(6, 3, 6, 6)), torch.rand(6, 6, 6, 6)
loss = loss + F.binary_cross_entropy_with_logits(maps, truth, pos_weight=torch.rand(6, 1, 1))
loss = loss + F.binary_cross_entropy_with_logits(maps, truth, weight=1 + truth)
