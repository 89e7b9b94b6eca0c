"""Every image against every text: a square matrix whose diagonal is right, twice."""
import torch
import torch.nn.functional as F
from torch import nn


class TwoTowers(nn.Module):
    def __init__(self, dim=8):
        super().__init__()
        self.image, self.text = nn.Linear(12, dim), nn.Linear(6, dim)
        self.log_scale = nn.Parameter(torch.zeros(()))

    def forward(self, image, text):
        image, text = F.normalize(self.image(image), dim=-1), F.normalize(self.text(text), dim=-1)
        return self.log_scale.exp() * image @ text.T


torch.manual_seed(5)
hidden = torch.randn(100, 6)
images = hidden @ torch.randn(6, 12)
model = TwoTowers()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for epoch in range(3):
    for image, text in zip(images.split(16), hidden.split(16)):
        scores = model(image, text)
        right = torch.arange(len(scores))
        loss = (F.cross_entropy(scores, right) + F.cross_entropy(scores.t(), right)) / 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"{epoch} {loss.item():.4f}")
