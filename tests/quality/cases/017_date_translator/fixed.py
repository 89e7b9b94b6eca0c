import torch
import torch.nn as nn

SYMBOLS, SOURCE, TARGET = 14, 8, 10


class Translator(nn.Module):
    def __init__(self, hidden=28):
        super().__init__()
        self.embed = nn.Embedding(SYMBOLS, hidden)
        self.encoder = nn.GRU(hidden, hidden, batch_first=True)
        self.decoder = nn.GRU(hidden, hidden, batch_first=True)
        self.project = nn.Linear(hidden, SYMBOLS)

    def forward(self, source, target_in):
        _, state = self.encoder(self.embed(source))
        out, _ = self.decoder(self.embed(target_in), state)
        return self.project(out)


def pairs(n):
    source = torch.randint(2, SYMBOLS, (n, SOURCE))
    start = torch.ones(n, 1, dtype=torch.long)
    end = torch.zeros(n, 1, dtype=torch.long)
    return source, torch.cat([start, source.flip(1), end], dim=1)


def train_epoch(model, optimizer, criterion, source, target, size=20):
    losses = []
    for src, tgt in zip(source.split(size), target.split(size)):
        logits = model(src, tgt[:, :-1])
        loss = criterion(logits.reshape(-1, SYMBOLS), tgt[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    return sum(losses) / len(losses)


torch.manual_seed(10)
source, target = pairs(200)
model = Translator()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
criterion = nn.CrossEntropyLoss()
for epoch in range(4):
    print(f"epoch {epoch}: {train_epoch(model, optimizer, criterion, source, target):.4f}")
