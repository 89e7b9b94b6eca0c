import torch
from torch import nn

VIEWS, SIDE, PARTS = 6, 10, 4


class Branch(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, width), nn.ReLU())

    def forward(self, view):
        return self.body(view)


class MultiView(nn.Module):
    def __init__(self, width=14):
        super().__init__()
        self.branches = nn.ModuleList(Branch(width) for _ in range(VIEWS))
        self.head = nn.Linear(width, PARTS)

    def forward(self, views):
        features = [branch(views[:, i]) for i, branch in enumerate(self.branches)]
        merged = torch.cat(features, dim=0)
        return self.head(merged)


def objects(n, generator):
    kind = torch.randint(0, PARTS, (n,), generator=generator)
    views = torch.randn(n, VIEWS, SIDE, SIDE, generator=generator)
    views += kind.view(-1, 1, 1, 1) * 0.5
    return views, kind


generator = torch.Generator().manual_seed(17)
torch.manual_seed(17)
views, kind = objects(128, generator)
model = MultiView()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
for epoch in range(3):
    losses = []
    for x, y in zip(views.split(16), kind.split(16)):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print(f"epoch {epoch} {sum(losses) / len(losses):.4f}")
