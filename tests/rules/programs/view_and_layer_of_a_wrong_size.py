# SNG107: a wrong size in the view and in the layer cuts the samples
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3)
        self.pool = nn.MaxPool2d(5)
        self.head = nn.Linear(16 * 2 * 2, 10)  # cause

    def forward(self, x):
        x = self.pool(torch.relu(self.conv(x)))
        return self.head(x.view(-1, 16 * 2 * 2))


net = Net()
scores = net(torch.randn(32, 1, 28, 28))
loss = nn.CrossEntropyLoss()(scores, torch.randint(0, 10, (32,)))  # SNG107
