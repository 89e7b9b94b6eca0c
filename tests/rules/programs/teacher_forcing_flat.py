import torch
from torch import nn

tokens = torch.randint(0, 30, (8, 12))
embed, rnn, head = nn.Embedding(30, 16), nn.GRU(16, 16, batch_first=True), nn.Linear(16, 30)
criterion = nn.CrossEntropyLoss()


def step(batch):
    states, _ = rnn(embed(batch[:, :-1]))
    scores = head(states)
    return criterion(scores.reshape(-1, 30), batch.view(-1))  # SNG101


step(tokens).backward()
