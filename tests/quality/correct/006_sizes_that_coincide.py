"""Batch, steps, classes and features are all eight, and every axis is where it belongs."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

EIGHT = 8
torch.manual_seed(6)
x = torch.randn(64, EIGHT, EIGHT)
y = x.argmax(dim=2)
net = nn.Sequential(nn.Linear(EIGHT, EIGHT), nn.ReLU(), nn.Linear(EIGHT, EIGHT))
criterion = nn.CrossEntropyLoss(weight=torch.ones(EIGHT))
optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
for epoch in range(3):
    for steps, wanted in DataLoader(TensorDataset(x, y), batch_size=EIGHT, shuffle=True):
        scores = net(steps)
        loss = criterion(scores.permute(0, 2, 1), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"{epoch} {loss.item():.4f}")
