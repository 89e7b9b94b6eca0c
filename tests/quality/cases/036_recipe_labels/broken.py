import random

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

DIETS = ["vegan", "quick", "spicy", "sweet", "cheap", "baked"]
PANTRY = 36


class Recipes(Dataset):
    def __init__(self, n):
        rng = random.Random(44)
        self.rows = []
        for _ in range(n):
            diets = rng.sample(range(len(DIETS)), k=rng.randint(1, 3))
            ingredients = [6 * d + rng.randrange(6) for d in diets for _ in range(2)]
            self.rows.append((ingredients, diets))

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        ingredients, diets = self.rows[i]
        used = torch.zeros(PANTRY)
        used[ingredients] = 1.0
        labels = torch.zeros(len(DIETS))
        labels[diets] = 1.0
        return used, labels


torch.manual_seed(44)
loader = DataLoader(Recipes(300), batch_size=30, shuffle=True)
model = nn.Sequential(nn.Linear(PANTRY, 24), nn.ReLU(), nn.Linear(24, len(DIETS)))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for epoch in range(5):
    exact = 0
    for used, labels in loader:
        logits = model(used)
        loss = criterion(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        exact += ((logits > 0) == (labels > 0)).all(dim=1).sum().item()
    print(f"epoch {epoch} loss {loss.item():.4f} exact {exact / 300:.4f}")
