"""Every pair of outputs is meant: differences between the scores of one head, and attention from two."""

import torch
from torch import nn

head = nn.Linear(5, 1)
scores = head(torch.randn(40, 5))
order = torch.relu(1 - (scores - scores.squeeze(1))).mean()

source, target = nn.Linear(8, 1), nn.Linear(8, 1)
nodes = torch.randn(30, 8)
attention = torch.softmax(source(nodes) + target(nodes).T, dim=1)

x = torch.randn(25, 40, 3)
states, _ = nn.LSTM(3, 24)(x)
loss = nn.functional.cross_entropy(nn.Linear(24, 4)(states[-1]), torch.randint(0, 4, (40,)))
