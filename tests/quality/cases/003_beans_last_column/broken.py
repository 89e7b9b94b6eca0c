"""Which bean? The last column of the table says so."""
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def make_table(rows, columns, beans, seed):
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, beans, rows)
    prototypes = rng.normal(0, 1, (beans, columns))
    values = prototypes[kind] + rng.normal(0, 0.5, (rows, columns))
    return np.concatenate([values, kind[:, None]], axis=1)


def load(rows=240, columns=7, beans=6):
    table = make_table(rows, columns, beans, seed=3)
    features = torch.tensor(table[:, :-1], dtype=torch.float32)
    labels = torch.tensor(table[:, -1:], dtype=torch.int64)
    return TensorDataset(features, labels)


def build(columns, hidden, beans):
    return nn.Sequential(nn.Linear(columns, hidden), nn.ReLU(), nn.Dropout(0.1), nn.Linear(hidden, beans))


def train(config):
    torch.manual_seed(config["seed"])
    loader = DataLoader(load(beans=config["beans"]), batch_size=config["batch"], shuffle=True)
    model = build(7, config["hidden"], config["beans"])
    optimizer = torch.optim.AdamW(model.parameters(), lr=config["lr"])
    criterion = nn.CrossEntropyLoss(label_smoothing=0.05)
    for epoch in range(config["epochs"]):
        seen = 0.0
        for features, labels in loader:
            optimizer.zero_grad()
            scores = model(features)
            loss = criterion(scores, labels)
            loss.backward()
            optimizer.step()
            seen += loss.item() * len(features)
        print("epoch", epoch + 1, "loss", format(seen / len(loader.dataset), ".4f"))


train({"seed": 2, "beans": 6, "batch": 24, "hidden": 32, "lr": 0.01, "epochs": 4})
