# SNG403: > 0.5 of a squeezed output against a column
import torch
from torch import nn

net = nn.Sequential(nn.Linear(8, 1), nn.Sigmoid())
x, y = torch.randn(64, 8), torch.randint(0, 2, (64, 1)).float()
with torch.no_grad():
    guess = (net(x).squeeze(1) > 0.5).float()
    right = (guess == y).sum().item() / len(y)  # SNG403
