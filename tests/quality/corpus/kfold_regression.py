"""Cross-validation by hand: shuffled folds of numpy indices, one network a fold."""

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Subset, SubsetRandomSampler, TensorDataset

rng = np.random.RandomState(3)
n_samples, n_features, n_folds = 120, 6, 4
X = rng.randn(n_samples, n_features).astype(np.float32)
w = rng.randn(n_features, 1).astype(np.float32)
y = X @ w + 0.1 * rng.randn(n_samples, 1).astype(np.float32)
dataset = TensorDataset(torch.from_numpy(X), torch.from_numpy(y.astype(np.float32)))


def build():
    return nn.Sequential(nn.Linear(n_features, 16), nn.Tanh(), nn.Linear(16, 1))


indices = np.arange(n_samples)
rng.shuffle(indices)
folds = np.array_split(indices, n_folds)
scores = []
for k in range(n_folds):
    val_idx = folds[k]
    train_idx = np.concatenate([folds[j] for j in range(n_folds) if j != k])
    train_loader = DataLoader(dataset, batch_size=30, sampler=SubsetRandomSampler(train_idx))
    val_loader = DataLoader(Subset(dataset, val_idx), batch_size=15)
    model = build()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    criterion = nn.MSELoss()
    for _ in range(3):
        model.train()
        for xb, yb in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(xb), yb)  # input float32[30, 1], target float32[30, 1]
            loss.backward()
            optimizer.step()
    model.eval()
    errors = []
    with torch.no_grad():
        for xb, yb in val_loader:
            errors.append(criterion(model(xb), yb).item() * len(xb))  # input float32[15, 1], target float32[15, 1]
    scores.append(sum(errors) / len(val_idx))
print(f"{np.mean(scores):.3f} +- {np.std(scores):.3f}")
