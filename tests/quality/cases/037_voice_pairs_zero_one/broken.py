import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SPEAKERS, SIZE = 9, 20


class Voice(nn.Module):
    def __init__(self, size, code):
        super().__init__()
        self.project = nn.Linear(size, code)
        self.scale = nn.Parameter(torch.ones(code))

    def forward(self, x):
        return self.project(x).tanh() * self.scale


def pairs(n, gen):
    timbre = torch.randn(SPEAKERS, SIZE, generator=gen) + 1.0
    left = torch.randint(SPEAKERS, (n,), generator=gen)
    same = torch.randint(0, 2, (n,), generator=gen)
    shifted = (left + torch.randint(1, SPEAKERS, (n,), generator=gen)) % SPEAKERS
    right = torch.where(same == 1, left, shifted)
    noise = torch.randn(2, n, SIZE, generator=gen)
    return timbre[left] + 0.5 * noise[0], timbre[right] + 0.5 * noise[1], same


gen = torch.Generator().manual_seed(90)
torch.manual_seed(90)
first, second, same = pairs(400, gen)
loader = DataLoader(TensorDataset(first, second, same), batch_size=50, shuffle=True)
voice = Voice(SIZE, 6)
criterion = nn.CosineEmbeddingLoss(margin=0.1)
optimizer = torch.optim.Adam(voice.parameters(), lr=0.01)
for epoch in range(6):
    total = 0.0
    for a, b, label in loader:
        loss = criterion(voice(a), voice(b), label)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    with torch.no_grad():
        likeness = nn.functional.cosine_similarity(voice(first), voice(second))
    gap = likeness[same == 1].mean() - likeness[same == 0].mean()
    print(f"epoch {epoch} loss {total / len(loader):.4f} gap {gap.item():.4f}")
