# SNG103: the mask keeps its channel axis; it is the data set that returns it so
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Cells(Dataset):
    def __init__(self, count):
        rng = np.random.default_rng(0)
        self.pictures = rng.normal(size=(count, 3, 16, 16)).astype(np.float32)
        self.masks = rng.integers(0, 4, size=(count, 16, 16))

    def __len__(self):
        return len(self.pictures)

    def __getitem__(self, index):
        picture = torch.from_numpy(self.pictures[index])
        mask = torch.from_numpy(self.masks[index]).unsqueeze(0)  # cause
        return picture, mask


net = nn.Conv2d(3, 4, kernel_size=3, padding=1)
criterion = nn.CrossEntropyLoss()
for picture, mask in DataLoader(Cells(20), batch_size=8):
    loss = criterion(net(picture), mask)  # SNG103
