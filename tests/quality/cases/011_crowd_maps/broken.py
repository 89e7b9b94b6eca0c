import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

HEIGHT, WIDTH, STRIDE = 48, 64, 8


class Crowds(Dataset):
    """Heads are dots; the density map has one Gaussian for each."""

    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        g = torch.Generator().manual_seed(i)
        density = torch.zeros(1, HEIGHT, WIDTH)
        for _ in range(int(torch.randint(3, 12, (1,), generator=g))):
            row = int(torch.randint(HEIGHT, (1,), generator=g))
            col = int(torch.randint(WIDTH, (1,), generator=g))
            density[0, row, col] += 1.0
        image = F.avg_pool2d(density, 3, stride=1, padding=1) + 0.01 * torch.randn(1, HEIGHT, WIDTH, generator=g)
        return image, density


class Counter(nn.Module):
    def __init__(self, widths=(1, 8, 16, 16)):
        super().__init__()
        layers = []
        for before, after in zip(widths[:-1], widths[1:]):
            layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        self.features = nn.Sequential(*layers)
        self.density = nn.Conv2d(widths[-1], 1, 1)

    def forward(self, image):
        return self.density(self.features(image))


torch.manual_seed(2)
loader = DataLoader(Crowds(60), batch_size=12)
model = Counter()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(2):
    for image, density in loader:
        predicted = model(image)
        loss = F.mse_loss(predicted, density, reduction="sum") / len(image)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("epoch", epoch, "loss", round(loss.item(), 4))
