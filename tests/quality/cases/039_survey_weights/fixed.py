import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

ANSWERS = 3
GROUP_WEIGHT = {0: 0.4, 1: 1.0, 2: 3.5}


def survey(n):
    group = torch.multinomial(torch.tensor([0.7, 0.2, 0.1]), n, replacement=True)
    features = torch.randn(n, 7)
    answer = (group + (features[:, 0] > 0).long()) % ANSWERS
    features[:, 1] += 0.5 * group
    weight = torch.tensor([[GROUP_WEIGHT[g]] for g in group.tolist()])
    return TensorDataset(features, answer, weight)


class Opinion(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([nn.Linear(7, 16), nn.Linear(16, 16)])
        self.answer = nn.Linear(16, ANSWERS)

    def forward(self, x):
        for block in self.blocks:
            x = torch.relu(block(x))
        return self.answer(x)


torch.manual_seed(18)
loader = DataLoader(survey(260), batch_size=20, shuffle=True)
model = Opinion()
criterion = nn.CrossEntropyLoss(reduction="none")
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(5):
    seen = 0.0
    for features, answer, weight in loader:
        losses = criterion(model(features), answer)
        loss = (losses * weight.squeeze(1)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seen += loss.item()
    print(f"epoch {epoch} weighted loss {seen / len(loader):.4f}")
