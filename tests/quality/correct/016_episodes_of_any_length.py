"""Policy gradient with a critic whose column is taken off, on episodes of any length, one step among them."""
import random

import torch
from torch import nn
from torch.distributions import Categorical

random.seed(16)
torch.manual_seed(16)
actor, critic = nn.Linear(3, 2), nn.Linear(3, 1)
optimizer = torch.optim.Adam([*actor.parameters(), *critic.parameters()], lr=0.02)
for episode in range(6):
    states, actions, rewards = [], [], []
    for _ in range(random.randint(1, 9)):
        state = torch.randn(3)
        action = Categorical(logits=actor(state)).sample()
        states.append(state)
        actions.append(action)
        rewards.append(float(action.item() == int(state[0] > 0)))
    returns = torch.tensor(rewards).flip(0).cumsum(0).flip(0)
    states, actions = torch.stack(states), torch.stack(actions)
    values = critic(states).squeeze(-1)
    advantage = returns - values.detach()
    policy = Categorical(logits=actor(states))
    loss = -(policy.log_prob(actions) * advantage).mean() + nn.functional.mse_loss(values, returns)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"{episode} {loss.item():.4f}")
