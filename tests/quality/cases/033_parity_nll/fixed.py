import torch
from torch import nn

torch.manual_seed(101)
BITS, CLASSES = 6, 3

numbers = torch.randint(0, 2, (384, BITS)).float()
labels = numbers.sum(dim=1).long() % CLASSES

model = nn.Sequential(
    nn.Linear(BITS, 40),
    nn.ReLU(),
    nn.Linear(40, CLASSES),
    nn.LogSoftmax(dim=1),
)
criterion = nn.NLLLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)


def minibatches(x, y, size):
    shuffled = torch.randperm(x.shape[0])
    for begin in range(0, x.shape[0], size):
        rows = shuffled[begin:begin + size]
        yield x[rows], y[rows]


for epoch in range(1, 11):
    for x, y in minibatches(numbers, labels, 48):
        out = model(x)
        loss = criterion(out, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 5 == 0:
        accuracy = (model(numbers).argmax(dim=1) == labels).float().mean().item()
        print("epoch %d loss %.4f accuracy %.4f" % (epoch, loss.item(), accuracy))
