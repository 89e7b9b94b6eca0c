import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset


class SignaturePairs(Dataset):
    def __init__(self, writers=12, size=30, n=180):
        g = torch.Generator().manual_seed(23)
        self.styles = torch.randn(writers, size, generator=g)
        self.first = torch.randint(writers, (n,), generator=g)
        other = torch.randint(writers, (n,), generator=g)
        same = torch.rand(n, generator=g) < 0.5
        self.second = torch.where(same, self.first, other)
        self.noise = 0.3 * torch.randn(n, 2, size, generator=g)

    def __len__(self):
        return len(self.first)

    def __getitem__(self, i):
        a = self.styles[self.first[i]] + self.noise[i, 0]
        b = self.styles[self.second[i]] + self.noise[i, 1]
        same = 1.0 if self.first[i] == self.second[i] else -1.0
        return a, b, torch.tensor([same])


class Embedder(nn.Module):
    def __init__(self, size, code=8):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(size, 20), nn.ELU(), nn.Linear(20, code))

    def forward(self, x):
        return self.net(x)


torch.manual_seed(24)
pairs = DataLoader(SignaturePairs(), batch_size=45)
embed = Embedder(30)
criterion = nn.CosineEmbeddingLoss(margin=0.2)
optimizer = torch.optim.Adam(embed.parameters(), lr=0.01)
for epoch in range(3):
    for a, b, same in pairs:
        loss = criterion(embed(a), embed(b), same)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch}: {loss.item():.4f}")
