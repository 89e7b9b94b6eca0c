"""Methods that give a tensor new elements in place: a number, random ones, or those of another tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts import ranges
from snugly.facts.values import NOTHING_KNOWN, ValueFacts
from snugly.operations.creation import NORMAL, ZERO, whole_range
from snugly.operations.pointwise import operand_values
from snugly.operations.registry import operation
from snugly.operations.views import broadcast_to

if TYPE_CHECKING:
    from snugly.facts.tensors import TensorFacts
    from snugly.operations.arguments import Scalar


def _filled(input: TensorFacts, values: ValueFacts) -> TensorFacts:
    return input.with_(values=ranges.cast(values, None, input.dtype), origin=None)


@operation("torch.Tensor.zero_")
def zero_(input: TensorFacts) -> TensorFacts:
    """Make every element zero."""
    return _filled(input, ZERO)


@operation("torch.Tensor.fill_", "torch.fill")
def fill_(input: TensorFacts, value: Scalar | TensorFacts) -> TensorFacts:
    """Make every element the same number."""
    return _filled(input, ranges.some_of(operand_values(value)))


@operation("torch.Tensor.uniform_")
def uniform_(input: TensorFacts, from_: float = 0.0, to: float = 1.0) -> TensorFacts:
    """Fill with uniform random numbers."""
    ends = isinstance(from_, int | float) and isinstance(to, int | float)
    return _filled(input, ValueFacts(from_, to, finite=True) if ends else NORMAL)


@operation("torch.Tensor.normal_", "torch.Tensor.cauchy_", "torch.Tensor.log_normal_")
def normal_(input: TensorFacts, mean: float = 0.0, std: float = 1.0) -> TensorFacts:
    """Fill with random numbers of a distribution without bounds."""
    del mean, std
    return _filled(input, NOTHING_KNOWN)


@operation("torch.Tensor.exponential_", "torch.Tensor.geometric_")
def exponential_(input: TensorFacts, lambd: float = 1.0) -> TensorFacts:
    """Fill with random numbers that are not negative."""
    del lambd
    return _filled(input, ranges.NON_NEGATIVE)


@operation("torch.Tensor.bernoulli_")
def bernoulli_(input: TensorFacts, p: float | TensorFacts = 0.5) -> TensorFacts:
    """Fill with zeros and ones."""
    del p
    return _filled(input, ranges.TRUTHS)


@operation("torch.Tensor.random_")
def random_(input: TensorFacts, from_: Any = 0, to: Any = None) -> TensorFacts:
    """Fill with random integers below ``to`` (or below the only argument)."""
    if to is None and from_ == 0:
        return _filled(input, ValueFacts(low=0, integral=True, finite=True))
    low, high = (0, from_) if to is None else (from_, to)
    return _filled(input, whole_range(low, high))


@operation("torch.Tensor.copy_")
def copy_(input: TensorFacts, src: TensorFacts, non_blocking: bool = False) -> TensorFacts:
    """Copy the elements of another tensor, broadcast and converted."""
    del non_blocking
    if src.shape is not None and input.shape is not None:
        broadcast_to(src, input.shape)
    values = ranges.cast(src.values, src.dtype, input.dtype)
    same_shape = src.shape is not None and src.shape == input.shape
    grad = True if input.requires_grad or src.requires_grad else input.requires_grad
    return input.with_(values=values if same_shape else ranges.some_of(values), requires_grad=grad, origin=None)
