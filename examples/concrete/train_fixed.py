"""Predicts the strength of concrete from its mixture and its age."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

MIXTURES = 1200


def mixtures():
    """Return cement, water, ash and sand as shares of the mass, the age in days, and the strength in MPa."""
    generator = torch.Generator().manual_seed(3)
    shares = torch.rand(MIXTURES, 4, generator=generator) + 0.2
    shares = shares / shares.sum(dim=1, keepdim=True)
    days = torch.randint(3, 91, (MIXTURES,), generator=generator)
    cement, water = shares[:, 0], shares[:, 1]
    hardening = torch.log(1 + days.float()) / torch.log(torch.tensor(91.0))
    strength = 90 * hardening * cement / (cement + 1.5 * water)
    strength = strength + torch.randn(MIXTURES, generator=generator)
    features = torch.cat([shares, hardening.unsqueeze(1)], dim=1)
    return features, strength


features, strength = mixtures()
mean, std = strength.mean(), strength.std()
dataset = TensorDataset(features, ((strength - mean) / std).unsqueeze(1))
train_set, test_set = random_split(dataset, [1000, 200], generator=torch.Generator().manual_seed(4))
train_loader = DataLoader(train_set, batch_size=50, shuffle=True)
test_loader = DataLoader(test_set, batch_size=200)

torch.manual_seed(0)
model = nn.Sequential(
    nn.Linear(5, 64),
    nn.ReLU(),
    nn.Linear(64, 64),
    nn.ReLU(),
    nn.Linear(64, 1),
)
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)

for epoch in range(30):
    for mixture, target in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(mixture), target)
        loss.backward()
        optimizer.step()
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1}: training loss {loss.item():.3f}")

with torch.no_grad():
    mixture, target = next(iter(test_loader))
    residual = target.flatten() - model(mixture).flatten()
    print(f"r2 on mixtures never seen: {1 - residual.var() / target.var():.3f}")
