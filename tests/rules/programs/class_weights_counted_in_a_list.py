# SNG601: the fifth class does not occur in the labels, so nobody counts it
import torch
from torch import nn

labels = []
for label, count in enumerate([300, 90, 60, 40]):
    labels += [label] * count
y = torch.tensor(labels)
counts = torch.bincount(y).float()  # cause
criterion = nn.CrossEntropyLoss(weight=len(y) / counts)
loss = criterion(nn.Linear(10, 5)(torch.randn(490, 10)), y)  # SNG601
