# SNG502: the layer to take out stands on its own line
import torch
from torch import nn

net = nn.Sequential(
    nn.Linear(8, 4),
    nn.Sigmoid(),  # cause
)
y = (torch.rand(100, 4) > 0.3).float()
criterion = nn.BCEWithLogitsLoss(pos_weight=torch.full((4,), 2.0))
loss = criterion(net(torch.randn(100, 8)), y)  # SNG502
