import random

import torch
from torch import nn

CONFIG = {
    "vocabulary": 40,
    "queues": 6,
    "embedding": 12,
    "lr": 0.05,
    "epochs": 3,
}
QUEUES = ["billing", "login", "delivery", "refund", "abuse", "other"]


def tickets(n):
    rng = random.Random(4)
    for _ in range(n):
        queue = rng.choice(QUEUES)
        start = 6 * QUEUES.index(queue)
        yield [rng.randrange(start, start + 8) for _ in range(rng.randint(3, 9))], queue


def batches(rows, size):
    for start in range(0, len(rows), size):
        part = rows[start:start + size]
        words = torch.tensor([w for text, _ in part for w in text])
        offsets = torch.tensor([0] + [len(text) for text, _ in part[:-1]]).cumsum(0)
        labels = torch.tensor([QUEUES.index(queue) for _, queue in part])
        yield words, offsets, labels


class Router(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.bag = nn.EmbeddingBag(config["vocabulary"], config["embedding"])
        self.out = nn.Linear(config["embedding"], config["queues"])

    def forward(self, words, offsets):
        return self.out(self.bag(words, offsets))


torch.manual_seed(0)
rows = list(tickets(180))
router = Router(CONFIG)
optimizer = torch.optim.Adagrad(router.parameters(), lr=CONFIG["lr"])
loss_fn = nn.CrossEntropyLoss()
for epoch in range(CONFIG["epochs"]):
    total = count = 0
    for words, offsets, labels in batches(rows, 30):
        loss = loss_fn(router(words, offsets), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total, count = total + loss.item(), count + 1
    print("epoch %d loss %.4f" % (epoch, total / count))
