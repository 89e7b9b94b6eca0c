# SNG702: both states of an LSTM are made for the configured batch size
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(4, 8, batch_first=True)
        self.fc = nn.Linear(8, 1)

    def forward(self, x):
        h0 = torch.zeros(1, 16, 8)  # cause
        c0 = torch.zeros(1, 16, 8)
        out, _ = self.rnn(x, (h0, c0))  # SNG702
        return self.fc(out[:, -1])


net = M()
for x, y in DataLoader(TensorDataset(torch.randn(40, 5, 4), torch.randn(40, 1)), batch_size=16):
    loss = nn.MSELoss()(net(x), y)
