"""A deep Q-learning step on Atari frames, with a target network."""

import copy

import torch
import torch.nn.functional as F
from torch import nn

ACTIONS, GAMMA = 6, 0.99


class QNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(4, 32, 8, stride=4),
            nn.ReLU(),
            nn.Conv2d(32, 64, 4, stride=2),
            nn.ReLU(),
            nn.Conv2d(64, 64, 3),
            nn.ReLU(),
            nn.Flatten(),
        )
        self.head = nn.Sequential(nn.Linear(3136, 512), nn.ReLU(), nn.Linear(512, ACTIONS))

    def forward(self, frames):
        return self.head(self.features(frames.float() / 255))


def make_step():
    policy = QNetwork()
    target = copy.deepcopy(policy).requires_grad_(requires_grad=False)
    optimizer = torch.optim.AdamW(policy.parameters(), lr=1e-4)

    def step(policy, transition):
        state, action, reward, following, done = transition
        q = policy(state).gather(1, action.unsqueeze(1)).squeeze(1)
        with torch.no_grad():
            best = target(following).max(dim=1).values
        expected = reward + GAMMA * best * (1 - done.float())
        loss = F.smooth_l1_loss(q, expected)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_value_(policy.parameters(), 100)
        optimizer.step()
        return loss

    B = 32
    frames = torch.randint(0, 256, (2, B, 4, 84, 84), dtype=torch.uint8)
    transition = frames[0], torch.randint(0, ACTIONS, (B,)), torch.randn(B), frames[1], torch.rand(B) < 0.1
    return {"model": policy, "batch_or_loader": transition, "step": step}
