# SNG802: batch and time exchanged by a view
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

rnn = nn.LSTM(6, 10)
for (x,) in DataLoader(TensorDataset(torch.randn(64, 15, 6)), batch_size=16):
    steps = x.view(x.size(1), x.size(0), 6)  # SNG802
    out, _ = rnn(steps)
