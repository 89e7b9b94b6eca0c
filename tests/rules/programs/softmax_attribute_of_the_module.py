# SNG501: the softmax is an attribute of the module
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(20, 7)
        self.softmax = nn.Softmax(dim=-1)  # cause

    def forward(self, x):
        return self.softmax(self.fc(x))


net, criterion = Net(), nn.CrossEntropyLoss()
x, y = torch.randn(40, 20), torch.randint(0, 7, (40,))
loss = criterion(net(x), y)  # SNG501
