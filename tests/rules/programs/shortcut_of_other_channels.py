# SNG805: the shortcut makes other channels than the block
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(8, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 32, 3, padding=1)
        self.shortcut = nn.Conv2d(8, 16, 1)  # cause

    def forward(self, x):
        return self.conv2(torch.relu(self.conv1(x))) + self.shortcut(x)  # SNG805


net = nn.Sequential(nn.Conv2d(3, 8, 3), Block(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 4))
loss = nn.CrossEntropyLoss()(net(torch.randn(6, 3, 16, 16)), torch.randint(0, 4, (6,)))
