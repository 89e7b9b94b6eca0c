import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class ConvUnit(nn.Module):
    def __init__(self, fan_in, fan_out, kernel):
        super().__init__()
        self.conv = nn.Conv1d(fan_in, fan_out, kernel)
        self.norm = nn.BatchNorm1d(fan_out)
        self.pool = nn.MaxPool1d(2)

    def forward(self, x):
        return self.pool(torch.relu(self.norm(self.conv(x))))


class Encoder(nn.Module):
    def __init__(self, axes):
        super().__init__()
        self.units = nn.Sequential(ConvUnit(axes, 12, 5), ConvUnit(12, 24, 3))

    def forward(self, x):
        return self.units(x).flatten(start_dim=1)


class GaitNet(nn.Module):
    def __init__(self, axes=3, window=78, walkers=5):
        super().__init__()
        self.encoder = Encoder(axes)
        self.classifier = nn.Linear(24 * (window // 4), walkers)

    def forward(self, x):
        return self.classifier(self.encoder(x))


def walks(n, window=78):
    walker = torch.arange(n) % 5
    time = torch.arange(window) / 10
    base = torch.sin(time * (1 + walker).unsqueeze(1))
    return base.unsqueeze(1).repeat(1, 3, 1) + 0.3 * torch.randn(n, 3, window), walker


torch.manual_seed(31)
data = DataLoader(TensorDataset(*walks(150)), batch_size=30, shuffle=True)
net = GaitNet()
loss_function = nn.CrossEntropyLoss()
sgd = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.8)
for epoch in range(3):
    for window, walker in data:
        loss = loss_function(net(window), walker)
        sgd.zero_grad()
        loss.backward()
        sgd.step()
    print("loss", round(loss.item(), 4))
