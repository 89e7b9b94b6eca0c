"""A DCGAN step: two networks, two optimizers, and backward() called by the step itself."""

import torch
from torch import nn

NOISE = 100


class Generator(nn.Sequential):
    def __init__(self, width=64):
        super().__init__(
            nn.ConvTranspose2d(NOISE, 4 * width, 4, bias=False),
            nn.BatchNorm2d(4 * width),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(4 * width, 2 * width, 4, 2, 1, bias=False),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(2 * width, width, 4, 2, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(width, 3, 4, 2, 1, bias=False),
            nn.Tanh(),
        )


class Discriminator(nn.Sequential):
    def __init__(self, width=64):
        super().__init__(
            nn.utils.parametrizations.spectral_norm(nn.Conv2d(3, width, 4, 2, 1)),
            nn.LeakyReLU(0.2, inplace=True),
            nn.utils.parametrizations.spectral_norm(nn.Conv2d(width, 2 * width, 4, 2, 1)),
            nn.LeakyReLU(0.2, inplace=True),
            nn.utils.parametrizations.spectral_norm(nn.Conv2d(2 * width, 4 * width, 4, 2, 1)),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(4 * width, 1, 4),
            nn.Flatten(),
        )


def make_step():
    nets = {"generator": Generator(), "discriminator": Discriminator()}
    opt_g = torch.optim.Adam(nets["generator"].parameters(), lr=2e-4, betas=(0.5, 0.999))
    opt_d = torch.optim.Adam(nets["discriminator"].parameters(), lr=2e-4, betas=(0.5, 0.999))
    criterion = nn.BCEWithLogitsLoss()

    def step(nets, real):
        generator, discriminator = nets["generator"], nets["discriminator"]
        fake = generator(torch.randn(real.size(0), NOISE, 1, 1, device=real.device))

        opt_d.zero_grad()
        on_real, on_fake = discriminator(real), discriminator(fake.detach())
        loss_d = criterion(on_real, torch.ones_like(on_real)) + criterion(on_fake, torch.zeros_like(on_fake))
        loss_d.backward()
        opt_d.step()

        opt_g.zero_grad()
        score = discriminator(fake)
        loss_g = criterion(score, torch.ones_like(score))
        loss_g.backward()
        opt_g.step()
        return loss_d.item(), loss_g.item()

    return {"model": nets, "batch_or_loader": torch.randn(64, 3, 32, 32), "step": step}
