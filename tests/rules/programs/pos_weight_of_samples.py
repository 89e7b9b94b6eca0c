# SNG606: the labels are counted for each sample, not for each tag
import torch
from torch import nn

tags = (torch.rand(300, 6) < 0.3).float()
positive = torch.sum(tags, 1)  # cause
net = nn.Linear(10, 6)
loss = nn.BCEWithLogitsLoss(pos_weight=(300 - positive) / positive.clamp(min=1))(
    net(torch.randn(300, 10)), tags
)  # SNG606
