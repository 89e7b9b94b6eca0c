"""The samplers of ``torch.utils.data``: how many indices they draw, and in what groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import Number, Sequence, Value
from snugly.library.registry import Model, alias, model
from snugly.library.torch.arguments import flag, size

if TYPE_CHECKING:
    from snugly.facts.dims import Dim


@model("torch.utils.data.Sampler")
class Sampler(Model):
    """What a user's sampler inherits."""

    def __init__(self, *args: Value, **kwargs: Value) -> None:
        """Accept what ``super().__init__()`` passes."""

    def set_epoch(self, epoch: Value) -> None:
        """Change nothing that facts show."""

    def iterate(self, machine: Any) -> Sequence:
        """Return indices that can be any."""
        return Sequence("iterator", None, Number("int", 0), machine.length(self))


@model("torch.utils.data.SequentialSampler")
class SequentialSampler(Sampler):
    """Every index, in order."""

    def __init__(self, data_source: Value) -> None:
        """Keep what is sampled."""
        self.data_source = data_source

    def length(self, machine: Any) -> Dim | None:
        """Return the number of items."""
        return machine.length(self.data_source)  # type: ignore[no-any-return]


@model("torch.utils.data.RandomSampler")
class RandomSampler(Sampler):
    """Indices drawn at random."""

    def __init__(
        self, data_source: Value, replacement: Value = False, num_samples: Value = None, generator: Value = None
    ) -> None:
        """Keep what is sampled, and how often."""
        self.data_source, self.num_samples = data_source, num_samples

    def length(self, machine: Any) -> Dim | None:
        """Return ``num_samples``, or the number of items."""
        return machine.length(self.data_source) if self.num_samples is None else size(self.num_samples)


@model("torch.utils.data.SubsetRandomSampler")
class SubsetRandomSampler(Sampler):
    """The indices given, in random order."""

    def __init__(self, indices: Value, generator: Value = None) -> None:
        """Keep the indices."""
        self.indices = indices

    def length(self, machine: Any) -> Dim | None:
        """Return the number of indices."""
        return machine.length(self.indices)  # type: ignore[no-any-return]


@model("torch.utils.data.WeightedRandomSampler")
class WeightedRandomSampler(Sampler):
    """Indices drawn with the weights given."""

    origin: Any = None

    def __init__(self, weights: Value, num_samples: Value, replacement: Value = True, generator: Value = None) -> None:
        """Keep how many are drawn."""
        self.weights, self.num_samples, self.replacement = weights, num_samples, replacement

    def draw_from(self, machine: Any, dataset: Value) -> None:
        """Let the weights be looked at beside the dataset that a loader draws from."""
        weights = (
            self.weights if isinstance(self.weights, TensorFacts) else TensorFacts((machine.length(self.weights),))
        )
        machine.layers.append(self.origin)
        machine.apply("torch.utils.data.WeightedRandomSampler", weights, machine.length(dataset))
        machine.layers.pop()

    def length(self) -> Dim | None:
        """Return ``num_samples``."""
        return size(self.num_samples)


@model("torch.utils.data.DistributedSampler", "torch.utils.data.distributed.DistributedSampler")
class DistributedSampler(Sampler):
    """The part of the indices that falls to one process."""

    def __init__(
        self,
        dataset: Value,
        num_replicas: Value = None,
        rank: Value = None,
        shuffle: Value = True,
        seed: Value = 0,
        drop_last: Value = False,
    ) -> None:
        """Keep the dataset and the number of processes."""
        self.dataset, self.num_replicas, self.drop_last = dataset, num_replicas, drop_last

    def length(self, machine: Any) -> Dim | None:
        """Return the number of items for each process, where the number of processes is known."""
        total, parts = machine.length(self.dataset), size(self.num_replicas)
        if total is None or parts is None or parts == 0 or flag(self.drop_last) is not False:
            return None
        return (total + parts - 1) // parts  # type: ignore[no-any-return]


@model("torch.utils.data.BatchSampler")
class BatchSampler(Sampler):
    """Groups the indices of a sampler."""

    def __init__(self, sampler: Value, batch_size: Value, drop_last: Value) -> None:
        """Keep the sampler and the size of a group."""
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def length(self, machine: Any) -> Dim | None:
        """Return the number of groups."""
        return group_count(machine.length(self.sampler), size(self.batch_size), flag(self.drop_last))

    def iterate(self, machine: Any) -> Sequence:
        """Return lists of indices."""
        group = Sequence("list", None, Number("int", 0), None)
        return Sequence("iterator", None, group, machine.length(self))


def group_count(total: Dim | None, group: Dim | None, drop_last: bool | None) -> Dim | None:
    """Return how many groups of a size there are."""
    if total is None or group is None or group == 0 or drop_last is None:
        return None
    return total // group if drop_last else (total + group - 1) // group


alias("torch.utils.data.sampler", "torch.utils.data")
