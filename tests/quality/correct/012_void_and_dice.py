"""Void pixels of 255 that are ignored, a Dice loss over one-hot maps, intersections of maps of the same rank."""
import torch
import torch.nn.functional as F
from torch import nn

CLASSES, VOID = 3, 255


def dice(logits, target):
    valid = (target != VOID).unsqueeze(1)
    shares = logits.softmax(dim=1) * valid
    wanted = F.one_hot(target.clamp(max=CLASSES - 1), CLASSES).permute(0, 3, 1, 2) * valid
    overlap = (shares * wanted).sum(dim=(2, 3))
    return 1 - (2 * overlap / (shares.sum(dim=(2, 3)) + wanted.sum(dim=(2, 3)) + 1e-6)).mean()


torch.manual_seed(12)
target = torch.randint(CLASSES, (20, 10, 10))
image = F.one_hot(target, CLASSES).permute(0, 3, 1, 2).float() + 0.3 * torch.randn(20, CLASSES, 10, 10)
target[:, 0] = VOID
net = nn.Conv2d(CLASSES, CLASSES, 1)
optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
for epoch in range(3):
    for x, y in zip(image.split(8), target.split(8)):
        logits = net(x)
        loss = F.cross_entropy(logits, y, ignore_index=VOID) + dice(logits, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"{epoch} {loss.item():.4f}")
