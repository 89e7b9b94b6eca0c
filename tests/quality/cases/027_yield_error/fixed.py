import numpy as np
import torch
from torch import nn


def fields(n, seed):
    rng = np.random.default_rng(seed)
    soil = rng.uniform(-1, 1, size=(n, 4))
    harvest = 2.0 * soil[:, 0] - soil[:, 1] * soil[:, 2] + 0.1 * rng.standard_normal(n)
    return soil.astype(np.float32), harvest.astype(np.float32)


class YieldModel:
    def __init__(self, hidden=16, epochs=40):
        torch.manual_seed(9)
        self.net = nn.Sequential(nn.Linear(4, hidden), nn.ReLU(), nn.Linear(hidden, 1))
        self.epochs = epochs

    def fit(self, soil, harvest):
        x = torch.from_numpy(soil)
        y = torch.from_numpy(harvest).reshape(-1, 1)
        optimizer = torch.optim.Adam(self.net.parameters(), lr=0.03)
        for _ in range(self.epochs):
            loss = nn.functional.mse_loss(self.net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return loss.item()

    def predict(self, soil):
        with torch.no_grad():
            return self.net(torch.from_numpy(soil)).numpy()


def mean_absolute_error(predicted, observed):
    return np.abs(predicted - observed).mean()


if __name__ == "__main__":
    train_soil, train_harvest = fields(200, seed=1)
    test_soil, test_harvest = fields(80, seed=2)
    model = YieldModel()
    print("train mse", f"{model.fit(train_soil, train_harvest):.4f}")
    error = mean_absolute_error(model.predict(test_soil).ravel(), test_harvest)
    print("test error", f"{error:.4f}")
