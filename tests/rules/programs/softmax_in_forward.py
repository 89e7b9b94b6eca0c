# SNG501: the softmax is written in forward
import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(20, 30)
        self.fc2 = nn.Linear(30, 7)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        return F.softmax(self.fc2(x), dim=1)  # cause


net, criterion = Net(), nn.CrossEntropyLoss()
x, y = torch.randn(40, 20), torch.randint(0, 7, (40,))
loss = criterion(net(x), y)  # SNG501
