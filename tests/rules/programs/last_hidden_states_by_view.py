# SNG802: the two directions of a state joined by a view that starts at the batch
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

rnn = nn.GRU(6, 10, batch_first=True, bidirectional=True)
for (x,) in DataLoader(TensorDataset(torch.randn(64, 15, 6)), batch_size=16):
    _, h = rnn(x)
    features = h.view(x.size(0), -1)  # SNG802
