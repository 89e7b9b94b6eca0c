# SNG201: the label column of a float array
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

table = np.random.rand(50, 5).astype("float32")
x = torch.from_numpy(table[:, :4])
y = torch.from_numpy((table[:, 4] > 0.5).astype("float32"))
net = nn.Linear(4, 2)
for a, b in DataLoader(TensorDataset(x, y), batch_size=10, shuffle=True):
    loss = nn.CrossEntropyLoss()(net(a), b)  # SNG201
