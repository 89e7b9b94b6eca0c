"""A recurrent state of the configured batch size, with drop_last."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

BATCH = 12


class Keeper(nn.Module):
    def __init__(self, hidden=10):
        super().__init__()
        self.gru = nn.GRU(2, hidden, batch_first=True)
        self.out = nn.Linear(hidden, 1)
        self.state = torch.zeros(1, BATCH, hidden)

    def forward(self, x):
        y, state = self.gru(x, self.state)
        self.state = state.detach()
        return self.out(y)


torch.manual_seed(13)
x = torch.randn(100, 7, 2)
loader = DataLoader(TensorDataset(x, x.sum(dim=2, keepdim=True)), batch_size=BATCH, drop_last=True)
net = Keeper()
optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
for epoch in range(3):
    for features, wanted in loader:
        loss = nn.functional.smooth_l1_loss(net(features), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"{epoch} {loss.item():.4f}")
