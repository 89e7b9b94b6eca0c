import torch
from torch import nn


class Phi(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3, width), nn.ReLU(), nn.Linear(width, width))

    def forward(self, points):
        return self.layers(points)


class DeepSet(nn.Module):
    """Sums over the points of a cloud, so their order does not matter."""

    def __init__(self, width=20):
        super().__init__()
        self.phi = Phi(width)
        self.rho = nn.Linear(width, 1)

    def forward(self, clouds):
        return self.rho(self.phi(clouds).mean(dim=1))


def clouds(n, points=18, seed=7):
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(n, points, 3, generator=g) * torch.rand(n, 1, 1, generator=g) * 2
    mass = x.norm(dim=2).mean(dim=1)
    return x, mass


def main():
    torch.manual_seed(7)
    x, mass = clouds(250)
    model = DeepSet()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for epoch in range(12):
        total = 0.0
        for start in range(0, 250, 25):
            batch, target = x[start:start + 25], mass[start:start + 25]
            predicted = model(batch)
            loss = ((predicted - target) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        if epoch % 4 == 3:
            print(f"epoch {epoch + 1} error {total / 10:.4f}")


main()
