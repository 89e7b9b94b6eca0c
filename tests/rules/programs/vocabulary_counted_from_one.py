# SNG803: the words are counted from 1, and the table has no row for the last
import torch
from torch import nn

ids = {}
for word in ["boil", "the", "water", "and", "salt"]:
    ids[word] = len(ids) + 1
embedding = nn.Embedding(len(ids), 8)  # cause
words = torch.tensor([[ids["boil"], ids["water"]], [ids["and"], ids["salt"]]])
vectors = embedding(words)  # SNG803
