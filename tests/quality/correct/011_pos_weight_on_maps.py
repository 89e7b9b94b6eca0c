"""pos_weight of (C, 1, 1) for maps of (N, C, H, W) where all four sizes are six."""
import torch
from torch import nn

torch.manual_seed(11)
maps = (torch.rand(24, 6, 6, 6) < 0.2)
images = maps.float() + 0.5 * torch.randn(24, 6, 6, 6)
positive = maps.float().mean(dim=(0, 2, 3))
criterion = nn.BCEWithLogitsLoss(pos_weight=((1 - positive) / positive).view(-1, 1, 1))
net = nn.Conv2d(6, 6, 3, padding=1)
optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
for epoch in range(3):
    for x, y in zip(images.split(6), maps.split(6)):
        loss = criterion(net(x), y.float())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"{epoch} {loss.item():.4f}")
