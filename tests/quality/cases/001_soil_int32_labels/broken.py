import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

SOILS = ("sand", "loam", "clay", "peat")


class SoilProbes(Dataset):
    def __init__(self, count, seed=0):
        rng = np.random.default_rng(seed)
        self.soil = rng.integers(0, len(SOILS), size=count).astype(np.int32)
        centres = rng.normal(size=(len(SOILS), 6))
        self.readings = (centres[self.soil] + 0.4 * rng.normal(size=(count, 6))).astype(np.float32)

    def __len__(self):
        return len(self.soil)

    def __getitem__(self, index):
        return torch.from_numpy(self.readings[index]), torch.tensor(self.soil[index])


class Trainer:
    def __init__(self, model, loader, lr=0.05):
        self.model = model
        self.loader = loader
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(model.parameters(), lr=lr)

    def step(self, readings, soil):
        self.optimizer.zero_grad()
        loss = self.criterion(self.model(readings), soil)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def fit(self, epochs):
        for epoch in range(epochs):
            mean = sum(self.step(x, y) for x, y in self.loader) / len(self.loader)
            print(f"epoch {epoch}: {mean:.4f}")


if __name__ == "__main__":
    torch.manual_seed(1)
    probes = DataLoader(SoilProbes(200), batch_size=25, shuffle=True)
    net = nn.Sequential(nn.Linear(6, 20), nn.Tanh(), nn.Linear(20, len(SOILS)))
    Trainer(net, probes).fit(4)
