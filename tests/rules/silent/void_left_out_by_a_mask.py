"""Labels of -1 and 255 that a mask takes out, and others that the loss ignores."""

import torch
import torch.nn.functional as F
from torch import nn

labels = torch.randint(0, 4, (60,))
labels[::7] = -1
net = nn.Linear(5, 4)
scores = net(torch.randn(60, 5))
known = labels >= 0
loss = F.cross_entropy(scores[known], labels[known])
loss = loss + F.cross_entropy(scores, labels, ignore_index=-1)
clipped = F.cross_entropy(scores, labels.clamp(min=0), reduction="none")
loss = loss + (clipped * known).sum() / known.sum()
