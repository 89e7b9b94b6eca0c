import math

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

LEADS, SAMPLES, RHYTHMS = 4, 60, 3


def recordings(n):
    rhythm = torch.randint(RHYTHMS, (n,))
    time = torch.arange(SAMPLES) / SAMPLES * 2 * math.pi
    waves = torch.stack([torch.sin(time * (2 + k)) for k in range(LEADS)], dim=1)
    x = torch.zeros(n, SAMPLES, LEADS)
    for i, r in enumerate(rhythm):
        x[i] = waves.roll(int(r), dims=1)
    return x + 0.8 * torch.randn(n, SAMPLES, LEADS), rhythm


class LeadNet(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.conv = nn.Conv1d(LEADS, width, kernel_size=9, stride=2)
        self.pool = nn.AdaptiveAvgPool1d(4)
        self.head = nn.Linear(4 * width, RHYTHMS)

    def forward(self, x):
        x = x.view(x.size(0), LEADS, SAMPLES)
        x = self.pool(torch.relu(self.conv(x)))
        return self.head(x.flatten(1))


torch.manual_seed(4)
train = DataLoader(TensorDataset(*recordings(300)), batch_size=30, shuffle=True)
test_x, test_y = recordings(150)
net = LeadNet()
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(3):
    for x, y in train:
        optimizer.zero_grad()
        loss = loss_fn(net(x), y)
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        accuracy = (net(test_x).argmax(1) == test_y).float().mean()
    print(f"epoch {epoch} accuracy {accuracy.item():.4f}")
