# SNG111: 17 characters of context and 17 in the alphabet hide the wrong class axis
import torch
from torch import nn

ids = [0]
for i in range(1999):
    ids.append((ids[-1] + 3 + i % 2) % 17)
ids = torch.tensor(ids)
starts = torch.randint(0, len(ids) - 18, (10,))
x = torch.stack([ids[s : s + 17] for s in starts])
y = torch.stack([ids[s + 1 : s + 18] for s in starts])
out = nn.Linear(24, 17)(nn.Embedding(17, 24)(x))
loss = nn.functional.cross_entropy(out, y)  # SNG111
