# SNG606: the labels are counted for each sample, not for each tag
import torch
from torch import nn

tags = (torch.rand(300, 6) < 0.3).float()
positive = torch.sum(tags, 1)  # cause
net, x = nn.Linear(10, 6), torch.randn(300, 10)
weight = (300 - positive) / positive.clamp(min=1)
loss = nn.BCEWithLogitsLoss(pos_weight=weight)(net(x), tags)  # SNG606
