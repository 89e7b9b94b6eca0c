import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

SPECIES = 5


class Calls(Dataset):
    def __init__(self, n, seed=3):
        self.g = torch.Generator().manual_seed(seed)
        self.songs = torch.randn(SPECIES, 32, generator=self.g)
        self.heard = torch.rand(n, SPECIES, generator=self.g) < 0.3
        self.noise = torch.randn(n, 32, generator=self.g)

    def __len__(self):
        return len(self.heard)

    def __getitem__(self, i):
        heard = self.heard[i].float()
        return {"sound": heard @ self.songs + self.noise[i], "heard": heard}


class Listener(nn.Module):
    def __init__(self, bins=32, hidden=48, dropout=0.1):
        super().__init__()
        self.stem = nn.Sequential(nn.Linear(bins, hidden), nn.GELU(), nn.Dropout(dropout))
        self.classifier = nn.Linear(hidden, SPECIES)

    def forward(self, sound):
        logits = self.classifier(self.stem(sound))
        return logits


def run_epoch(model, loader, criterion, optimizer):
    total = 0.0
    for batch in loader:
        output = model(batch["sound"])
        loss = criterion(output, batch["heard"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(output)
    return total / len(loader.dataset)


torch.manual_seed(15)
loader = DataLoader(Calls(240), batch_size=40, shuffle=True)
model = Listener()
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
for epoch in range(5):
    print(f"epoch {epoch} bce {run_epoch(model, loader, criterion, optimizer):.4f}")
