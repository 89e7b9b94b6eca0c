# SNG603: one weight for each of five classes, on maps
import torch
from torch import nn

net = nn.Conv2d(3, 5, 1)
criterion = nn.BCEWithLogitsLoss(pos_weight=torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0]))
loss = criterion(net(torch.randn(2, 3, 8, 8)), torch.rand(2, 5, 8, 8))  # SNG603
