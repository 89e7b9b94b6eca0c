# SNG101: a recurrent layer without batch_first takes the 40 samples for time steps
import torch
from torch import nn

lstm = nn.LSTM(3, 24)  # cause
head = nn.Linear(24, 4)
x, y = torch.randn(40, 25, 3), torch.randint(0, 4, (40,))
_, (h, _) = lstm(x)
loss = nn.functional.cross_entropy(head(h[-1]), y)  # SNG101
