import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Coins(Dataset):
    def __init__(self, n, real=0.5):
        gen = torch.Generator().manual_seed(61)
        self.is_real = torch.rand(n, generator=gen) < real
        self.measures = torch.randn(n, 6, generator=gen)
        self.measures[:, 2] += self.is_real.float()

    def __len__(self):
        return len(self.is_real)

    def __getitem__(self, i):
        label = 1.0 if self.is_real[i] else -1.0
        return self.measures[i], torch.tensor([label])


class Engine:
    def __init__(self, **options):
        self.options = options
        self.model = nn.Sequential(nn.Linear(6, options["hidden"]), nn.SiLU(), nn.Linear(options["hidden"], 1))
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=options["lr"])
        self.loss_fn = nn.BCEWithLogitsLoss()

    def train(self, loader):
        for epoch in range(self.options["epochs"]):
            total = 0.0
            for measures, label in loader:
                logits = self.model(measures)
                loss = self.loss_fn(logits, label)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                total += loss.item()
            print("epoch", epoch, "loss", f"{total / len(loader):.4f}")


torch.manual_seed(61)
engine = Engine(hidden=12, lr=0.1, epochs=5)
engine.train(DataLoader(Coins(240), batch_size=24))
