# SNG101: one-hot rows flattened
import torch
import torch.nn.functional as F

net = torch.nn.Linear(10, 4)
onehot = F.one_hot(torch.randint(0, 4, (8,)), 4)
loss = F.cross_entropy(net(torch.randn(8, 10)), onehot.view(-1))  # SNG101
