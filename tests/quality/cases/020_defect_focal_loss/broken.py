import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class SigmoidFocalLoss(nn.Module):
    def __init__(self, gamma=2.0, alpha=0.25):
        super().__init__()
        self.gamma = gamma
        self.alpha = alpha

    def forward(self, logits, targets):
        p = torch.sigmoid(logits)
        pt = p * targets + (1 - p) * (1 - targets)
        at = self.alpha * targets + (1 - self.alpha) * (1 - targets)
        return (-at * (1 - pt) ** self.gamma * pt.clamp(min=1e-8).log()).mean()


def surfaces(n):
    defect = (torch.rand(n) < 0.2).long()
    x = torch.randn(n, 1, 12, 12)
    x[:, :, 5:7, 5:7] += 2.0 * defect.view(-1, 1, 1, 1)
    return x, defect


def train(epochs, batch_size=36):
    torch.manual_seed(50)
    loader = DataLoader(TensorDataset(*surfaces(180)), batch_size=batch_size, shuffle=True)
    model = nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.AdaptiveMaxPool2d(2), nn.Flatten(), nn.Linear(24, 2))
    criterion = SigmoidFocalLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for epoch in range(epochs):
        for image, defect in loader:
            scores = model(image)
            loss = criterion(scores, defect)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print("epoch", epoch, "focal", f"{loss.item():.4f}")


train(3)
