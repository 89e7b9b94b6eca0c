"""One body, three heads: which kind, how much, and which tags, weighted by learnt uncertainty."""

import logging
from dataclasses import dataclass, field
from typing import Dict, List

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

logging.basicConfig(level=logging.INFO, format="%(message)s")
logger = logging.getLogger(__name__)


@dataclass
class Config:
    n_features: int = 20
    n_kinds: int = 5
    n_tags: int = 7
    hidden: List[int] = field(default_factory=lambda: [64, 32])
    batch_size: int = 25
    epochs: int = 2
    lr: float = 1e-3


class Items(Dataset):
    def __init__(self, config: Config, length: int = 110):
        generator = torch.Generator().manual_seed(0)
        self.x = torch.randn(length, config.n_features, generator=generator)
        self.kind = torch.randint(0, config.n_kinds, (length,), generator=generator)
        self.amount = self.x[:, :3].sum(dim=1)
        self.tags = (torch.rand(length, config.n_tags, generator=generator) > 0.7).float()

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, i: int) -> Dict[str, torch.Tensor]:
        return {"x": self.x[i], "kind": self.kind[i], "amount": self.amount[i], "tags": self.tags[i]}


class MultiTask(nn.Module):
    def __init__(self, config: Config):
        super().__init__()
        sizes = [config.n_features, *config.hidden]
        layers = []
        for a, b in zip(sizes[:-1], sizes[1:]):
            layers += [nn.Linear(a, b), nn.LayerNorm(b), nn.ReLU()]
        self.body = nn.Sequential(*layers)
        self.heads = nn.ModuleDict(
            {
                "kind": nn.Linear(sizes[-1], config.n_kinds),
                "amount": nn.Linear(sizes[-1], 1),
                "tags": nn.Linear(sizes[-1], config.n_tags),
            }
        )
        self.log_vars = nn.Parameter(torch.zeros(3))

    def forward(self, x):
        h = self.body(x)
        return {name: head(h) for name, head in self.heads.items()}


def main():
    config = Config()
    loader = DataLoader(Items(config), batch_size=config.batch_size, shuffle=True)
    model = MultiTask(config)
    optimizer = torch.optim.Adam(model.parameters(), lr=config.lr)
    ce, mse, bce = nn.CrossEntropyLoss(), nn.MSELoss(), nn.BCEWithLogitsLoss()
    for epoch in range(config.epochs):
        running = 0.0
        for batch in loader:
            out = model(batch["x"])
            parts = [
                ce(out["kind"], batch["kind"]),  # input float32[N, 5], target int64[N]
                mse(out["amount"].squeeze(1), batch["amount"]),  # input float32[N], target float32[N]
                bce(out["tags"], batch["tags"]),  # input float32[N, 7], target float32[N, 7]
            ]
            losses = torch.stack(parts)
            loss = (torch.exp(-model.log_vars) * losses + model.log_vars).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            running += loss.item()
        logger.info("epoch %d loss %.3f", epoch, running / len(loader))


if __name__ == "__main__":
    main()
