import torch
from torch import nn
import torch.nn.functional as F

VOCAB, LENGTH = 30, 9


class SelfAttention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.merge = nn.Linear(dim, dim)

    def split(self, x):
        batch, length, dim = x.shape
        return x.view(batch, length, self.heads, dim // self.heads).transpose(1, 2)

    def forward(self, x):
        batch, length, dim = x.shape
        q, k, v = (self.split(part) for part in self.qkv(x).chunk(3, dim=-1))
        weights = F.softmax(q @ k.transpose(-2, -1) / (dim // self.heads) ** 0.5, dim=-1)
        mixed = (weights @ v).reshape(batch, length, dim)
        return self.merge(mixed)


class LogModel(nn.Module):
    def __init__(self, dim=24, heads=3):
        super().__init__()
        self.embed = nn.Embedding(VOCAB, dim)
        self.place = nn.Embedding(LENGTH, dim)
        self.attention = SelfAttention(dim, heads)
        self.out = nn.Linear(dim, VOCAB)

    def forward(self, tokens):
        x = self.embed(tokens) + self.place(torch.arange(tokens.size(1)))
        return self.out(x + self.attention(x))


def lines(n):
    tokens = torch.randint(VOCAB, (n, LENGTH))
    return tokens, tokens.roll(2, dims=1)


torch.manual_seed(62)
tokens, wanted = lines(320)
model = LogModel()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(6):
    total = 0.0
    for x, y in zip(tokens.split(32), wanted.split(32)):
        logits = model(x)
        loss = F.cross_entropy(logits.flatten(0, 1), y.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch} loss {total / 10:.4f}")
