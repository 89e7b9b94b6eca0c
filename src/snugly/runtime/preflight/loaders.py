"""The first batches of a loader and the batch sizes it makes: no worker stays, no random state moves."""

from __future__ import annotations

import copy
from contextlib import ExitStack, contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass, replace
from snugly.runtime.preflight.batches import batch_size, tensors_of
from snugly.runtime.preflight.unchanged import random_states_kept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Batches of a loader whose labels are looked at.
_BATCHES_LOOKED_AT = 3


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a loader says.

    Attributes:
        batches: its first batches.
        configured: the batch size that it makes.
        last: the size of the last, shorter batch; ``None`` when there is none or the length is not known.
        drops_last: whether every batch has the configured size.
        samples: how many there are; ``None`` when that is not known.
        collate: makes a batch of that many samples as the loader would; ``None`` where it cannot be asked.
        sources: the functions and classes that make samples and batches.
    """

    batches: list[Any]
    configured: int | None = None
    last: int | None = None
    drops_last: bool = False
    samples: int | None = None
    collate: Callable[[int], Any] | None = None
    sources: tuple[Any, ...] = ()


def first_batches(given: Any) -> Loaded:
    """Return the first batches of a loader; a batch that is given as it is is the only one."""
    import torch

    if isinstance(given, torch.utils.data.DataLoader):
        return replace(_of_loader(given), sources=(type(given.dataset), given.collate_fn))
    if _is_batch(given):
        return Loaded([given])
    with random_states_kept():
        batches = list(islice(iter(given), _BATCHES_LOOKED_AT))
    return Loaded(batches, batch_size(batches[0]) if batches else None)


def _is_batch(given: Any) -> bool:
    """Tell whether something is a batch, not a loader of another library."""
    return bool(tensors_of(given)) or not hasattr(given, "__iter__")


def _of_loader(loader: Any) -> Loaded:
    with ExitStack() as stack:
        stack.enter_context(random_states_kept())
        for generator in _generators(loader):
            stack.enter_context(_kept(generator))
        batches = list(islice(iter(_without_workers(loader)), _BATCHES_LOOKED_AT))
    configured = (
        loader.batch_size if loader.batch_size is not None else getattr(loader.batch_sampler, "batch_size", None)
    )
    collate = _collating(loader)
    drops = bool(loader.drop_last or getattr(loader.batch_sampler, "drop_last", False))
    try:
        samples = len(loader.dataset) if _is_iterable(loader) else len(loader.sampler)
    except (TypeError, NotImplementedError):
        return Loaded(batches, configured, None, drops, None, collate)
    rest = samples % configured if configured else 0
    if configured and samples < configured and not drops:
        return Loaded(batches, samples, None, drops, samples, collate)  # one batch, and it is a partial one
    return Loaded(batches, configured, rest if rest and not drops else None, drops, samples, collate)


def _collating(loader: Any) -> Callable[[int], Any] | None:
    """Return what makes a batch of some size of the first samples, lengths and all."""
    if _is_iterable(loader) or loader.batch_sampler is None:
        return None

    def collate(size: int) -> Any:
        with random_states_kept():
            return loader.collate_fn([loader.dataset[at] for at in range(size)])

    return collate


def _is_iterable(loader: Any) -> bool:
    import torch

    return isinstance(loader.dataset, torch.utils.data.IterableDataset)


def _without_workers(loader: Any) -> Any:
    """Return a loader of the same batches that loads them in this process."""
    if not loader.num_workers and not loader.pin_memory:
        return loader
    alone = copy.copy(loader)
    vars(alone).update(num_workers=0, prefetch_factor=None, persistent_workers=False, timeout=0, pin_memory=False)
    vars(alone).update(
        {name: None for name in ("_iterator", "_DataLoader__multiprocessing_context") if name in vars(alone)}
    )
    return alone


def _generators(loader: Any) -> list[Any]:
    held = [loader.generator, *(getattr(each, "generator", None) for each in (loader.sampler, loader.batch_sampler))]
    inner = getattr(loader.batch_sampler, "sampler", None)
    return [each for each in (*held, getattr(inner, "generator", None)) if hasattr(each, "get_state")]


@contextmanager
def _kept(generator: Any) -> Iterator[None]:
    state = generator.get_state()
    try:
        yield
    finally:
        generator.set_state(state)
