"""Sequences of any length: mask times loss per step, padded tags of -100, lengths from the batch."""
import random

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

TAGS = 6


def collate(rows):
    words = pad_sequence([w for w, _ in rows], batch_first=True)
    tags = pad_sequence([t for _, t in rows], batch_first=True, padding_value=-100)
    return words, tags


random.seed(3)
torch.manual_seed(3)
rows = []
for _ in range(70):
    words = torch.randint(1, 30, (random.randint(3, 9),))
    rows.append((words, words % TAGS))
embed, head = nn.Embedding(30, 12, padding_idx=0), nn.Linear(12, TAGS)
optimizer = torch.optim.Adam([*embed.parameters(), *head.parameters()], lr=0.02)
for epoch in range(3):
    for words, tags in torch.utils.data.DataLoader(rows, batch_size=16, collate_fn=collate):
        logits = head(embed(words))
        loss = F.cross_entropy(logits.view(-1, TAGS), tags.reshape(-1), ignore_index=-100)
        per_word = F.cross_entropy(logits.transpose(1, 2), tags.clamp(min=0), reduction="none")
        mask = (tags != -100).float()
        loss = loss + (per_word * mask).sum() / mask.sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"{epoch} {loss.item():.4f}")
