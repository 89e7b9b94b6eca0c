import torch
from torch import nn
from torch.nn import functional as F

tokens = torch.randint(0, 30, (8, 12))
embed, rnn, head = nn.Embedding(30, 16), nn.GRU(16, 16, batch_first=True), nn.Linear(16, 30)
states, _ = rnn(embed(tokens[:, :-1]))
scores = head(states)
loss = F.cross_entropy(scores.transpose(1, 2), tokens)  # SNG100
