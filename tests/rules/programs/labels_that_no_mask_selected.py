# SNG101: a mask takes the padding out of the scores and leaves it among the labels
import torch
from torch import nn

residues = torch.randint(1, 21, (20, 24))
residues[:, 18:] = 0
states, real = residues % 3, residues != 0
scores = nn.Linear(8, 3)(nn.Embedding(21, 8)(residues))[real]
loss = nn.functional.cross_entropy(scores, states.flatten())  # SNG101
