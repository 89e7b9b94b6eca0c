import torch
from torch import nn

NODES, FEATURES, ELEMENTS = 120, 9, 4


def graph(seed=1):
    g = torch.Generator().manual_seed(seed)
    element = torch.randint(ELEMENTS, (NODES,), generator=g)
    x = torch.randn(NODES, FEATURES, generator=g)
    x[:, :ELEMENTS] += torch.eye(ELEMENTS)[element]
    likely = torch.where(element[:, None] == element[None, :], 0.12, 0.02)
    adjacency = (torch.rand(NODES, NODES, generator=g) < likely).float()
    adjacency = ((adjacency + adjacency.T + torch.eye(NODES)) > 0).float()
    return x, adjacency / adjacency.sum(dim=1, keepdim=True), element


class GraphLayer(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(inputs, outputs) / inputs ** 0.5)

    def forward(self, x, adjacency):
        return adjacency @ x @ self.weight


class GraphNet(nn.Module):
    def __init__(self, hidden=16):
        super().__init__()
        self.first = GraphLayer(FEATURES, hidden)
        self.second = GraphLayer(hidden, ELEMENTS)

    def forward(self, x, adjacency):
        return self.second(torch.relu(self.first(x, adjacency)), adjacency)


torch.manual_seed(1)
x, adjacency, element = graph()
train_mask = torch.arange(NODES) < 80
net = GraphNet()
optimizer = torch.optim.Adam(net.parameters(), lr=0.05, weight_decay=5e-4)
for epoch in range(30):
    out = net(x, adjacency)
    loss = nn.functional.cross_entropy(out[train_mask], element[train_mask])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if epoch % 10 == 9:
        print("epoch", epoch + 1, f"{loss.item():.4f}")
