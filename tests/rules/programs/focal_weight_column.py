# SNG402: class weights looked up with a column of labels
import torch
import torch.nn.functional as F
from torch import nn


class Focal(nn.Module):
    def __init__(self, w):
        super().__init__()
        self.w = w

    def forward(self, scores, labels):
        ce = F.cross_entropy(scores, labels, reduction="none")
        w = self.w[labels.view(-1, 1)]
        return (w * ce).mean()  # SNG402


net, focal = nn.Linear(6, 3), Focal(torch.tensor([1.0, 2.0, 5.0]))
loss = focal(net(torch.randn(24, 6)), torch.randint(0, 3, (24,)))
