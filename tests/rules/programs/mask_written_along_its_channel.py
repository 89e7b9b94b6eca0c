# SNG103: the mask is written along its channel, so that the axis is taken off after that
import torch
from torch import nn

mask = torch.zeros(4, 1, 12, 12, dtype=torch.long)
mask[:, 0, 2:8, 3:9] = 2
scores = nn.Conv2d(3, 3, 1)(torch.randn(4, 3, 12, 12))
loss = nn.functional.cross_entropy(scores, mask)  # SNG103
