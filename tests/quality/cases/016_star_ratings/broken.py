import random

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pad_sequence

VOCAB = 50
STARS = 5


def reviews(count):
    random.seed(19)
    for _ in range(count):
        stars = random.randint(1, STARS)
        words = [random.randrange(1, 10) + 9 * (stars - 1) for _ in range(random.randint(4, 12))]
        yield words, stars


def collate(samples):
    words = pad_sequence([torch.tensor(w) for w, _ in samples], batch_first=True)
    return words, torch.tensor([s for _, s in samples])


class ReviewCNN(nn.Module):
    def __init__(self, widths=(2, 3)):
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, 16, padding_idx=0)
        self.convs = nn.ModuleList([nn.Conv1d(16, 10, width) for width in widths])
        self.out = nn.Linear(10 * len(widths), STARS)

    def forward(self, words):
        x = self.embedding(words).transpose(1, 2)
        pooled = [F.relu(conv(x)).amax(dim=2) for conv in self.convs]
        return self.out(torch.cat(pooled, dim=1))


torch.manual_seed(19)
loader = torch.utils.data.DataLoader(list(reviews(200)), batch_size=20, shuffle=True, collate_fn=collate)
model = ReviewCNN()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(3):
    epoch_loss = 0.0
    for words, stars in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(words), stars)
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item()
    print("epoch", epoch, f"{epoch_loss / len(loader):.4f}")
