import torch
from torch import nn


def stream(batches, size, seed):
    """Endless sensors, cut off after some batches."""
    g = torch.Generator().manual_seed(seed)
    for _ in range(batches):
        pressure = torch.randn(size, 4, generator=g)
        alarm = (pressure.sum(dim=1) + 0.3 * torch.randn(size, generator=g) > 1).float()
        yield pressure, alarm


class PumpNet(nn.Module):
    def __init__(self, inputs, *hidden):
        super().__init__()
        sizes = (inputs, *hidden)
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.alarm = nn.Linear(sizes[-1], 1)

    def forward(self, x):
        for layer in self.layers:
            x = torch.tanh(layer(x))
        return self.alarm(x)


def main(epochs=3):
    torch.manual_seed(0)
    net = PumpNet(4, 12, 6)
    criterion = nn.BCEWithLogitsLoss(pos_weight=torch.tensor(2.5))
    optimizer = torch.optim.NAdam(net.parameters(), lr=0.02)
    for epoch in range(epochs):
        total = 0.0
        for pressure, alarm in stream(10, 40, seed=epoch):
            optimizer.zero_grad()
            loss = criterion(net(pressure), alarm)
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(f"epoch {epoch} {total / 10:.4f}")


if __name__ == "__main__":
    main()
