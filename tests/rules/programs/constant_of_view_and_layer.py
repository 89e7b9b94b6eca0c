# SNG107: one constant gives the view and the layer their wrong size
import torch
import torch.nn.functional as F
from torch import nn

FLAT = 16 * 2 * 2  # cause


class Net(nn.Module):
    def __init__(self, flat=64):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3)
        self.pool = nn.MaxPool2d(5)
        self.fc = nn.Sequential(nn.Linear(flat, 32), nn.ReLU(), nn.Linear(32, 10))

    def forward(self, x):
        x = self.pool(self.conv(x))
        return self.fc(x.reshape((-1, FLAT)))


net = Net(FLAT)
x = torch.randn(32, 1, 28, 28)
y = torch.randint(0, 10, (32,))
loss = F.cross_entropy(net(x), y)  # SNG107
