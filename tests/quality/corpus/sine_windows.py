"""Forecasting a noisy wave from windows that numpy cuts."""

import numpy as np
import torch
import torch.nn as nn

try:
    import matplotlib.pyplot as plt
except ImportError:
    plt = None

np.random.seed(0)
torch.manual_seed(0)
LOOKBACK, HORIZON, HIDDEN = 24, 1, 32
series = np.sin(np.arange(0, 400) * 0.1) + 0.1 * np.random.randn(400)


def make_windows(values, lookback):
    xs, ys = [], []
    for i in range(len(values) - lookback):
        xs.append(values[i : i + lookback])
        ys.append(values[i + lookback])
    return np.array(xs), np.array(ys)


split = int(len(series) * 0.8)
mean, std = series[:split].mean(), series[:split].std()
scaled = (series - mean) / std
X_train, y_train = make_windows(scaled[:split], LOOKBACK)
X_test, y_test = make_windows(scaled[split:], LOOKBACK)
X_train = torch.from_numpy(X_train).float().unsqueeze(-1)
y_train = torch.from_numpy(y_train).float().unsqueeze(-1)
X_test = torch.tensor(X_test[:, :, None], dtype=torch.float32)
y_test = torch.tensor(y_test.reshape(-1, 1), dtype=torch.float32)


class Forecaster(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.lstm = nn.LSTM(1, hidden, batch_first=True)
        self.head = nn.Linear(hidden, HORIZON)

    def forward(self, x):
        out, _ = self.lstm(x)
        return self.head(out[:, -1, :])


model = Forecaster(HIDDEN)
loss_fn = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
train_set = torch.utils.data.TensorDataset(X_train, y_train)
loader = torch.utils.data.DataLoader(train_set, batch_size=32, shuffle=True)

for epoch in range(3):
    model.train()
    for xb, yb in loader:
        loss = loss_fn(model(xb), yb)  # input float32[N, 1], target float32[N, 1]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        test_loss = loss_fn(model(X_test), y_test)  # input float32[56, 1], target float32[56, 1]
    print(epoch, round(test_loss.item(), 4))

with torch.no_grad():
    forecast = model(X_test).squeeze(-1).numpy() * std + mean
if plt is not None:
    plt.plot(series[split + LOOKBACK :])
    plt.plot(forecast)
    plt.savefig("forecast.png")
print(forecast.shape, np.abs(forecast).max() < 10)
