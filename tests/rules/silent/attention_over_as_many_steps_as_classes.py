"""Five steps, five classes, softmax over the steps for attention and none before the loss."""

import torch
import torch.nn.functional as F
from torch import nn


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(3, 16, batch_first=True)
        self.score, self.out = nn.Linear(16, 1), nn.Linear(16, 5)

    def forward(self, x):
        h, _ = self.rnn(x)
        weights = F.softmax(self.score(h).squeeze(-1), dim=1)
        context = (weights.unsqueeze(-1) * h).sum(dim=1)
        return self.out(h), self.out(context)


steps, whole = Tagger()(torch.randn(8, 5, 3))
tags = torch.randint(0, 5, (8, 5))
loss = F.cross_entropy(steps.flatten(0, 1), tags.flatten()) + F.cross_entropy(steps.permute(0, 2, 1), tags)
loss = loss + F.cross_entropy(whole, tags[:, 0]) + F.nll_loss(F.log_softmax(whole, dim=-1), tags[:, 1])
