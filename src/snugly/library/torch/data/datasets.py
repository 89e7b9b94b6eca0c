"""The datasets of ``torch.utils.data``, and how a sample of any dataset is taken."""

from __future__ import annotations

from typing import Any

from snugly.facts.dims import Dim, Symbol, bounds, symbols
from snugly.facts.origins import Origin
from snugly.facts.records import replace
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.origins import find_sources
from snugly.interpreter.values import NOTHING, Instance, Mapping, Sequence, Value
from snugly.library.registry import Model, alias, function, model
from snugly.library.torch.arguments import integer, known_items, size


@model("torch.utils.data.Dataset")
class Dataset(Model):
    """What a user's dataset inherits; the user's class says the rest."""

    def __init__(self, *args: Value, **kwargs: Value) -> None:
        """Accept what ``super().__init__()`` passes."""


@model("torch.utils.data.IterableDataset")
class IterableDataset(Dataset):
    """A dataset that is only iterated."""


@model("torch.utils.data.TensorDataset")
class TensorDataset(Dataset):
    """Rows of tensors that have the same number of rows."""

    def __init__(self, machine: Any, *tensors: Value) -> None:
        """Keep the tensors; torch asserts that their first sizes agree."""
        self.tensors = tensors
        self._sources = find_sources(machine, {str(place): tensor for place, tensor in enumerate(tensors)})
        machine.apply("torch.utils.data.TensorDataset", *tensors)

    def item(self, machine: Any, index: Value) -> Value:
        """Return a row of each, which comes from the argument that the tensor was."""
        return tuple(self._row(place, tensor, machine.item(tensor, index)) for place, tensor in enumerate(self.tensors))

    def _row(self, place: int, tensor: Value, row: Value) -> Value:
        source = self._sources.get(str(place))
        if source is None or not isinstance(row, TensorFacts) or not isinstance(tensor, TensorFacts):
            return row
        return row.with_(origin=Origin("item", source.place, source.text, (tensor,)))

    def length(self, machine: Any) -> Dim | None:
        """Return the number of rows."""
        return machine.length(self.tensors[0]) if self.tensors else None


@model("torch.utils.data.StackDataset")
class StackDataset(Dataset):
    """Items of several datasets side by side, as a tuple or a dict."""

    def __init__(self, *args: Value, **kwargs: Value) -> None:
        """Keep the datasets."""
        self.datasets: Value = args or Mapping(dict(kwargs))

    def item(self, machine: Any, index: Value) -> Value:
        """Return an item of each."""
        if isinstance(self.datasets, Mapping):
            return Mapping({name: machine.item(part, index) for name, part in self.datasets.entries.items()})
        return tuple(machine.item(part, index) for part in self.datasets)

    def length(self, machine: Any) -> Dim | None:
        """Return the number of items of the first."""
        parts = list(self.datasets.entries.values()) if isinstance(self.datasets, Mapping) else list(self.datasets)
        return machine.length(parts[0]) if parts else None


@model("torch.utils.data.ConcatDataset")
class ConcatDataset(Dataset):
    """One dataset after the other."""

    def __init__(self, machine: Any, datasets: Value) -> None:
        """Keep the datasets."""
        self.datasets = machine.iterate(datasets)

    def item(self, machine: Any, index: Value) -> Value:
        """Return what an item of any of them can be."""
        if self.datasets.items is None:
            return sample(machine, self.datasets.element)
        joined: Value = NOTHING
        for part in self.datasets.items:
            joined = machine.join(joined, sample(machine, part))
        return joined

    def length(self, machine: Any) -> Dim | None:
        """Return the sum of the lengths."""
        total: Dim | None = 0 if self.datasets.items is not None else None
        for part in self.datasets.items or ():
            length = machine.length(part)
            total = None if total is None or length is None else total + length
        return total


@model("torch.utils.data.ChainDataset")
class ChainDataset(ConcatDataset):
    """One iterable dataset after the other."""


@model("torch.utils.data.Subset")
class Subset(Dataset):
    """Some of the items of a dataset."""

    def __init__(self, dataset: Value, indices: Value) -> None:
        """Keep the dataset and the indices."""
        self.dataset, self.indices = dataset, indices

    def item(self, machine: Any, index: Value) -> Value:
        """Return an item of the dataset."""
        return sample(machine, self.dataset)

    def length(self, machine: Any) -> Dim | None:
        """Return the number of indices."""
        return machine.length(self.indices)  # type: ignore[no-any-return]


def sample(machine: Any, dataset: Value) -> Value:
    """Return what holds for every item of a dataset: ``dataset[index]`` with an index that can be any.

    The index is a symbol, so that a slice from ``index`` to ``index + window`` has the size ``window``. A size that
    depends on the index is another for each item: nothing is said of it.
    """
    length = machine.length(dataset)
    high = None if length is None else bounds(length)[1]
    index = machine.new_symbol("index", 0, None if high is None or high < 1 else high - 1)
    return _without(machine.item(dataset, index), symbols(index))


def _without(value: Value, gone: frozenset[Symbol]) -> Value:
    """Return a value without the sizes that depend on some symbols."""
    if isinstance(value, TensorFacts):
        if value.shape is None or not any(size is not None and symbols(size) & gone for size in value.shape):
            return value
        return value.with_(shape=tuple(None if size is None or symbols(size) & gone else size for size in value.shape))
    if isinstance(value, tuple):
        parts = [_without(part, gone) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if isinstance(value, Mapping):
        entries = {key: _without(part, gone) for key, part in value.entries.items()}
        return replace(value, entries=entries)
    if isinstance(value, Sequence):
        if value.items is not None:
            return replace(value, items=[_without(part, gone) for part in value.items])
        length = None if value.length is None or symbols(value.length) & gone else value.length
        return replace(value, element=_without(value.element, gone), length=length)
    return value


def first_two(machine: Any, dataset: Value) -> tuple[Value, Value] | None:
    """Return the first two items of a dataset that certainly has two."""
    length = machine.length(dataset)
    least = None if length is None else bounds(length)[0]
    if least is None or least < 2:
        return None
    return machine.item(dataset, 0), machine.item(dataset, 1)


@function("torch.utils.data.random_split")
def random_split(machine: Any, dataset: Value, lengths: Value, generator: Value = None) -> Value:
    """Describe ``random_split``: subsets of the lengths given, or of fractions of the whole."""
    parts = known_items(lengths)
    if parts is None:
        sequence = machine.iterate(lengths)
        return Sequence("list", None, _part(machine, dataset, None), sequence.length)
    total = machine.length(dataset)
    counts = _counts(parts, total)
    return Sequence("list", [_part(machine, dataset, count) for count in counts])


def _part(machine: Any, dataset: Value, length: Dim | None) -> Subset:
    return Subset(dataset, Sequence("list", None, machine.new_symbol("index", 0), length))


def _counts(parts: tuple[Value, ...], total: Dim | None) -> list[Dim | None]:
    """Return the lengths that ``random_split`` makes of what it is given."""
    fractions = [part for part in parts if isinstance(part, float | int) and not isinstance(part, bool)]
    if len(fractions) < len(parts) or any(part > 1 for part in fractions):
        return [size(part) for part in parts]
    known = integer(total)
    if abs(sum(fractions) - 1) > 1e-6 or known is None:
        return [None] * len(parts)
    counts = [int(known * part) for part in fractions]
    for extra in range(known - sum(counts)):
        counts[extra % len(counts)] += 1
    return list(counts)


def is_iterable_only(dataset: Value) -> bool:
    """Tell whether a dataset is iterated rather than indexed."""
    native = dataset.native if isinstance(dataset, Instance) else dataset
    return isinstance(native, IterableDataset)


alias("torch.utils.data.dataset", "torch.utils.data")
