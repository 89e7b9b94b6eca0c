"""Soft targets, both spaces of a divergence, and a teacher that is trained too."""

import torch
import torch.nn.functional as F
from torch import nn

student, teacher = nn.Linear(9, 10), nn.Linear(9, 10)
x, y = torch.randn(16, 9), torch.randint(0, 10, (16,))
soft = F.softmax(teacher(x) / 2, dim=1)
loss = F.kl_div(F.log_softmax(student(x) / 2, dim=1), soft, reduction="batchmean")
loss = loss + F.kl_div(
    F.log_softmax(student(x), 1), F.log_softmax(teacher(x), 1), reduction="batchmean", log_target=True
)
loss = loss + F.cross_entropy(student(x), soft) + F.cross_entropy(student(x), F.one_hot(y, 10).float())
mutual = F.mse_loss(soft.detach(), F.softmax(student(x), dim=1))
