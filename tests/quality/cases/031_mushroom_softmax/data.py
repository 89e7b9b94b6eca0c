import torch
from torch.utils.data import DataLoader, TensorDataset

KINDS = ["boletus", "russula", "amanita", "agaric"]
FEATURES = 11


def loaders(batch_size, seed=0):
    g = torch.Generator().manual_seed(seed)
    centres = torch.randn(len(KINDS), FEATURES, generator=g)
    sets = []
    for n in (200, 100):
        kind = torch.randint(len(KINDS), (n,), generator=g)
        sets.append(TensorDataset(centres[kind] + 0.8 * torch.randn(n, FEATURES, generator=g), kind))
    return [DataLoader(each, batch_size=batch_size) for each in sets]
