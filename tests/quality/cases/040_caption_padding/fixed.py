import random

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

PAD, START, END = 0, 1, 2
VOCAB = 20


def captions(n):
    rng = random.Random(2)
    made = []
    for _ in range(n):
        first = rng.randrange(3, VOCAB)
        words = [3 + (first - 3 + 4 * k) % (VOCAB - 3) for k in range(rng.choice([2, 3, 14]))]
        made.append((first, torch.tensor([START, *words, END])))
    return made


def collate(batch):
    firsts, words = zip(*batch)
    padded = pad_sequence(words, batch_first=True, padding_value=PAD)
    return torch.tensor(firsts), padded[:, :-1], padded[:, 1:]


class Captioner(nn.Module):
    def __init__(self, hidden=24):
        super().__init__()
        self.image = nn.Embedding(VOCAB, hidden)
        self.words = nn.Embedding(VOCAB, hidden, padding_idx=PAD)
        self.rnn = nn.GRU(hidden, hidden, batch_first=True)
        self.out = nn.Linear(hidden, VOCAB)

    def forward(self, image, words):
        states, _ = self.rnn(self.words(words), self.image(image).unsqueeze(0))
        return self.out(states)


def main():
    torch.manual_seed(2)
    loader = DataLoader(captions(160), batch_size=16, shuffle=True, collate_fn=collate)
    model = Captioner()
    criterion = nn.CrossEntropyLoss(ignore_index=PAD)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for epoch in range(5):
        total = 0.0
        for image, before, after in loader:
            logits = model(image, before)
            loss = criterion(logits.transpose(1, 2), after)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(f"epoch {epoch} loss {total / len(loader):.4f}")


main()
