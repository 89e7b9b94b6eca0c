import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class RoadNet(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv1d(2, width, 3, padding=1),
            nn.ReLU(),
            nn.Conv1d(width, 1, 3, padding=1),
        )

    def forward(self, x):
        return self.net(x).squeeze(1)


def roads(n, length=25):
    signal = torch.randn(n, 2, length)
    rough = signal[:, 0] * signal[:, 1]
    valid = (torch.rand(n, length) > 0.4).float()
    rough = torch.where(valid.bool(), rough, torch.full_like(rough, 9.0))
    return TensorDataset(signal, rough, valid)


torch.manual_seed(83)
loader = DataLoader(roads(200), batch_size=25, shuffle=True)
net = RoadNet(16)
criterion = nn.MSELoss(reduction="none")
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(6):
    running = 0.0
    for signal, rough, valid in loader:
        error = criterion(net(signal), rough)
        loss = (error * valid).sum() / valid.sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += loss.item()
    print(f"epoch {epoch} masked mse {running / len(loader):.4f}")
