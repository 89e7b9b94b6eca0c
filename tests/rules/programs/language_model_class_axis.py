# SNG104: batch, time, vocabulary
import torch
from torch import nn


class LM(nn.Module):
    def __init__(self, vocab=50, dim=16):
        super().__init__()
        self.emb = nn.Embedding(vocab, dim)
        self.rnn = nn.LSTM(dim, dim, batch_first=True)
        self.out = nn.Linear(dim, vocab)

    def forward(self, ids):
        h, _ = self.rnn(self.emb(ids))
        return self.out(h)


ids = torch.randint(0, 50, (8, 21))
lm = LM()
loss = nn.CrossEntropyLoss()(lm(ids[:, :-1]), ids[:, 1:])  # SNG104
