"""Three heads in a ModuleDict, weights learnt per task, columns against columns, metrics on flat vectors."""
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Homes(Dataset):
    def __init__(self, n):
        g = torch.Generator().manual_seed(20)
        self.x = torch.randn(n, 6, generator=g)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        x = self.x[i]
        return {"x": x, "price": x[:1] * 3, "sold": (x[1] > 0).float(), "kind": (x[2] > 0).long()}


class MultiTask(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, 16), nn.ReLU())
        self.heads = nn.ModuleDict({"price": nn.Linear(16, 1), "sold": nn.Linear(16, 1), "kind": nn.Linear(16, 2)})
        self.log_vars = nn.Parameter(torch.zeros(3))

    def forward(self, x):
        x = self.body(x)
        return {name: head(x) for name, head in self.heads.items()}


torch.manual_seed(20)
net = MultiTask()
optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
for epoch in range(3):
    right = 0
    for batch in DataLoader(Homes(70), batch_size=16):
        out = net(batch["x"])
        losses = torch.stack([
            nn.functional.mse_loss(out["price"], batch["price"]),
            nn.functional.binary_cross_entropy_with_logits(out["sold"][:, 0], batch["sold"]),
            nn.functional.cross_entropy(out["kind"], batch["kind"]),
        ])
        loss = (losses * torch.exp(-net.log_vars) + net.log_vars).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        right += (out["kind"].argmax(dim=1) == batch["kind"]).sum().item()
    print(f"{epoch} {loss.item():.4f} {right / 70:.4f}")
