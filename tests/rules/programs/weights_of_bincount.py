# SNG601: bincount does not see the class that never occurs
import torch
from torch import nn

y = torch.tensor([0, 1, 1, 2, 0, 1, 2, 2])
weights = 1.0 / torch.bincount(y).float()
net = nn.Linear(3, 4)
criterion = nn.CrossEntropyLoss(weight=weights)
loss = criterion(net(torch.randn(8, 3)), y)  # SNG601
