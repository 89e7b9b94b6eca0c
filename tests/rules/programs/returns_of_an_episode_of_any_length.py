# SNG402: as many states as returns, however long the episode is, and values in a column
import random

import torch
from torch import nn

critic = nn.Linear(2, 1)
states, rewards, done = [], [], False
while not done:
    states.append(torch.randn(2))
    rewards.append(random.random())
    done = len(states) > 3 and random.random() < 0.3
returns, running = [], 0.0
for reward in reversed(rewards):
    running = reward + 0.97 * running
    returns.insert(0, running)
advantage = torch.tensor(returns) - critic(torch.stack(states))  # SNG402
