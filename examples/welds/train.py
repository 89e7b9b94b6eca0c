"""Finds the rare faults among ultrasonic echoes of welds; the faults weigh more in the loss."""

import math

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

CLASSES = ["sound", "pore", "crack"]
SHARES = torch.tensor([0.90, 0.06, 0.04])
SAMPLES = 128


class Echoes(Dataset):
    def __init__(self, count, seed):
        generator = torch.Generator().manual_seed(seed)
        self.labels = torch.multinomial(SHARES, count, replacement=True, generator=generator)
        time = torch.linspace(0, 1, SAMPLES)
        back_wall = torch.exp(-((time - 0.9) ** 2) / 0.001) * torch.cos(40 * math.pi * time)
        place = 0.2 + 0.5 * torch.rand(count, 1, generator=generator)
        pore = torch.exp(-((time - place) ** 2) / 0.0005)
        crack = torch.exp(-((time - place) ** 2) / 0.002) * torch.cos(60 * math.pi * time)
        noise = 0.15 * torch.randn(count, SAMPLES, generator=generator)
        is_pore = (self.labels == 1).float().unsqueeze(1)
        is_crack = (self.labels == 2).float().unsqueeze(1)
        self.echoes = back_wall + 0.9 * is_pore * pore + 0.9 * is_crack * crack + noise

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return self.echoes[index].unsqueeze(0), self.labels[index : index + 1]


class Detector(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv1d(1, 16, kernel_size=9, padding=4),
            nn.ReLU(),
            nn.MaxPool1d(2),
            nn.Conv1d(16, 32, kernel_size=9, padding=4),
            nn.ReLU(),
            nn.AdaptiveMaxPool1d(1),
        )
        self.head = nn.Linear(32, num_classes)

    def forward(self, x):
        return self.head(self.features(x).flatten(1))


def main():
    torch.manual_seed(0)
    train_set, test_set = Echoes(3000, seed=5), Echoes(1000, seed=6)
    train_loader = DataLoader(train_set, batch_size=100, shuffle=True)
    test_loader = DataLoader(test_set, batch_size=100)

    counts = torch.bincount(train_set.labels.flatten(), minlength=len(CLASSES))
    weight = len(train_set) / (len(CLASSES) * counts.float())
    criterion = nn.CrossEntropyLoss(weight=weight)

    model = Detector(len(CLASSES))
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(5):
        for echoes, labels in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(echoes), labels)
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch}: loss {loss.item():.3f}")

    found = torch.zeros(len(CLASSES))
    total = torch.zeros(len(CLASSES))
    with torch.no_grad():
        for echoes, labels in test_loader:
            hits = model(echoes).argmax(dim=1) == labels
            for c in range(len(CLASSES)):
                found[c] += hits[labels == c].sum()
                total[c] += (labels == c).sum()
    for name, share in zip(CLASSES, found / total):
        print(f"{name}: {share:.2f} found")


if __name__ == "__main__":
    main()
