"""Reshapes whose sizes look exchanged and are not: patches, heads, groups of channels."""
import torch
from torch import nn


class Patches(nn.Module):
    def __init__(self, size=4, dim=12, heads=3):
        super().__init__()
        self.size, self.heads = size, heads
        self.embed = nn.Linear(3 * size * size, dim)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, 2)

    def forward(self, images):
        n, c, h, w = images.shape
        s = self.size
        x = images.reshape(n, c, h // s, s, w // s, s).permute(0, 2, 4, 1, 3, 5).reshape(n, -1, c * s * s)
        x = self.embed(x)
        n, length, dim = x.shape
        q, k, v = self.qkv(x).view(n, length, 3, self.heads, dim // self.heads).permute(2, 0, 3, 1, 4)
        mixed = nn.functional.scaled_dot_product_attention(q, k, v)
        x = x + mixed.transpose(1, 2).contiguous().view(n, length, dim)
        return self.out(x.mean(dim=1))


torch.manual_seed(8)
labels = torch.randint(2, (48,))
images = torch.randn(48, 3, 12, 12) + labels.view(-1, 1, 1, 1)
net = Patches()
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(3):
    for x, y in zip(images.split(16), labels.split(16)):
        loss = nn.functional.cross_entropy(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"{epoch} {loss.item():.4f}")
