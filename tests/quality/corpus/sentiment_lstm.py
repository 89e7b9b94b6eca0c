"""Sentiment of short reviews: a vocabulary, padded batches, an LSTM over packed sequences."""

import re
from collections import Counter

import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.utils.data import DataLoader, Dataset

REVIEWS = [
    ("a wonderful film with great actors", 1),
    ("dull and far too long", 0),
    ("I loved every minute", 1),
    ("the plot makes no sense at all", 0),
    ("great fun for the whole family", 1),
    ("a waste of two hours", 0),
    ("charming, funny and warm", 1),
    ("terrible acting", 0),
] * 5


def tokenize(sentence):
    return re.findall(r"\w+", sentence.lower())


class Vocabulary:
    def __init__(self, sentences, min_count=1):
        counts = Counter(word for sentence in sentences for word in tokenize(sentence))
        self.itos = ["<pad>", "<unk>"] + [word for word, n in counts.most_common() if n >= min_count]
        self.stoi = {word: i for i, word in enumerate(self.itos)}

    def __len__(self):
        return len(self.itos)

    def encode(self, sentence):
        return [self.stoi.get(word, self.stoi["<unk>"]) for word in tokenize(sentence)]


class ReviewDataset(Dataset):
    def __init__(self, reviews, vocabulary):
        self.items = [(torch.tensor(vocabulary.encode(text)), label) for text, label in reviews]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        return self.items[index]


def collate(batch):
    texts, labels = zip(*batch)
    lengths = torch.tensor([len(t) for t in texts])
    padded = pad_sequence(texts, batch_first=True, padding_value=0)
    return padded, lengths, torch.tensor(labels, dtype=torch.float32)


class SentimentLSTM(nn.Module):
    def __init__(self, vocab_size, embedding_dim=32, hidden_dim=24, n_layers=2):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_dim, padding_idx=0)
        self.lstm = nn.LSTM(embedding_dim, hidden_dim, n_layers, bidirectional=True, dropout=0.3, batch_first=True)
        self.fc = nn.Linear(2 * hidden_dim, 1)

    def forward(self, text, lengths):
        embedded = self.embedding(text)
        packed = pack_padded_sequence(embedded, lengths.cpu(), batch_first=True, enforce_sorted=False)
        _, (hidden, _) = self.lstm(packed)
        hidden = torch.cat((hidden[-2], hidden[-1]), dim=1)
        return self.fc(hidden)


vocabulary = Vocabulary([text for text, _ in REVIEWS])
loader = DataLoader(ReviewDataset(REVIEWS, vocabulary), batch_size=16, shuffle=True, collate_fn=collate)
model = SentimentLSTM(len(vocabulary))
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters())

for epoch in range(3):
    total, correct = 0.0, 0
    for text, lengths, labels in loader:
        optimizer.zero_grad()
        predictions = model(text, lengths).squeeze(1)
        loss = criterion(predictions, labels)  # input float32[N], target float32[N]
        loss.backward()
        optimizer.step()
        total += loss.item() * len(labels)
        correct += ((predictions > 0).float() == labels).sum().item()
    print(f"{epoch} {total / len(REVIEWS):.3f} {correct / len(REVIEWS):.3f}")
