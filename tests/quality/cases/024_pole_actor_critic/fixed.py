import torch
from torch import nn
from torch.distributions import Categorical

GAMMA = 0.95


class Pole:
    def reset(self, g):
        self.angle = 0.2 * torch.randn(1, generator=g).item()
        self.speed = 0.0
        return self.view()

    def view(self):
        return torch.tensor([self.angle, self.speed])

    def step(self, push):
        self.speed += 0.3 * self.angle + (0.1 if push else -0.1)
        self.angle += 0.3 * self.speed
        return self.view(), 1.0, abs(self.angle) > 1.0


class ActorCritic(nn.Module):
    def __init__(self, hidden=24):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, hidden), nn.Tanh())
        self.actor = nn.Linear(hidden, 2)
        self.critic = nn.Linear(hidden, 1)

    def forward(self, state):
        x = self.body(state)
        return self.actor(x), self.critic(x)


def episode(net, pole, g, limit=40):
    states, actions, rewards = [], [], []
    state = pole.reset(g)
    for _ in range(limit):
        with torch.no_grad():
            scores, _ = net(state)
        action = int(torch.multinomial(scores.softmax(-1), 1, generator=g))
        states.append(state)
        actions.append(action)
        state, reward, done = pole.step(action)
        rewards.append(reward)
        if done:
            break
    returns, total = [], 0.0
    for reward in reversed(rewards):
        total = reward + GAMMA * total
        returns.insert(0, total)
    return torch.stack(states), torch.tensor(actions), torch.tensor(returns)


torch.manual_seed(30)
g = torch.Generator().manual_seed(30)
net, pole = ActorCritic(), Pole()
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
lengths = []
for number in range(1, 61):
    states, actions, returns = episode(net, pole, g)
    scores, values = net(states)
    advantage = returns - values.squeeze(1)
    actor_loss = -(Categorical(logits=scores).log_prob(actions) * advantage.detach()).mean()
    critic_loss = advantage.pow(2).mean()
    loss = actor_loss + 0.5 * critic_loss
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    lengths.append(len(actions))
    if number % 20 == 0:
        print(f"episodes {number} length {sum(lengths[-20:]) / 20:.4f} critic {critic_loss.item():.4f}")
