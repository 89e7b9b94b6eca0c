"""``torch.utils.data``: datasets, samplers, collation and loaders."""

from snugly.library.torch.data import collate, datasets, loader, samplers

__all__ = ["collate", "datasets", "loader", "samplers"]
