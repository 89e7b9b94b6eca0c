# SNG402: returns of (T,) minus values of (T, 1)
import torch
from torch import nn

critic = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 1))
policy = nn.Linear(4, 2)
states = torch.randn(20, 4)
actions = torch.randint(0, 2, (20,))
returns = torch.randn(20)
values = critic(states)
advantage = returns - values.detach()  # SNG402
