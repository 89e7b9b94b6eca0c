import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Counts(Dataset):
    def __init__(self, n):
        rng = np.random.default_rng(8)
        self.site = rng.normal(size=(n, 5)).astype(np.float32)
        rate = np.exp(0.8 * self.site[:, 0] - 0.5 * self.site[:, 3] + 0.5)
        self.count = rng.poisson(rate).astype(np.float32)

    def __len__(self):
        return self.count.shape[0]

    def __getitem__(self, i):
        return self.site[i], self.count[i]


class LogRate(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(5, 1)

    def forward(self, site):
        return self.linear(site).squeeze(-1)


def fit(model, loader, epochs):
    criterion = nn.PoissonNLLLoss(log_input=True)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    for epoch in range(epochs):
        history = []
        for site, count in loader:
            log_rate = model(site)
            loss = criterion(log_rate, count)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            history.append(loss.item())
        print("epoch", epoch, "nll", f"{np.mean(history):.4f}")


torch.manual_seed(8)
model = LogRate()
fit(model, DataLoader(Counts(300), batch_size=30, shuffle=True), epochs=6)
print("first coefficient", f"{model.linear.weight[0, 0].item():.4f}")
