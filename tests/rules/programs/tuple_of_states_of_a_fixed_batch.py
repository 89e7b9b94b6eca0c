# SNG702: a tuple of states for the configured batch size
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

B = 16


class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(4, 8, batch_first=True)
        self.fc = nn.Linear(8, 1)

    def forward(self, x, state):
        out, state = self.rnn(x, state)  # SNG702
        return self.fc(out[:, -1])


net = M()
for x, y in DataLoader(TensorDataset(torch.randn(40, 5, 4), torch.randn(40, 1)), batch_size=B):
    state = (torch.zeros((1, B, 8)), torch.zeros((1, B, 8)))  # cause
    loss = nn.MSELoss()(net(x, state), y)
