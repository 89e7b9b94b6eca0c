import torch
import torch.nn as nn

TAGS, WORDS, LENGTH = 7, 60, 11


class Tagger(nn.Module):
    def __init__(self, d_model=20, heads=4):
        super().__init__()
        self.embed = nn.Embedding(WORDS, d_model)
        self.position = nn.Parameter(torch.zeros(1, LENGTH, d_model))
        layer = nn.TransformerEncoderLayer(d_model, heads, dim_feedforward=40, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers=1)
        self.tags = nn.Linear(d_model, TAGS)

    def forward(self, words):
        return self.tags(self.encoder(self.embed(words) + self.position))


class Trainer:
    def __init__(self, model, lr):
        self.model, self.loss = model, nn.CrossEntropyLoss()
        self.optimizer = torch.optim.Adam(model.parameters(), lr=lr)

    def run(self, words, tags, batch):
        total = 0.0
        for part in torch.arange(len(words)).split(batch):
            self.optimizer.zero_grad()
            scores = self.model(words[part])
            loss = self.loss(scores.transpose(1, 2), tags[part])
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(part)
        return total / len(words)


def sentences(n):
    words = torch.randint(WORDS, (n, LENGTH))
    return words, words % TAGS


torch.manual_seed(12)
trainer = Trainer(Tagger(), lr=3e-3)
words, tags = sentences(120)
for epoch in range(3):
    print("epoch %d: %.4f" % (epoch + 1, trainer.run(words, tags, batch=24)))
