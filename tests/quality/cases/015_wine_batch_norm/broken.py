import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(6)
grapes = torch.randint(0, 3, (161,))
chemistry = torch.randn(161, 10) + grapes[:, None] * 0.8
train_set, test_set = random_split(TensorDataset(chemistry, grapes), [129, 32])
train_loader = DataLoader(train_set, batch_size=16, shuffle=True)
test_loader = DataLoader(test_set, batch_size=16)


class WineNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(10, 24)
        self.bn1 = nn.BatchNorm1d(24)
        self.fc2 = nn.Linear(24, 3)

    def forward(self, x):
        return self.fc2(torch.relu(self.bn1(self.fc1(x))))


net = WineNet()
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(net.parameters(), lr=0.1)
for epoch in range(4):
    net.train()
    for inputs, labels in train_loader:
        optimizer.zero_grad()
        loss = criterion(net(inputs), labels)
        loss.backward()
        optimizer.step()
    net.eval()
    hits = 0
    with torch.no_grad():
        for inputs, labels in test_loader:
            hits += (net(inputs).argmax(dim=1) == labels).sum().item()
    print("epoch", epoch, "accuracy", f"{hits / len(test_set):.4f}")
