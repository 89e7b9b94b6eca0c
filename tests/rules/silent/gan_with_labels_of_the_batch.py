"""Labels made for the batch at hand; a score of one number against one number."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

critic = nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1), nn.Sigmoid())
bce, mse = nn.BCELoss(), nn.MSELoss()
for (real,) in DataLoader(TensorDataset(torch.randn(130, 2)), batch_size=32):
    ones = torch.ones(real.size(0), 1)
    loss = bce(critic(real), ones) + bce(critic(torch.randn_like(real)), torch.zeros_like(ones))
    loss = loss + mse(critic(real).view(-1), torch.full((real.size(0),), 0.9))
