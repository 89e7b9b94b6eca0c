# SNG701: a regression on 65 samples in batches of 16
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(7, 1)

    def forward(self, x):
        out = self.fc(x)
        out = torch.squeeze(out)  # cause
        return torch.sigmoid(out)


net, bce = Net(), nn.BCELoss()
for x, y in DataLoader(TensorDataset(torch.randn(65, 7), torch.rand(65)), batch_size=16):
    loss = bce(net(x), y)  # SNG701
