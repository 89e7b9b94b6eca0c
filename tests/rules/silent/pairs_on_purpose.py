"""Distances, similarities and masks of all pairs, in the many ways to write them."""

import torch
import torch.nn.functional as F
from torch import nn

net = nn.Linear(8, 4)
x, labels = torch.randn(32, 8), torch.randint(0, 5, (32,))
z = net(x)
squares = (z**2).sum(dim=1, keepdim=True) + (z**2).sum(dim=1) - 2 * z @ z.t()
differences = z[:, None, :] - z[None, :, :]
same = labels.view(-1, 1) == labels.view(1, -1)
also_same = labels.unsqueeze(1).eq(labels)
guess = z.argmax(dim=1)
confusion = (guess[:, None] == torch.arange(5)) & (labels[:, None] == torch.arange(5))
similarity = F.normalize(z, dim=1) @ F.normalize(z, dim=1).T
loss = F.cross_entropy(similarity / 0.1, torch.arange(32)) + (squares.clamp(min=0).sqrt() * same).mean()
centred = similarity - similarity.max(dim=1, keepdim=True).values
margins = z.gather(1, torch.zeros(32, 1, dtype=torch.long)) - z
