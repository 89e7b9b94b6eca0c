# SNG106: the constant for the head is stale
import torch
from torch import nn

SYMPTOMS = ["fever", "cough", "rash", "fatigue"]
N_OUT = 3  # cause


class Net(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.body = nn.Linear(inputs, 12)
        self.head = nn.Linear(12, outputs)

    def forward(self, x):
        return self.head(torch.relu(self.body(x)))


net = Net(9, N_OUT)
x, y = torch.randn(30, 9), (torch.rand(30, len(SYMPTOMS)) < 0.4).float()
for i in range(0, 30, 10):
    loss = nn.BCEWithLogitsLoss()(net(x[i : i + 10]), y[i : i + 10])  # SNG106
