import torch
from torch import nn

pictures = torch.rand(4, 3, 16, 16)
masks = (torch.rand(4, 1, 16, 16) > 0.5).float().expand(-1, 3, -1, -1)
net = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 1))
loss = nn.BCEWithLogitsLoss()(net(pictures), masks)  # SNG105
