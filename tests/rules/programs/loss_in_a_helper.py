# SNG402: a helper computes the loss of a column and a vector; the caller is to change
import torch
from torch import nn

x, y = torch.randn(500, 6), torch.randn(500)
net = nn.Linear(6, 1)


def mse(p, t):
    return torch.mean((p - t) ** 2)  # SNG402


idx = torch.randperm(500)[:50]
loss = mse(net(x[idx]), y[idx])  # cause
