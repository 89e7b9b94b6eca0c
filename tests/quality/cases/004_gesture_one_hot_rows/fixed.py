import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset


@dataclass
class Settings:
    gestures: int = 4
    steps: int = 20
    batch_size: int = 16
    hidden: int = 24
    epochs: int = 3
    lr: float = 5e-3


class Gestures(Dataset):
    def __init__(self, settings, n):
        self.settings = settings
        self.generator = torch.Generator().manual_seed(5)
        self.kinds = torch.randint(settings.gestures, (n,), generator=self.generator)
        self.noise = torch.randn(n, settings.steps, 2, generator=self.generator)

    def __len__(self):
        return len(self.kinds)

    def __getitem__(self, i):
        kind = self.kinds[i]
        angle = torch.linspace(0, math.pi * (1 + kind.item()), self.settings.steps)
        path = torch.stack([angle.cos(), angle.sin()], dim=-1) + 0.2 * self.noise[i]
        return path, kind


class GestureNet(nn.Module):
    def __init__(self, settings):
        super().__init__()
        self.gru = nn.GRU(2, settings.hidden, batch_first=True)
        self.head = nn.Linear(settings.hidden, settings.gestures)

    def forward(self, path):
        _, last = self.gru(path)
        return self.head(last[-1])


def main(settings=Settings()):
    torch.manual_seed(8)
    loader = DataLoader(Gestures(settings, 192), batch_size=settings.batch_size, shuffle=True)
    net = GestureNet(settings)
    opt = optim.Adam(net.parameters(), lr=settings.lr)
    for epoch in range(settings.epochs):
        running = []
        for path, label in loader:
            loss = F.cross_entropy(net(path), label)
            opt.zero_grad()
            loss.backward()
            opt.step()
            running.append(loss.item())
        print(f"{epoch}: {sum(running) / len(running):.4f}")


main()
