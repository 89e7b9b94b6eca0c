import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

BATCH, LATENT, SIDE = 32, 6, 8

generator = nn.Sequential(nn.Linear(LATENT, 32), nn.ReLU(), nn.Linear(32, SIDE * SIDE), nn.Tanh())
discriminator = nn.Sequential(nn.Linear(SIDE * SIDE, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))


def tiles(n):
    phase = torch.rand(n, 1) * 6
    return torch.sin(torch.arange(SIDE * SIDE) / 4 + phase)


def main():
    torch.manual_seed(3)
    loader = DataLoader(TensorDataset(tiles(140)), batch_size=BATCH, shuffle=True)
    bce = nn.BCEWithLogitsLoss()
    g_opt = torch.optim.Adam(generator.parameters(), lr=2e-4)
    d_opt = torch.optim.Adam(discriminator.parameters(), lr=2e-4)
    for epoch in range(3):
        for (images,) in loader:
            real = torch.ones(images.size(0), 1)
            fake = torch.zeros(images.size(0), 1)
            noise = torch.randn(images.size(0), LATENT)
            made = generator(noise)
            d_loss = bce(discriminator(images), real)
            d_loss = d_loss + bce(discriminator(made.detach()), fake)
            d_opt.zero_grad()
            d_loss.backward()
            d_opt.step()
            g_loss = bce(discriminator(made), real)
            g_opt.zero_grad()
            g_loss.backward()
            g_opt.step()
        print(f"epoch {epoch} d {d_loss.item():.4f} g {g_loss.item():.4f}")


main()
