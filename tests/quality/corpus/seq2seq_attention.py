"""Reversing sequences of digits with an encoder, a decoder with attention, and teacher forcing."""

import random

import torch
import torch.nn as nn
import torch.nn.functional as F

PAD, SOS, EOS = 0, 1, 2
VOCAB, LENGTH, HIDDEN, BATCH = 12, 7, 32, 16


def make_batch(batch_size):
    source = torch.randint(3, VOCAB, (batch_size, LENGTH))
    end = torch.full((batch_size, 1), EOS)
    start = torch.full((batch_size, 1), SOS)
    target = torch.cat([start, source.flip(1), end], dim=1)
    return source, target


class Encoder(nn.Module):
    def __init__(self, vocab, hidden):
        super().__init__()
        self.embedding = nn.Embedding(vocab, hidden, padding_idx=PAD)
        self.gru = nn.GRU(hidden, hidden, batch_first=True)

    def forward(self, source):
        return self.gru(self.embedding(source))


class Attention(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.query = nn.Linear(hidden, hidden)
        self.key = nn.Linear(hidden, hidden)
        self.score = nn.Linear(hidden, 1)

    def forward(self, query, keys):
        scores = self.score(torch.tanh(self.query(query).unsqueeze(1) + self.key(keys))).squeeze(2)
        weights = F.softmax(scores, dim=1)
        return torch.bmm(weights.unsqueeze(1), keys), weights


class Decoder(nn.Module):
    def __init__(self, vocab, hidden):
        super().__init__()
        self.embedding = nn.Embedding(vocab, hidden)
        self.attention = Attention(hidden)
        self.gru = nn.GRU(2 * hidden, hidden, batch_first=True)
        self.out = nn.Linear(hidden, vocab)

    def forward(self, token, hidden, encoded):
        embedded = self.embedding(token).unsqueeze(1)
        context, weights = self.attention(hidden[-1], encoded)
        output, hidden = self.gru(torch.cat((embedded, context), dim=2), hidden)
        return self.out(output.squeeze(1)), hidden, weights


class Seq2Seq(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder(VOCAB, HIDDEN)
        self.decoder = Decoder(VOCAB, HIDDEN)

    def forward(self, source, target, teacher_forcing=0.5):
        batch_size, steps = target.shape
        outputs = torch.zeros(batch_size, steps, VOCAB)
        encoded, hidden = self.encoder(source)
        token = target[:, 0]
        for t in range(1, steps):
            logits, hidden, _ = self.decoder(token, hidden, encoded)
            outputs[:, t] = logits
            token = target[:, t] if random.random() < teacher_forcing else logits.argmax(1)
        return outputs


model = Seq2Seq()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss(ignore_index=PAD)
for step in range(4):
    source, target = make_batch(BATCH)
    optimizer.zero_grad()
    output = model(source, target)
    logits = output[:, 1:].reshape(-1, VOCAB)
    loss = criterion(logits, target[:, 1:].reshape(-1))  # input float32[128, 12], target int64[128]
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    print(step, f"{loss.item():.4f}")
