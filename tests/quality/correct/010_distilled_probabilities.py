"""KL divergence from log-softmax to softmax, and cross entropy against soft rows."""
import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(10)
teacher, student = nn.Linear(6, 5), nn.Linear(6, 5)
optimizer = torch.optim.SGD(student.parameters(), lr=0.5)
for step in range(12):
    x = torch.randn(32, 6)
    with torch.no_grad():
        wanted = F.softmax(teacher(x) / 2, dim=1)
    scores = student(x)
    loss = F.kl_div(F.log_softmax(scores / 2, dim=1), wanted, reduction="batchmean") * 4
    loss = loss + F.cross_entropy(scores, wanted)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"{loss.item():.4f}")
