"""Logits and labels flattened together; positions ignored; a target shifted by one."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

VOCAB, PAD = 30, 0
texts = [torch.randint(1, VOCAB, (length,)) for length in (5, 9, 7)]
ids = pad_sequence(texts, batch_first=True, padding_value=PAD)
logits = nn.Linear(12, VOCAB)(nn.Embedding(VOCAB, 12, padding_idx=PAD)(ids[:, :-1]))
loss = F.cross_entropy(logits.reshape(-1, VOCAB), ids[:, 1:].reshape(-1), ignore_index=PAD)
each = F.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none")
loss = loss + (each * (ids[:, 1:] != PAD)).sum()
