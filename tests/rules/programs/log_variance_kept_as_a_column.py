# SNG402: the mean is a vector, the log-variance of the other head a column
import torch
from torch import nn

trunk = nn.Sequential(nn.Linear(5, 24), nn.SiLU())
mean_head, variance_head = nn.Linear(24, 1), nn.Linear(24, 1)
x, y = torch.randn(40, 5), torch.randn(40)
h = trunk(x)
mean, log_variance = mean_head(h).squeeze(-1), variance_head(h)
error = (y - mean) ** 2
loss = (torch.exp(-log_variance) * error).mean()  # SNG402
