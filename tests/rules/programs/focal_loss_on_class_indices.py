import torch
from torch import nn


class FocalLoss(nn.Module):
    def forward(self, logits, targets):
        p = torch.sigmoid(logits)
        likely = p * targets + (1 - p) * (1 - targets)  # SNG803
        return (-((1 - likely) ** 2) * likely.clamp(min=1e-8).log()).mean()


x, y = torch.randn(8, 5), torch.randint(0, 3, (8,))
loss = FocalLoss()(nn.Linear(5, 3)(x), y)  # cause
