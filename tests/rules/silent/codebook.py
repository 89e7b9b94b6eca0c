"""A vector-quantized bottleneck: distances of (N, 1) and (K,), both learnt."""

import torch
import torch.nn.functional as F
from torch import nn

encoder, codebook = nn.Linear(10, 6), nn.Parameter(torch.randn(32, 6))
x = torch.randn(32, 10)
z = encoder(x)
distance = (z**2).sum(1, keepdim=True) + (codebook**2).sum(1) - 2 * z @ codebook.t()
code = distance.argmin(dim=1)
loss = F.mse_loss(codebook[code], z.detach()) + 0.25 * F.mse_loss(z, codebook[code].detach())
