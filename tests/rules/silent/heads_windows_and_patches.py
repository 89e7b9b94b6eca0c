"""Views that split and join axes, with the permutations they need."""

import torch
from torch import nn

x = torch.randn(4, 16, 32)
query = nn.Linear(32, 32)(x).view(4, 16, 8, 4).transpose(1, 2)
joined = query.transpose(1, 2).reshape(4, 16, 32)
picture = torch.randn(4, 3, 32, 32)
patches = picture.view(4, 3, 8, 4, 8, 4).permute(0, 2, 4, 1, 3, 5).reshape(4, 64, 48)
flat = picture.flatten(1)
last = picture.permute(0, 2, 3, 1).reshape(-1, 3)
rnn = nn.GRU(32, 10, num_layers=2, bidirectional=True, batch_first=True)
_, h = rnn(x)
layers = h.view(2, 2, 4, 10)
state = layers[-1].transpose(0, 1).reshape(4, 20)
both = torch.cat([h[-2], h[-1]], dim=1)
