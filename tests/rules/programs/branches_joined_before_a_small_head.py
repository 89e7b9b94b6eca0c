# SNG101: two encodings are joined along the batch, the head was made for one
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 8)
        self.b = nn.Linear(6, 8)
        self.head = nn.Linear(8, 3)

    def forward(self, x, z):
        h = torch.cat([self.a(x), self.b(z)], dim=0)  # cause
        return self.head(h)


net = Net()
loss = nn.CrossEntropyLoss()(net(torch.randn(20, 4), torch.randn(20, 6)), torch.randint(0, 3, (20,)))  # SNG101
