"""Three quantiles (N, 3) against one observation (N, 1)."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

QUANTILES = torch.tensor([0.1, 0.5, 0.9])


def pinball(predicted, observed):
    error = observed - predicted
    return torch.maximum(QUANTILES * error, (QUANTILES - 1) * error).mean()


torch.manual_seed(1)
x = torch.rand(120, 2)
y = x.sum(dim=1, keepdim=True) + 0.2 * torch.randn(120, 1)
net = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 3))
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(3):
    for features, observed in DataLoader(TensorDataset(x, y), batch_size=32):
        loss = pinball(net(features), observed)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"{epoch} {loss.item():.4f}")
