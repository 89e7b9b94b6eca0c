import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

rng = np.random.default_rng(11)
torch.manual_seed(11)
WINDOW, KINDS = 48, 5
frequency = np.array([3.0, 5.0, 8.0, 13.0, 21.0])


def record(n):
    kind = rng.choice(KINDS, size=n, p=[0.6, 0.2, 0.1, 0.06, 0.04])
    t = np.linspace(0, 1, WINDOW)
    wave = np.sin(2 * np.pi * frequency[kind][:, None] * t[None, :]) + 0.3 * rng.normal(size=(n, WINDOW))
    return wave.astype("float32"), kind


signals, kinds = record(300)
counts = np.bincount(kinds, minlength=KINDS)
weights = torch.from_numpy(counts.sum() / (KINDS * np.maximum(counts, 1)))

model = nn.Sequential(
    nn.Conv1d(1, 8, 7, padding=3),
    nn.ReLU(),
    nn.AdaptiveAvgPool1d(6),
    nn.Flatten(),
    nn.Linear(48, KINDS),
)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
x = torch.from_numpy(signals).unsqueeze(1)
y = torch.from_numpy(kinds)

for epoch in range(3):
    order = torch.randperm(len(x))
    total = 0.0
    for start in range(0, len(x), 50):
        chosen = order[start:start + 50]
        loss = F.cross_entropy(model(x[chosen]), y[chosen], weight=weights)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(epoch, f"{total / 6:.4f}")
