# SNG507: the reduction is given to the old flag by its name
import torch
from torch import nn

net = nn.Linear(4, 1)
criterion = nn.L1Loss(size_average="none")  # cause
loss = criterion(net(torch.randn(32, 4)), torch.randn(32, 1))  # SNG507
