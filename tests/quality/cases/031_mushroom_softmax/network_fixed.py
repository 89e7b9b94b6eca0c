import torch
from torch import nn


class MushroomNet(nn.Module):
    def __init__(self, features, kinds, hidden=20):
        super().__init__()
        self.hidden = nn.Linear(features, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.kinds = nn.Linear(hidden, kinds)

    def forward(self, x):
        x = torch.relu(self.norm(self.hidden(x)))
        return self.kinds(x)
