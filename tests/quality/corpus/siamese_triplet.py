"""Embeddings of points from triplets, then a contrastive loss on pairs."""

import random

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(1)
random.seed(1)
CLASSES, DIM, PER_CLASS = 4, 10, 20
centers = torch.randn(CLASSES, DIM) * 3
points = {c: centers[c] + torch.randn(PER_CLASS, DIM) for c in range(CLASSES)}


class Triplets(Dataset):
    def __init__(self, length=96):
        self.length = length

    def __len__(self):
        return self.length

    def __getitem__(self, _):
        positive_class, negative_class = random.sample(range(CLASSES), 2)
        a, p = random.sample(range(PER_CLASS), 2)
        n = random.randrange(PER_CLASS)
        return points[positive_class][a], points[positive_class][p], points[negative_class][n]


class Embedder(nn.Module):
    def __init__(self, dim=DIM, out=6):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(dim, 32), nn.ReLU(), nn.Linear(32, out))

    def forward(self, x):
        return F.normalize(self.body(x), dim=1)


class ContrastiveLoss(nn.Module):
    def __init__(self, margin=1.0):
        super().__init__()
        self.margin = margin

    def forward(self, first, second, same):
        distance = F.pairwise_distance(first, second)
        return (same * distance.pow(2) + (1 - same) * F.relu(self.margin - distance).pow(2)).mean()


model = Embedder()
triplet_loss = nn.TripletMarginLoss(margin=0.5)
cosine_loss = nn.CosineEmbeddingLoss(margin=0.2)
contrastive = ContrastiveLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
loader = DataLoader(Triplets(), batch_size=32)

for epoch in range(2):
    for anchor, positive, negative in loader:
        a, p, n = model(anchor), model(positive), model(negative)
        loss = triplet_loss(a, p, n)  # input anchor float32[32, 6], positive float32[32, 6], negative float32[32, 6]
        ones = torch.ones(a.size(0))
        loss = loss + cosine_loss(a, p, ones)  # input input1 float32[32, 6], input2 float32[32, 6], target float32[32]
        loss = loss + contrastive(a, p, ones) + contrastive(a, n, torch.zeros_like(ones))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, f"{loss.item():.3f}")
