"""Pair labels of -1 and 1 made from 0 and 1, a ranking of columns, triplets from a table of neighbours."""
import torch
from torch import nn

torch.manual_seed(18)
embed, score = nn.Linear(9, 4), nn.Linear(9, 1)
optimizer = torch.optim.Adam([*embed.parameters(), *score.parameters()], lr=0.02)
for step in range(6):
    a, b = torch.randn(28, 9), torch.randn(28, 9)
    same = torch.randint(0, 2, (28,))
    loss = nn.functional.cosine_embedding_loss(embed(a), embed(b), same * 2 - 1, margin=0.1)
    better = torch.where(a[:, :1] > b[:, :1], 1.0, -1.0)
    loss = loss + nn.functional.margin_ranking_loss(score(a), score(b), better, margin=0.2)
    loss = loss + nn.functional.triplet_margin_loss(embed(a), embed(a + 0.1), embed(b))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"{loss.item():.4f}")
