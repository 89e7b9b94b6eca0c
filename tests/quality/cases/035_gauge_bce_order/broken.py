from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import nn


@dataclass
class History:
    losses: list = field(default_factory=list)

    def mean(self):
        return sum(self.losses) / len(self.losses)


class GaugeNet(nn.Module):
    def __init__(self, inputs=5):
        super().__init__()
        self.first = nn.Linear(inputs, 10)
        self.second = nn.Linear(10, 1)

    def forward(self, x):
        return torch.sigmoid(self.second(torch.tanh(self.first(x))))


def gauges(n):
    x = torch.randn(n, 5)
    return x, (x[:, :2].sum(dim=1, keepdim=True) > 0).float()


def train(model, x, y, epochs=5, size=30):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for epoch in range(epochs):
        history = History()
        for inputs, labels in zip(x.split(size), y.split(size)):
            optimizer.zero_grad()
            probability = model(inputs)
            loss = F.binary_cross_entropy(labels, probability)
            loss.backward()
            optimizer.step()
            history.losses.append(loss.item())
        hits = ((model(x) > 0.5) == (y > 0.5)).float().mean()
        print(f"epoch {epoch} loss {history.mean():.4f} accuracy {hits.item():.4f}")


torch.manual_seed(70)
train(GaugeNet(), *gauges(300))
