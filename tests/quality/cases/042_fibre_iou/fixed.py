import torch
from torch import nn
from torch.nn import functional as F


def fibres(n, size=18):
    mask = torch.zeros(n, size, size)
    for i in range(n):
        row = int(torch.randint(2, size - 2, (1,)))
        mask[i, row - 1:row + 2] = 1.0
    return mask.unsqueeze(1) + 0.5 * torch.randn(n, 1, size, size), mask


def iou(predicted, mask, eps=1e-6):
    inside = (predicted * mask).sum()
    union = predicted.sum() + mask.sum() - inside
    return ((inside + eps) / (union + eps)).item()


class FibreNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(1, 8, 3, padding=1)
        self.b = nn.Conv2d(8, 1, 3, padding=1)

    def forward(self, x):
        return self.b(F.relu(self.a(x)))


def main():
    torch.manual_seed(52)
    images, masks = fibres(60)
    net = FibreNet()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for epoch in range(6):
        scores = []
        for start in range(0, 60, 10):
            x, y = images[start:start + 10], masks[start:start + 10]
            logits = net(x)
            loss = F.binary_cross_entropy_with_logits(logits, y.unsqueeze(1))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            predicted = (logits.detach() > 0).float()
            scores.append(iou(predicted.squeeze(1), y))
        print(f"epoch {epoch} loss {loss.item():.4f} iou {sum(scores) / len(scores):.4f}")


main()
