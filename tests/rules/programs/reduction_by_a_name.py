# SNG507: the reduction is a constant of the module
import torch
from torch import nn

REDUCTION = "none"
net = nn.Linear(4, 1)
criterion = nn.MSELoss(REDUCTION)  # cause
loss = criterion(net(torch.randn(32, 4)), torch.randn(32, 1))  # SNG507
