import torch
import torch.nn as nn
from torch.utils.data import DataLoader, IterableDataset


class Readings(IterableDataset):
    def __init__(self, n, seed):
        self.n, self.seed = n, seed

    def __iter__(self):
        g = torch.Generator().manual_seed(self.seed)
        for _ in range(self.n):
            volts = torch.randn(16, generator=g)
            yield volts, (volts.min() < -1.8).float()


class DipDetector(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(16, 32),
            nn.ReLU(),
            nn.Linear(32, 1),
        )

    def forward(self, volts):
        return self.net(volts).squeeze(1)


torch.manual_seed(5)
detector = DipDetector()
criterion = nn.BCELoss()
optimizer = torch.optim.Adam(detector.parameters(), lr=5e-3)
for epoch in range(3):
    total, batches = 0.0, 0
    for volts, dip in DataLoader(Readings(320, seed=5), batch_size=32):
        loss = criterion(detector(volts), dip)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total, batches = total + loss.item(), batches + 1
    print(f"epoch {epoch} bce {total / batches:.4f}")
