"""What ``torch.utils.data`` does to tensors: rows side by side, and the samples of a batch stacked.

Source: ``torch/utils/data/_utils/collate.py`` of torch 2.13.
"""

from __future__ import annotations

from typing import Any

from snugly.facts.dims import Dim, bounds, largest, same
from snugly.facts.misfits import Misfit, require
from snugly.facts.scalars import Number
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import Meaning, ValueFacts
from snugly.operations.arguments import flag, listed
from snugly.operations.registry import Repeated, operation
from snugly.operations.results import gradient

_CONTAINERS = "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found "


@operation("torch.utils.data.TensorDataset")
def tensor_dataset(*tensors: Any) -> None:
    """Require that the tensors have the same number of rows."""
    for other in tensors[1:]:
        if isinstance(tensors[0], TensorFacts) and isinstance(other, TensorFacts):
            equal = same(tensors[0].size(0), other.size(0))
            require(equal, "Size mismatch between tensors", clause="dataset-rows", raises="AssertionError")


@operation("torch.utils.data.WeightedRandomSampler")
def weighted_random_sampler(weights: TensorFacts, samples: Dim | None = None) -> TensorFacts:
    """The weights with which a loader draws from so many samples; torch takes any number of them."""
    del samples
    return weights.with_(requires_grad=False, origin=None)


@operation("torch.utils.data.default_collate")
def default_collate(
    sample: Any,
    count: Dim | None,
    other: TensorFacts | None = None,
    refused: str | None = None,
) -> TensorFacts:
    """Stack ``count`` samples: tensors, arrays, or numbers, of which Python floats become ``float64``.

    Args:
        sample: what holds for every sample.
        count: how many there are in the batch.
        other: a second sample of the same batch, whose sizes may differ from those of ``sample``.
        refused: the type that ``default_collate`` does not take, where the samples are of such a type.
    """
    if refused is not None:
        raise Misfit(_CONTAINERS + refused, clause="collate-type", raises="TypeError", found=refused)
    if not isinstance(sample, TensorFacts):
        from snugly.operations.constructors import read

        number = read(sample)
        python_float = isinstance(sample, float) or (isinstance(sample, Number) and sample.type == "float")
        sample = TensorFacts((), "float64" if python_float else number.dtype, None, False, number.values)
    if other is not None:
        _require_equal(sample, other, count)
    shape = None if sample.shape is None else (count, *sample.shape)
    axes = None if shape is None else ("batch", *(sample.axes or (None,) * (len(shape) - 1)))
    return TensorFacts(shape, sample.dtype, sample.device, sample.requires_grad, stacked(sample.values), axes)


def _require_equal(sample: TensorFacts, other: TensorFacts, count: Dim | None) -> None:
    least = None if count is None else bounds(count)[0]
    if least is None or least < 2 or sample.shape is None or other.shape is None:
        return
    pairs = zip(sample.shape, other.shape, strict=False)
    if len(sample.shape) != len(other.shape) or any(same(a, b) is False for a, b in pairs):
        first, second = (_sizes(facts.shape) for facts in (sample, other))
        message = f"stack expects each tensor to be equal size, but got {first} at entry 0 and {second} at entry 1"
        raise Misfit(message, clause="collate-sizes", argument="sample", first=sample.shape, second=other.shape)


def _sizes(shape: tuple[Dim | None, ...] | None) -> str:
    return "[" + ", ".join("?" if size is None else str(size) for size in shape or ()) + "]"


def stacked(values: ValueFacts) -> ValueFacts:
    """Return what is known about the elements of many samples: what holds for the elements of each."""
    members = values.members
    if members is None and values.elements is not None:
        members = _small_set(values.elements)
    axis = None if values.axis is None else values.axis + 1
    return ValueFacts(
        values.low,
        values.high,
        values.integral,
        members,
        None,
        values.finite,
        values.attained,
        values.meaning if isinstance(values.meaning, Meaning) else None,
        axis,
        values.explicit(),
    )


def _small_set(elements: tuple[Any, ...]) -> frozenset[float] | None:
    found = frozenset(elements)
    return found if len(found) <= 64 else None


@operation("torch.nn.utils.rnn.pad_sequence")
def pad_sequence(sequences: Any, batch_first: Any = False, padding_value: Any = 0.0) -> TensorFacts:
    """Pad sequences ``(time, *)`` to the longest and stack them."""
    items = listed(sequences)
    if isinstance(sequences, Repeated):
        items, count = (sequences.element,), sequences.length
    else:
        count = None if items is None else len(items)
    facts = [item for item in items or () if isinstance(item, TensorFacts)]
    if not facts or len(facts) < len(items or ()):
        return TensorFacts()
    first = facts[0]
    if first.shape is None or any(other.rank != first.rank for other in facts) or not first.shape:
        return TensorFacts(None, first.dtype, requires_grad=first.requires_grad)
    lengths = [other.size(0) for other in facts]
    known = None if isinstance(sequences, Repeated) or None in lengths else largest(x for x in lengths if x is not None)
    inner = tuple(
        size if all(same(size, other.size(axis)) for other in facts) else None
        for axis, size in enumerate(first.shape[1:], start=1)
    )
    ordered = flag(batch_first)
    shape = None if ordered is None else ((count, known) if ordered else (known, count))
    whole = None if shape is None else (*shape, *inner)
    axes: tuple[str | None, ...] | None = None
    if whole is not None:
        front = ("batch", "time") if ordered else ("time", "batch")
        axes = (*front, *(None,) * len(inner))
    filler = float(padding_value) if isinstance(padding_value, int | float) else None
    return TensorFacts(whole, first.dtype, first.device, gradient(first.dtype, facts), _padded(facts, filler), axes)


def _padded(facts: list[TensorFacts], filler: float | None) -> ValueFacts:
    """Return what holds for the elements of padded sequences: those that were there, and the filler."""
    if filler is None:
        return ValueFacts()
    values = [stacked(each.values) for each in facts]
    lows, highs = [each.low for each in values], [each.high for each in values]
    sets = [each.members for each in values]
    members = None if None in sets else frozenset({filler}).union(*(found for found in sets if found is not None))
    whole = all(each.integral for each in values) and filler.is_integer()
    return ValueFacts(
        low=None if None in lows else min(filler, *(low for low in lows if low is not None)),
        high=None if None in highs else max(filler, *(high for high in highs if high is not None)),
        integral=True if whole else None,
        members=members if members is not None and len(members) <= 64 else None,
    )
