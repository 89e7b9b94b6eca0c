"""CTC on log-probabilities, time first, with lengths that go through the stride."""
import torch
from torch import nn

torch.manual_seed(19)
conv, head = nn.Conv1d(5, 12, 3, stride=2, padding=1), nn.Linear(12, 6)
ctc = nn.CTCLoss(blank=0, zero_infinity=True)
optimizer = torch.optim.Adam([*conv.parameters(), *head.parameters()], lr=0.01)
for step in range(5):
    frames = torch.randn(10, 30, 5)
    lengths = torch.randint(20, 31, (10,))
    labels = torch.randint(1, 6, (10, 4))
    hidden = torch.relu(conv(frames.transpose(1, 2))).transpose(1, 2)
    log_probs = head(hidden).log_softmax(dim=-1).transpose(0, 1)
    loss = ctc(log_probs, labels, (lengths + 1) // 2, torch.full((10,), 4))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"{loss.item():.4f}")
