"""Rows: the elements of a loss's argument that make one loss together, and whose sample each is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.runtime.samples.between import FINEST
from snugly.runtime.samples.makers import NOBODY, SEVERAL, bounds, sample_axis

if TYPE_CHECKING:
    import torch

_CLASSES = {
    "cross_entropy": 1,
    "nll_loss": 1,
    "linear_cross_entropy": -1,
    "multi_margin_loss": -1,
    "multilabel_margin_loss": -1,
    "multilabel_soft_margin_loss": -1,
    "triplet_margin_loss": -1,
    "triplet_margin_with_distance_loss": -1,
    "cosine_embedding_loss": -1,
    "AdaptiveLogSoftmaxWithLoss": -1,
}
"""The axis of a loss's argument whose elements make one loss together; the others take each element by itself."""


def rows_of_loss(loss: str, tensor: torch.Tensor) -> torch.Tensor:
    """Return for each element of a loss's argument the number of the loss that it is a part of."""
    import torch

    name = loss.rpartition(".")[2]
    shape = tensor.shape
    if tensor.numel() > FINEST:
        return slices(tensor)
    if name == "ctc_loss":
        axis = 1 if tensor.dim() == 3 else 0
        numbers = torch.arange(shape[axis], device=tensor.device)
        return numbers.reshape([-1 if at == axis else 1 for at in range(tensor.dim())]).expand(shape)
    if name not in _CLASSES:
        return elements(tensor)
    axis = 0 if tensor.dim() == 1 else _CLASSES[name] % tensor.dim()
    outer = [size for at, size in enumerate(shape) if at != axis]
    numbers = torch.arange(tensor.numel() // max(1, shape[axis]), device=tensor.device).reshape(outer)
    return numbers.unsqueeze(axis).expand(shape)


def elements(tensor: torch.Tensor) -> torch.Tensor:
    """Return for each element a number of its own."""
    import torch

    return torch.arange(tensor.numel(), device=tensor.device).reshape(tensor.shape)


def slices(tensor: torch.Tensor) -> torch.Tensor:
    """Return for each element its index along the first axis."""
    import torch

    numbers = torch.arange(tensor.shape[0], device=tensor.device)
    return numbers.reshape([-1] + [1] * (tensor.dim() - 1)).expand(tensor.shape)


def apart(who: torch.Tensor, rows: torch.Tensor) -> bool:
    """Tell whether each row belongs to one sample, and the rows lie as samples do."""
    import torch

    if bool((who == SEVERAL).any()):
        return False
    count = int(rows.max()) + 1
    large = torch.iinfo(who.dtype).max
    known = who != NOBODY
    least = who.new_full((count,), large).scatter_reduce_(0, rows[known].long(), who[known], "amin")
    most = who.new_full((count,), NOBODY).scatter_reduce_(0, rows[known].long(), who[known], "amax")
    if not bool(((least == most) | (least == large)).all()):
        return False
    units = _units(who, rows)
    return units.dim() < 2 or sample_axis(units) is not None


def _units(who: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """Return the samples with the axes along which the number of the row stays left out."""
    for axis in reversed(range(who.dim())):
        if who.shape[axis] > 1 and bool((rows.select(axis, 0) == rows.select(axis, 1)).all()):
            who = bounds(who, axis)[1]
            rows = rows.select(axis, 0)
    return who


def order_of(who: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """Return for each row the number of its sample."""
    order = who.new_full((int(rows.max()) + 1,), NOBODY)
    return order.scatter_reduce_(0, rows.reshape(-1).long(), who.reshape(-1), "amax")


def differ(one: torch.Tensor | None, other: torch.Tensor | None) -> bool:
    """Tell whether the same rows belong to different samples."""
    if one is None or other is None or one.shape != other.shape:
        return False
    return bool(((one != other) & (one != NOBODY) & (other != NOBODY)).any())


def covers(who: torch.Tensor, samples: int) -> bool:
    """Tell whether every sample made something."""
    return set(who.unique().tolist()) >= set(range(samples))
