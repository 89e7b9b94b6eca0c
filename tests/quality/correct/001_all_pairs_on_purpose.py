"""Distances of every point to every centre, (N, 1, D) - (K, D), and a kernel of a column against a row."""
import torch
from torch import nn

torch.manual_seed(0)
points = torch.randn(60, 4)
centres = nn.Parameter(torch.randn(5, 4))
optimizer = torch.optim.Adam([centres], lr=0.05)
for step in range(20):
    distances = ((points[:, None, :] - centres) ** 2).sum(-1)
    loss = distances.min(dim=1).values.mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
scalar = points[:, 0]
kernel = torch.exp(-(scalar.unsqueeze(1) - scalar.unsqueeze(0)) ** 2)
print(f"{loss.item():.4f} {kernel.mean().item():.4f}")
