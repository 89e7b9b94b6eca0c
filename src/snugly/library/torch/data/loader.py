"""``DataLoader``: which batches certainly occur, and what is in them."""

from __future__ import annotations

from typing import Any

from snugly.facts.dims import Dim, Symbol, divides, less, same
from snugly.facts.dims import value as only_value
from snugly.facts.origins import Origin
from snugly.facts.records import dataclass, replace
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.joins import made_since
from snugly.interpreter.values import NOTHING, Case, Mapping, Sequence, Value
from snugly.library.registry import Model, alias, model
from snugly.library.torch.arguments import flag, size
from snugly.library.torch.data.collate import collate, convert, has_open_sizes, sizes_of_its_own, unequal
from snugly.library.torch.data.datasets import TensorDataset, first_two, is_iterable_only, sample
from snugly.library.torch.data.samplers import (
    BatchSampler,
    RandomSampler,
    SequentialSampler,
    WeightedRandomSampler,
    group_count,
)

LAST = "the last batch"


@dataclass(frozen=True, slots=True)
class Run:
    """Some batches of one size.

    Attributes:
        low: the smallest size that is claimed.
        high: the largest.
        times: how many such batches there are; ``None`` where that is not known.
        name: how a finding names them, empty for those that come first.
        exact: the size itself, where it is an expression of the program's sizes.
    """

    low: int
    high: int | None
    times: Dim | None = None
    name: str = ""
    exact: Dim | None = None


def runs(total: Dim | None, group: Dim | None, drop_last: bool | None) -> tuple[Run, ...]:
    """Return which batches certainly occur when ``total`` samples are taken in groups.

    Where the number of samples is not known, a batch of one sample may occur or not: nothing is claimed
    about it.
    """
    limit = only_value(group)
    if total is not None and group is not None and (same(total, group) or less(total, group)):
        if less(total, group) and drop_last is not False:
            return ()
        known = only_value(total)
        return (Run(known or 0, known, 1, "", None if known is not None else total),)
    if limit is None:
        return (Run(2, None),)
    count = only_value(total)
    if count is not None and limit:
        full, rest = divmod(count, limit)
        whole = (Run(limit, limit, full),) if full else ()
        return (*whole, Run(rest, rest, 1, LAST)) if rest and drop_last is False else whole
    if drop_last or limit == 1 or divides(limit, total):
        return (Run(limit, limit, group_count(total, limit, drop_last)),)
    return (Run(min(2, limit), limit, None),)


@model("torch.utils.data.DataLoader")
class DataLoader(Model):
    """Batches of the samples of a dataset."""

    origin: Any = None

    def __init__(
        self,
        machine: Any,
        dataset: Value,
        batch_size: Value = 1,
        shuffle: Value = None,
        sampler: Value = None,
        batch_sampler: Value = None,
        num_workers: Value = 0,
        collate_fn: Value = None,
        pin_memory: Value = False,
        drop_last: Value = False,
        timeout: Value = 0,
        worker_init_fn: Value = None,
        multiprocessing_context: Value = None,
        generator: Value = None,
        *,
        prefetch_factor: Value = None,
        persistent_workers: Value = False,
        pin_memory_device: Value = "",
        in_order: Value = True,
    ) -> None:
        """Keep the options, and the samplers that torch would make."""
        self.dataset, self.batch_size, self.drop_last = dataset, batch_size, drop_last
        self.num_workers, self.collate_fn, self.pin_memory = num_workers, collate_fn, pin_memory
        self.generator, self.timeout = generator, timeout
        self.sampler = sampler
        if isinstance(sampler, WeightedRandomSampler):
            sampler.draw_from(machine, dataset)
        if sampler is None and not is_iterable_only(dataset):
            self.sampler = RandomSampler(dataset) if flag(shuffle) else SequentialSampler(dataset)
        self.batch_sampler = batch_sampler
        if batch_sampler is not None:
            self.batch_size = getattr(batch_sampler, "batch_size", None)
        elif batch_size is not None and self.sampler is not None:
            self.batch_sampler = BatchSampler(self.sampler, batch_size, drop_last)
        self._names: dict[Run, Dim] = {}
        self._own: frozenset[Symbol] = frozenset()
        # a sampler of the user's may put samples of one size together
        self._mixes = sampler is None and batch_sampler is None and not is_iterable_only(dataset)

    def length(self, machine: Any) -> Dim | None:
        """Return the number of batches."""
        if self.batch_sampler is not None:
            return machine.length(self.batch_sampler)  # type: ignore[no-any-return]
        total = machine.length(self.dataset)
        if self.batch_size is None:
            return total  # type: ignore[no-any-return]
        return group_count(total, size(self.batch_size), flag(self.drop_last))

    def iterate(self, machine: Any) -> Sequence:
        """Return the batches: a case for each size that certainly occurs."""
        made = len(machine.made)
        element = self._sample(machine)
        self._own = made_since(machine.made, made)
        if self.batch_sampler is None and self.batch_size is None:
            single = convert(machine, element) if self.collate_fn is None else machine.call(self.collate_fn, element)
            return Sequence("iterator", None, single, self.length(machine))
        cases = tuple(
            Case(self._batch(machine, element, self._size(machine, run)), run.times, run.name)
            for run in self._runs(machine)
        )
        if not cases:
            return Sequence("iterator", [])
        joined: Value = NOTHING
        for case in cases:
            joined = machine.join(joined, case.element)
        return Sequence("iterator", None, joined, self.length(machine), cases)

    def _sample(self, machine: Any) -> Value:
        if is_iterable_only(self.dataset):
            found = machine.iterate(self.dataset)
            if found.items is None:
                return found.element
            joined: Value = NOTHING
            for item in found.items:
                joined = machine.join(joined, item)
            return joined
        return sample(machine, self.dataset)

    def _runs(self, machine: Any) -> tuple[Run, ...]:
        groups = self.batch_sampler
        if groups is None:  # an iterable dataset
            return runs(machine.length(self.dataset), size(self.batch_size), flag(self.drop_last))
        if isinstance(groups, BatchSampler):
            return runs(machine.length(groups.sampler), size(groups.batch_size), flag(groups.drop_last))
        group = machine.iterate(groups).element
        count = None if group is NOTHING or group is None else machine.length(group)
        known = only_value(count)
        return (Run(2, None) if known is None else Run(known, known),)

    def _size(self, machine: Any, run: Run) -> Dim:
        """Return the batch axis of a run: the same size whenever this loader is iterated, and no other's."""
        if run.exact is not None:
            return run.exact
        if run not in self._names:
            self._names[run] = machine.new_symbol("N", run.low, run.high)
        return self._names[run]

    def _batch(self, machine: Any, element: Value, count: Dim) -> Value:
        if self.collate_fn is not None:
            return machine.call(
                self.collate_fn, Sequence("list", None, sizes_of_its_own(machine, element, self._own), count)
            )
        if self._mixes and has_open_sizes(element):
            pair = first_two(machine, self.dataset)
            refused = None if pair is None else unequal(machine, *pair, count)
            if refused is not None:
                return refused
        return self._from_here(self._present(collate(machine, element, count)), element)

    def _present(self, batch: Value) -> Value:
        """Say which values occur in some batch: every row of the tensors of a ``TensorDataset`` is in one."""
        if not self._mixes or not isinstance(self.dataset, TensorDataset):
            return batch
        if not isinstance(batch, Sequence) or batch.items is None or flag(self.drop_last) is not False:
            return batch
        pairs = zip(batch.items, self.dataset.tensors, strict=False)
        batch.items = [_attained(part, whole) for part, whole in pairs]
        return batch

    def _from_here(self, batch: Value, element: Value) -> Value:
        """Say that what default collate made comes from this loader and the sample."""
        if isinstance(batch, TensorFacts):
            inputs = (element,) if isinstance(element, TensorFacts) else ()
            here = self.origin
            if here is None:
                return batch
            return batch.with_(origin=Origin("collate", here.place, here.text, inputs, {}, here.arguments))
        if isinstance(batch, Mapping) and isinstance(element, Mapping):
            for key, part in batch.entries.items():
                batch.entries[key] = self._from_here(part, element.entries[key])
        elif isinstance(batch, Sequence) and batch.items is not None and isinstance(element, tuple | Sequence):
            parts = element if isinstance(element, tuple) else element.items
            if parts is not None:
                pairs = zip(batch.items, parts, strict=True)
                batch.items = [self._from_here(part, source) for part, source in pairs]
        elif isinstance(batch, tuple) and isinstance(element, tuple) and hasattr(batch, "_fields"):
            pairs = zip(batch, element, strict=True)
            return type(batch)(*(self._from_here(part, source) for part, source in pairs))
        return batch


def _attained(part: Value, whole: Value) -> Value:
    """Return rows of a tensor with the bounds that the whole attains."""
    if not isinstance(part, TensorFacts) or not isinstance(whole, TensorFacts) or not whole.values.attained:
        return part
    if (part.values.low, part.values.high) != (whole.values.low, whole.values.high):
        return part
    return part.with_(values=replace(part.values, attained=True))


alias("torch.utils.data.dataloader", "torch.utils.data")
