"""Labels wherever they are: a list, an array, a tensor, a dataset, a loader; read in pieces, never all at once."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

_NAMES = ("labels", "label", "targets", "target", "y")
_PIECE = 4096


def pieces(labels: Any) -> Iterator[torch.Tensor]:
    """Yield the labels as tensors, one or more, in order.

    Args:
        labels: a tensor, a numpy array, nested lists of numbers, a dataset (with ``targets`` or ``labels``, or whose
            samples are pairs or dicts), or an iterable of batches such as a ``DataLoader``.

    Raises:
        TypeError: no labels can be found in it.
    """
    import torch

    if isinstance(labels, torch.Tensor) or _is_array(labels):
        yield _tensor(labels)
    elif isinstance(labels, (list, tuple, range)) and not _are_samples(labels):
        yield _tensor(list(labels))
    elif isinstance(labels, torch.utils.data.DataLoader):
        with _same_random_numbers():
            for batch in labels:
                yield _tensor(_label_of(batch))
    elif isinstance(labels, torch.utils.data.Subset):
        yield from _subset(labels)
    elif _table(labels) is not None:
        yield _tensor(_table(labels))
    elif hasattr(labels, "__getitem__") and hasattr(labels, "__len__"):
        yield from _samples(labels[index] for index in range(len(labels)))
    elif isinstance(labels, Iterable):
        yield from (_tensor(_label_of(batch)) for batch in labels)
    else:
        msg = f"labels are a {type(labels).__qualname__}; give a tensor, an array, a list, a dataset or a DataLoader"
        raise TypeError(msg)


def _is_array(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, (numpy.ndarray, numpy.generic))


def _are_samples(labels: Sequence[Any]) -> bool:
    """Tell a list of samples, such as ``[(x, y), ...]``, from a list of numbers or of rows of numbers."""
    import torch

    first = labels[0] if len(labels) else None
    if isinstance(first, Mapping):
        return True
    return isinstance(first, tuple) and any(isinstance(part, torch.Tensor) or _is_array(part) for part in first)


def _table(dataset: Any) -> Any:
    """Return all the labels of a dataset that keeps them together, without loading a single sample."""
    import torch

    if isinstance(dataset, torch.utils.data.TensorDataset):
        return dataset.tensors[-1]
    for name in ("targets", "labels"):
        kept = getattr(dataset, name, None)
        if isinstance(kept, (list, tuple, torch.Tensor)) or _is_array(kept):
            return kept
    return None


def _subset(subset: Any) -> Iterator[torch.Tensor]:
    table = None if isinstance(subset.dataset, type(subset)) else _table(subset.dataset)
    if table is None:
        yield from _samples(subset[index] for index in range(len(subset)))
    else:
        import torch

        yield _tensor(table)[torch.as_tensor(list(subset.indices), dtype=torch.int64)]


def _samples(samples: Iterable[Any]) -> Iterator[torch.Tensor]:
    import torch

    waiting: list[torch.Tensor] = []
    for sample in samples:
        waiting.append(_tensor(_label_of(sample)))
        if len(waiting) == _PIECE or waiting[0].shape != waiting[-1].shape:
            yield from _stacked(waiting)
            waiting = []
    if waiting:
        yield torch.stack(waiting)


def _stacked(waiting: list[torch.Tensor]) -> Iterator[torch.Tensor]:
    import torch

    if waiting[0].shape == waiting[-1].shape:
        yield torch.stack(waiting)
    else:  # masks of several sizes
        yield torch.stack(waiting[:-1])
        yield waiting[-1].unsqueeze(0)


def _label_of(sample: Any) -> Any:
    if isinstance(sample, Mapping):
        for name in _NAMES:
            if name in sample:
                return sample[name]
        msg = f"a sample has the keys {', '.join(map(str, sample))}; none of them is {', '.join(_NAMES)}"
        raise TypeError(msg)
    if isinstance(sample, (tuple, list)) and len(sample) > 1:
        return sample[-1]
    msg = f"a sample is a {type(sample).__qualname__}; a pair (input, label) or a dict is needed to find its label"
    raise TypeError(msg)


def _tensor(labels: Any) -> torch.Tensor:
    import torch

    if isinstance(labels, torch.Tensor):
        return labels.detach()
    try:
        return torch.as_tensor(labels)
    except (TypeError, ValueError, RuntimeError) as error:
        msg = f"labels cannot be read as numbers: {error}; classes that are names must be numbered from 0 first"
        raise TypeError(msg) from error


@contextmanager
def _same_random_numbers() -> Iterator[None]:
    """Leave the generators as they are: a shuffling loader draws from them."""
    import random

    import torch

    kept = random.getstate()
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        random.setstate(kept)
