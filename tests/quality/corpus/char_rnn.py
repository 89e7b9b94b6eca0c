"""A character model on a short text, trained on random chunks."""

import random
import string
import time

import torch
import torch.nn as nn

text = """It was a bright cold day in April, and the clocks were striking thirteen. The hallway smelt of boiled
cabbage and old rag mats. At one end of it a coloured poster, too large for indoor display, had been tacked to the
wall. It was no use trying the lift. Even at the best of times it was seldom working.""" * 3

all_characters = string.printable
n_characters = len(all_characters)
chunk_len = 16
n_epochs = 2
hidden_size = 48
n_layers = 1


def random_chunk():
    start_index = random.randint(0, len(text) - chunk_len - 1)
    return text[start_index : start_index + chunk_len + 1]


def char_tensor(line):
    tensor = torch.zeros(len(line)).long()
    for c in range(len(line)):
        tensor[c] = all_characters.index(line[c])
    return tensor


def random_training_set():
    chunk = random_chunk()
    return char_tensor(chunk[:-1]), char_tensor(chunk[1:])


class RNN(nn.Module):
    def __init__(self, input_size, hidden_size, output_size, n_layers=1):
        super().__init__()
        self.hidden_size = hidden_size
        self.n_layers = n_layers
        self.encoder = nn.Embedding(input_size, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size, n_layers)
        self.decoder = nn.Linear(hidden_size, output_size)

    def forward(self, input, hidden):
        embedded = self.encoder(input.view(1, -1))
        output, hidden = self.gru(embedded.view(1, 1, -1), hidden)
        output = self.decoder(output.view(1, -1))
        return output, hidden

    def init_hidden(self):
        return torch.zeros(self.n_layers, 1, self.hidden_size)


decoder = RNN(n_characters, hidden_size, n_characters, n_layers)
optimizer = torch.optim.Adam(decoder.parameters(), lr=0.005)
criterion = nn.CrossEntropyLoss()


def train(inp, target):
    hidden = decoder.init_hidden()
    decoder.zero_grad()
    loss = 0
    for c in range(chunk_len):
        output, hidden = decoder(inp[c], hidden)
        loss += criterion(output, target[c].view(1))  # input float32[1, 100], target int64[1]
    loss.backward()
    optimizer.step()
    return loss.item() / chunk_len


def generate(prime="A", length=30, temperature=0.8):
    hidden = decoder.init_hidden()
    prime_input = char_tensor(prime)
    predicted = prime
    for p in range(len(prime) - 1):
        _, hidden = decoder(prime_input[p], hidden)
    inp = prime_input[-1]
    for _ in range(length):
        output, hidden = decoder(inp, hidden)
        probabilities = output.data.view(-1).div(temperature).exp()
        top = torch.multinomial(probabilities, 1)[0]
        predicted += all_characters[top]
        inp = char_tensor(all_characters[top])
    return predicted


start = time.time()
losses = []
for epoch in range(1, n_epochs + 1):
    losses.append(train(*random_training_set()))
    print(f"{epoch} {time.time() - start:.1f}s {losses[-1]:.4f}")
print(generate("Wh"))
