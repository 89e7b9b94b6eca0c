# SNG401: the label is a column, the model's output a vector
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

x, y = torch.randn(96, 5), torch.randn(96, 1)


class Reg(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = torch.nn.Linear(5, 1)

    def forward(self, x):
        return self.fc(x).squeeze(-1)


reg = Reg()
for a, b in DataLoader(TensorDataset(x, y), batch_size=32):
    loss = F.l1_loss(reg(a), b)  # SNG401
