# SNG805: one of two branches that are joined does not pad
import torch
from torch import nn


class Inception(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(8, 4, 1)
        self.b = nn.Conv2d(8, 4, 3)  # cause

    def forward(self, x):
        return torch.cat([self.a(x), self.b(x)], dim=1)  # SNG805


net = nn.Sequential(nn.Conv2d(3, 8, 3), Inception(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4))
loss = nn.CrossEntropyLoss()(net(torch.randn(6, 3, 16, 16)), torch.randint(0, 4, (6,)))
