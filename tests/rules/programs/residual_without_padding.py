# SNG805: the second convolution of a residual block does not pad
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv1 = nn.Conv2d(c, c, 3, padding=1)
        self.conv2 = nn.Conv2d(c, c, kernel_size=3)  # cause

    def forward(self, x):
        h = torch.relu(self.conv1(x))
        h = self.conv2(h)
        return x + h  # SNG805


net = nn.Sequential(nn.Conv2d(3, 8, 3), Block(8), nn.Flatten(), nn.LazyLinear(4))
loss = nn.CrossEntropyLoss()(net(torch.randn(6, 3, 16, 16)), torch.randint(0, 4, (6,)))
