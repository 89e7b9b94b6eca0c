"""Batches of one, squeezes that name their axis, and evaluation of a single row with batch norm."""
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Rows(Dataset):
    def __len__(self):
        return 33

    def __getitem__(self, i):
        g = torch.Generator().manual_seed(i)
        x = torch.randn(5, generator=g)
        return x, x.sum()


torch.manual_seed(7)
net = nn.Sequential(nn.Linear(5, 10), nn.LayerNorm(10), nn.ReLU(), nn.Linear(10, 1))
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
for epoch in range(3):
    for x, y in DataLoader(Rows(), batch_size=1):
        loss = nn.functional.mse_loss(net(x).squeeze(-1), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"{epoch} {loss.item():.4f}")
normed = nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
normed(torch.randn(8, 5)).mean().backward()
normed.eval()
print(normed(torch.zeros(1, 5)).squeeze(1).shape)
