"""Which sample made each element of a model's output.

Every sample has a number. For each binary digit of the numbers the model runs twice: once with the samples exchanged
that have the digit, once with those that have not. An element that one sample made changes in exactly one run of each
pair, and the digits spell the sample; one that two samples made changes in both runs of a digit in which their numbers
differ. So the proof takes two runs for each doubling of the batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass
from snugly.runtime.samples.copying import UnknowableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch

    from snugly.runtime.samples.rerunning import Rerun

NOBODY, SEVERAL = -1, -2
"""Marks of elements that no sample and that several samples made."""
MOST_ELEMENTS = 2**26


@dataclass(frozen=True, slots=True)
class Batch:
    """Arguments of a model seen as samples.

    Attributes:
        leaves: the leaves of its arguments.
        axis: of the tensors that hold samples.
        samples: how many there are.
        others: for the leaves that hold samples, by position, the same with every sample exchanged.
    """

    leaves: Sequence[Any]
    axis: int
    samples: int
    others: dict[int, torch.Tensor]

    def exchanged(self, chosen: torch.Tensor) -> list[Any]:
        """Return the leaves with some samples exchanged, given a truth value for each."""
        import torch

        leaves = list(self.leaves)
        for at, other in self.others.items():
            sizes = [1] * other.dim()
            sizes[self.axis] = self.samples
            leaves[at] = torch.where(chosen.to(other.device).reshape(sizes), other, leaves[at])
        return leaves


def batches(leaves: Sequence[Any]) -> Iterator[Batch]:
    """Yield the ways to see arguments as samples: along axis 0 or 1, whole numbers exchanged or not."""
    import torch

    tensors = {
        at: each
        for at, each in enumerate(leaves)
        if isinstance(each, torch.Tensor) and each.layout is torch.strided and not each.is_nested
    }
    for axis in (0, 1):
        sized = {at: each for at, each in tensors.items() if each.dim() > axis}
        if not sized:
            continue
        main = next((each for each in sized.values() if each.is_floating_point()), next(iter(sized.values())))
        samples = main.shape[axis]
        if axis == 0 and samples == 1:
            return
        held = {
            at: each
            for at, each in sized.items()
            if each.shape[axis] == samples and (each is main or tuple(each.shape[:2]) != (samples, samples))
        }
        if samples < 2:
            continue
        for chosen in (held, _floating(held)):
            others = {at: _other(each, axis) for at, each in chosen.items()}
            if others and _all_move(leaves, others, axis):
                yield Batch(leaves, axis, samples, others)


def _floating(held: dict[int, torch.Tensor]) -> dict[int, torch.Tensor]:
    """Return the tensors of real numbers, where there are others: lengths, which decide the sizes of what comes."""
    floating = {at: each for at, each in held.items() if each.is_floating_point()}
    return floating if len(floating) < len(held) else {}


def _other(tensor: torch.Tensor, axis: int) -> torch.Tensor:
    """Return a tensor with every sample exchanged for another one of the batch, as they come; they are all legal."""
    other = tensor.roll(1, axis)
    for shift in range(2, min(tensor.shape[axis], 9)):
        alike = _alike(tensor, other, axis)
        if not bool(alike.any()):
            return other
        sizes = [1] * tensor.dim()
        sizes[axis] = -1
        other = other.where(~alike.reshape(sizes), tensor.roll(shift, axis))
    if tensor.is_floating_point() and bool(_alike(tensor, other, axis).all()):
        other = tensor * 1.25 + 0.5  # every sample is the same, as in a first trial with ones
    return other


def _alike(one: torch.Tensor, other: torch.Tensor, axis: int) -> torch.Tensor:
    """Tell of each sample whether it is the same in both."""
    different = changed(one, other).movedim(axis, 0).reshape(one.shape[axis], -1)
    return ~different.any(1)


def _all_move(leaves: Sequence[Any], others: dict[int, torch.Tensor], axis: int) -> bool:
    moved = None
    for at, other in others.items():
        moves = ~_alike(leaves[at], other, axis).cpu()
        moved = moves if moved is None else moved | moves
    return moved is not None and bool(moved.all())


def changed(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Tell of each element whether it differs; two NaN do not."""
    different = one != other
    if one.is_floating_point() or one.is_complex():
        different &= ~(one.isnan() & other.isnan())
    return different


@dataclass(slots=True)
class Makers:
    """Who made the elements of a model's outputs.

    Attributes:
        batch: the samples.
        base: the outputs.
        labels: of each output, the number of the sample that made each element, or ``NOBODY`` or ``SEVERAL``.
    """

    batch: Batch
    base: list[torch.Tensor]
    labels: list[torch.Tensor]


def digits(samples: int) -> Iterator[torch.Tensor]:
    """Yield for each binary digit which samples have it."""
    import torch

    numbers = torch.arange(samples)
    for digit in range(max(1, (samples - 1).bit_length())):
        yield (numbers >> digit) % 2 == 1


def makers(rerun: Rerun, batch: Batch) -> Makers:
    """Find out who made each element.

    Raises:
        UnknowableError: the model does not run again, or does not make the same of the same.
    """
    import torch

    base = [each.detach() for each in rerun(batch.leaves)]
    again = [each.detach() for each in rerun(batch.leaves)]
    if sum(each.numel() for each in base) > MOST_ELEMENTS:
        raise UnknowableError("its output is too large")
    if not _same_shapes(base, again) or any(bool(changed(*pair).any()) for pair in zip(base, again, strict=True)):
        raise UnknowableError("the model makes different things of the same arguments")
    codes = [torch.zeros(each.shape, dtype=torch.int32, device=each.device) for each in base]
    several = [torch.zeros_like(each, dtype=torch.bool) for each in codes]
    made = [torch.zeros_like(each) for each in several]
    partly = [torch.zeros_like(each) for each in several]
    for digit, chosen in enumerate(digits(batch.samples)):
        with_digit, without = (_changes(rerun, batch, base, each) for each in (chosen, ~chosen))
        for at, (on, off) in enumerate(zip(with_digit, without, strict=True)):
            codes[at] += on.int() << digit
            several[at] |= on & off
            made[at] |= on | off
            partly[at] |= ~(on | off)
    labels = []
    for code, both, by_someone, missing in zip(codes, several, made, partly, strict=True):
        marks = torch.where(by_someone, code, NOBODY)
        labels.append(torch.where(both | (by_someone & missing), SEVERAL, marks))
    return Makers(batch, base, labels)


def _changes(rerun: Rerun, batch: Batch, base: list[torch.Tensor], chosen: torch.Tensor) -> list[torch.Tensor]:
    results = [each.detach() for each in rerun(batch.exchanged(chosen))]
    if not _same_shapes(base, results):
        raise UnknowableError("the sizes that come of the model depend on the elements")
    return [changed(before, after) for before, after in zip(base, results, strict=True)]


def _same_shapes(some: list[torch.Tensor], others: list[torch.Tensor]) -> bool:
    return [each.shape for each in some] == [each.shape for each in others]


def sample_axis(labels: torch.Tensor) -> int | None:
    """Return the axis along which each index belongs to one sample; ``None`` where there is none.

    Of several the first; a tensor that no sample made has none either.
    """
    for axis in range(labels.dim()):
        rows = labels.movedim(axis, 0).reshape(labels.shape[axis], -1)
        least, most = bounds(rows, 1)
        if bool((least == most).all()) and not bool((most == SEVERAL).any()) and bool((most != NOBODY).any()):
            return axis
    return None


def bounds(labels: torch.Tensor, axis: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the smallest and the largest number along an axis; ``SEVERAL`` in both where it occurs."""
    import torch

    large = torch.iinfo(labels.dtype).max
    least = labels.masked_fill(labels == NOBODY, large).amin(axis)  # SEVERAL is smaller than every number
    most = labels.masked_fill(labels == SEVERAL, large - 1).amax(axis)
    nobody = most == NOBODY
    least = least.masked_fill(nobody, NOBODY)
    mixed = least == SEVERAL
    return least, most.masked_fill(mixed, SEVERAL)
