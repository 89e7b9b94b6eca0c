# SNG805: the shortcut does not follow the stride
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, c, out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(c, out, 3, stride, 1)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1)
        self.shortcut = nn.Sequential(nn.Conv2d(c, out, 1), nn.BatchNorm2d(out))  # cause

    def forward(self, x):
        h = torch.relu(self.bn1(self.conv1(x)))
        h = self.conv2(h)
        h += self.shortcut(x)  # SNG805
        return h


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.b = nn.Sequential(Block(3, 8, 1), Block(8, 16, 2))
        self.fc = nn.Linear(16, 4)

    def forward(self, x):
        return self.fc(self.b(x).mean((2, 3)))


net = Net()
loss = nn.CrossEntropyLoss()(net(torch.randn(6, 3, 16, 16)), torch.randint(0, 4, (6,)))
