import torch
from torch import nn

left, right = torch.randn(6, 20), torch.randn(6, 20)
signs = torch.tensor([[1.0], [-1.0], [1.0], [1.0], [-1.0], [-1.0]])
embed = nn.Linear(20, 5)
loss = nn.CosineEmbeddingLoss()(embed(left), embed(right), signs)  # SNG100
