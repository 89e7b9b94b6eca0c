# SNG601: more classes counted than there are
import torch
from torch import nn

y = torch.randint(0, 4, (200,))
counts = torch.bincount(y, minlength=5)  # cause
w = counts.sum() / counts.float()
net = nn.Linear(6, 4)
loss = nn.CrossEntropyLoss(weight=w)(net(torch.randn(200, 6)), y)  # SNG601
