# SNG401: split keeps the axis
import torch
from torch import nn

head = nn.Linear(5, 2)
mu, s = head(torch.randn(40, 5)).split(1, dim=1)
target = torch.randn(40)
loss = nn.GaussianNLLLoss()(mu, target, nn.functional.softplus(s))  # SNG401
