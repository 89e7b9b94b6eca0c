import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

CATEGORIES = {"district": 9, "heating": 4, "storey": 12}
NUMERIC = ["area", "rooms", "year"]


class Flats(Dataset):
    def __init__(self, n=260):
        g = torch.Generator().manual_seed(40)
        self.codes = {name: torch.randint(size, (n,), generator=g) for name, size in CATEGORIES.items()}
        self.numbers = torch.randn(n, len(NUMERIC), generator=g)
        self.rent = 0.7 * self.numbers[:, 0] + 0.1 * self.codes["district"] + 0.05 * torch.randn(n, generator=g)

    def __len__(self):
        return len(self.rent)

    def __getitem__(self, i):
        codes = {name: column[i] for name, column in self.codes.items()}
        return {"codes": codes, "numbers": self.numbers[i], "rent": self.rent[i]}


class RentModel(nn.Module):
    def __init__(self, width=5):
        super().__init__()
        self.embeddings = nn.ModuleDict({name: nn.Embedding(size, width) for name, size in CATEGORIES.items()})
        joined = width * len(CATEGORIES) + len(NUMERIC)
        self.mlp = nn.Sequential(nn.Linear(joined, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, codes, numbers):
        parts = [self.embeddings[name](codes[name]) for name in CATEGORIES]
        return self.mlp(torch.cat([*parts, numbers], dim=-1)).squeeze(-1)


torch.manual_seed(41)
loader = DataLoader(Flats(), batch_size=32)
model = RentModel()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for epoch in range(3):
    total = 0.0
    for batch in loader:
        prediction = model(batch["codes"], batch["numbers"])
        loss = nn.functional.mse_loss(prediction, batch["rent"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch} mse {total / len(loader):.4f}")
