import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv1d(channels, channels, 5, padding=2)

    def forward(self, x):
        return x + torch.relu(self.conv(x))


class Denoiser(nn.Module):
    def __init__(self, channels=12, depth=2):
        super().__init__()
        self.enter = nn.Conv1d(1, channels, 5, padding=2)
        self.blocks = nn.Sequential(*[Residual(channels) for _ in range(depth)])
        self.leave = nn.Conv1d(channels, 1, 1)

    def forward(self, spectrum):
        x = self.enter(spectrum.unsqueeze(1))
        x = self.leave(self.blocks(x))
        return x


def spectra(n, bins=40):
    centre = torch.randint(5, bins - 5, (n, 1))
    clean = torch.exp(-((torch.arange(bins) - centre) ** 2) / 8.0)
    return clean + 0.2 * torch.randn(n, bins), clean


def train(model, loader, loss_fn, epochs=5):
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for epoch in range(epochs):
        running = 0.0
        for noisy, clean in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(noisy), clean)
            loss.backward()
            optimizer.step()
            running += loss.item()
        print(f"[{epoch + 1}] l1 {running / len(loader):.4f}")


torch.manual_seed(33)
train(Denoiser(), DataLoader(TensorDataset(*spectra(160)), batch_size=16, shuffle=True), nn.L1Loss())
