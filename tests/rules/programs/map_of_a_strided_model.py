# SNG108: the model halves the map, the mask keeps its size
import torch
from torch import nn

net = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.Conv2d(8, 5, 1))
x, y = torch.randn(4, 3, 32, 32), torch.randint(0, 5, (4, 32, 32))
loss = nn.CrossEntropyLoss()(net(x), y)  # SNG108
