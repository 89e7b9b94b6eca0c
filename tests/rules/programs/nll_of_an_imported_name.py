# SNG503: the function is imported by name, so the scores are changed instead
import torch
from torch import nn
from torch.nn.functional import nll_loss

model = nn.Linear(4, 3)
loss = nll_loss(model(torch.randn(8, 4)), torch.randint(0, 3, (8,)))  # SNG503
