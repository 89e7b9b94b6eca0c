"""Columns against columns, vectors against vectors, and one weight for each sample."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

net = nn.Linear(6, 1)
data = TensorDataset(torch.randn(100, 6), torch.randn(100, 1), torch.rand(100))
for x, y, weight in DataLoader(data, batch_size=32, drop_last=True):
    out = net(x)
    loss = F.mse_loss(out, y) + (weight * F.l1_loss(out, y, reduction="none").squeeze(1)).mean()
    loss = loss + (weight.unsqueeze(1) * (out - y) ** 2).mean() + F.huber_loss(out.squeeze(-1), y.flatten())
    right = ((out > 0) == (y > 0)).float().mean()
