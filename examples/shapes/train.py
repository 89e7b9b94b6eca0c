"""Classifies drawings of a bar, a cross, a frame and a disc with a small convolutional network."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

CLASSES = ["bar", "cross", "frame", "disc"]
SIDE = 28


class Drawings(Dataset):
    """White figures of random size and place on a noisy black ground, one channel."""

    def __init__(self, count, seed):
        generator = torch.Generator().manual_seed(seed)
        self.labels = torch.randint(len(CLASSES), (count,), generator=generator)
        self.centers = torch.randint(9, SIDE - 9, (count, 2), generator=generator)
        self.radii = torch.randint(4, 8, (count,), generator=generator)
        self.noise = 0.3 * torch.rand(count, 1, SIDE, SIDE, generator=generator)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        row, column = self.centers[index]
        radius = self.radii[index]
        down = (torch.arange(SIDE) - row).abs().unsqueeze(1)
        right = (torch.arange(SIDE) - column).abs().unsqueeze(0)
        label = self.labels[index]
        if label == 0:
            figure = (down <= 1) & (right <= radius)
        elif label == 1:
            figure = ((down <= 1) & (right <= radius)) | ((right <= 1) & (down <= radius))
        elif label == 2:
            figure = torch.maximum(down, right) == radius
        else:
            figure = down**2 + right**2 <= radius**2
        return self.noise[index] + figure.float().unsqueeze(0), label


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=3)
        self.conv2 = nn.Conv2d(16, 32, kernel_size=3)
        self.fc1 = nn.Linear(16 * 5 * 5, 64)
        self.fc2 = nn.Linear(64, len(CLASSES))

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.view(-1, 16 * 5 * 5)
        x = F.relu(self.fc1(x))
        return self.fc2(x)


def accuracy(model, loader):
    hits = total = 0
    with torch.no_grad():
        for images, labels in loader:
            hits += (model(images).argmax(dim=1) == labels).sum().item()
            total += len(labels)
    return hits / total


def main():
    torch.manual_seed(0)
    train_loader = DataLoader(Drawings(1600, seed=1), batch_size=64, shuffle=True)
    test_loader = DataLoader(Drawings(400, seed=2), batch_size=64)
    model = Net()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(4):
        for images, labels in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch}: accuracy {accuracy(model, test_loader):.3f}")


if __name__ == "__main__":
    main()
