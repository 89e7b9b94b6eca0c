import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence

PAD, VOCABULARY = 0, 20
sentences = [torch.randint(0, VOCABULARY, (n,)) for n in (5, 7, 3)]
padded = pad_sequence(sentences, batch_first=True, padding_value=PAD)
before, after = padded[:, :-1], padded[:, 1:]
embed, rnn, head = nn.Embedding(VOCABULARY, 8), nn.GRU(8, 8, batch_first=True), nn.Linear(8, VOCABULARY)
criterion = nn.CrossEntropyLoss(label_smoothing=0.1)  # cause
states, _ = rnn(embed(before))
loss = criterion(head(states).transpose(1, 2), after)  # SNG305
