"""A multilayer perceptron on a table: pandas, scikit-learn's split and scaler, class weights, early stopping."""

import numpy as np
import pandas as pd
import torch
import torch.nn as nn
from sklearn.metrics import classification_report
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, Dataset

FEATURES = ["age", "income", "balance", "tenure", "products"]
NUM_CLASSES = 3

rng = np.random.default_rng(7)
frame = pd.DataFrame({name: rng.normal(size=1000) for name in FEATURES})
frame["segment"] = rng.integers(0, NUM_CLASSES, size=1000)

X = frame[FEATURES].values
y = frame["segment"].values.astype(np.int64)
X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.2, stratify=y, random_state=42)
scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)
X_val = scaler.transform(X_val)


class TableDataset(Dataset):
    def __init__(self, features, labels):
        self.features = torch.tensor(features, dtype=torch.float32)
        self.labels = torch.tensor(labels, dtype=torch.long)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.features[i], self.labels[i]


train_loader = DataLoader(TableDataset(X_train, y_train), batch_size=64, shuffle=True)
val_loader = DataLoader(TableDataset(X_val, y_val), batch_size=64)

counts = np.bincount(y_train, minlength=NUM_CLASSES)
weights = torch.tensor(len(y_train) / (NUM_CLASSES * counts), dtype=torch.float32)
model = nn.Sequential(
    nn.Linear(len(FEATURES), 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, NUM_CLASSES)
)
criterion = nn.CrossEntropyLoss(weight=weights)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-4)

best, patience = float("inf"), 3
for epoch in range(20):
    model.train()
    for features, labels in train_loader:
        optimizer.zero_grad()
        logits = model(features)
        loss = criterion(logits, labels)  # input float32[N, 3], target int64[N]
        loss.backward()
        optimizer.step()
    model.eval()
    losses, guesses = [], []
    with torch.no_grad():
        for features, labels in val_loader:
            logits = model(features)
            losses.append(criterion(logits, labels).item())  # input float32[N, 3], target int64[N]
            guesses.append(logits.argmax(dim=1))
    score = np.mean(losses)
    if score < best:
        best, patience = score, 3
    else:
        patience -= 1
        if patience == 0:
            break
print(classification_report(y_val, torch.cat(guesses).numpy()))
