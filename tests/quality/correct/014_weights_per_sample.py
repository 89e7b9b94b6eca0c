"""Losses that stay per sample times a weight of the same shape, and per element times a column."""
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(14)
x = torch.randn(75, 4)
labels = (x[:, 0] > 0).long()
values = x[:, 1:] * 2
weight = torch.rand(75) + 0.5
head, tail = nn.Linear(4, 2), nn.Linear(4, 3)
optimizer = torch.optim.Adam([*head.parameters(), *tail.parameters()], lr=0.03)
for epoch in range(3):
    for features, label, value, w in DataLoader(TensorDataset(x, labels, values, weight), batch_size=16):
        loss = (F.cross_entropy(head(features), label, reduction="none") * w).mean()
        loss = loss + (F.mse_loss(tail(features), value, reduction="none") * w[:, None]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"{epoch} {loss.item():.4f}")
