# SNG601: the weight of the first class is sliced away, twice
import torch
from torch import nn

labels = torch.randint(0, 3, (90,))
freq = torch.bincount(labels, minlength=3).float()
w = (90 - freq[:-1]) / freq[:-1]  # cause
net = nn.Linear(6, 3)
loss = nn.CrossEntropyLoss(weight=w)(net(torch.randn(90, 6)), labels)  # SNG601
