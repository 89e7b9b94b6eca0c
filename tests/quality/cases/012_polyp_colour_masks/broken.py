import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

SIZE = 20


def picture_and_mask(seed):
    rng = np.random.default_rng(seed)
    row, col, radius = rng.integers(6, 14), rng.integers(6, 14), rng.integers(3, 6)
    yy, xx = np.ogrid[:SIZE, :SIZE]
    inside = (yy - row) ** 2 + (xx - col) ** 2 <= radius ** 2
    picture = rng.normal(0.4, 0.1, (SIZE, SIZE, 3)) + 0.3 * inside[..., None]
    mask = np.repeat(inside[..., None], 3, axis=2).astype(np.uint8) * 255
    return picture, mask


class Polyps(Dataset):
    def __init__(self, n):
        self.items = [picture_and_mask(seed) for seed in range(n)]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        picture, mask = self.items[index]
        x = torch.as_tensor(picture, dtype=torch.float32).permute(2, 0, 1)
        y = torch.as_tensor(mask / 255, dtype=torch.float32).permute(2, 0, 1)
        return x, y


class SegNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Conv2d(3, 12, 4, stride=2, padding=1)
        self.up = nn.ConvTranspose2d(12, 12, 4, stride=2, padding=1)
        self.out = nn.Conv2d(12, 1, 1)

    def forward(self, x):
        return self.out(torch.relu(self.up(torch.relu(self.down(x)))))


def train():
    torch.manual_seed(14)
    net = SegNet()
    criterion = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
    for epoch in range(3):
        for x, y in DataLoader(Polyps(48), batch_size=16, shuffle=True):
            loss = criterion(net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch} loss {loss.item():.4f}")


train()
