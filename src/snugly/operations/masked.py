"""``torch.masked``: reductions and normalizations that leave out what a mask hides. The mask changes no size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.dtypes import COMPLEX, INTEGRAL, real_of
from snugly.operations.activations import log_softmax, softmax, softmin
from snugly.operations.arguments import axis_of, chosen_dtype
from snugly.operations.pointwise import floating_binary
from snugly.operations.reductions import reduced
from snugly.operations.registry import operation
from snugly.operations.results import made

if TYPE_CHECKING:
    from snugly.facts.tensors import TensorFacts
    from snugly.operations.arguments import Axes

_MASKED = "torch.masked."
_COUNTED = frozenset((*INTEGRAL, "bool"))


@operation(_MASKED + "sum", _MASKED + "prod")
def masked_sum(
    input: TensorFacts,
    dim: Axes = None,
    *,
    keepdim: bool = False,
    dtype: str | None = None,
    mask: TensorFacts | None = None,
) -> TensorFacts:
    """The sum or product of what is not masked; integers are counted in int64."""
    del mask
    return reduced(input, dim, keepdim, chosen_dtype(dtype, "int64" if input.dtype in _COUNTED else input.dtype))


@operation(_MASKED + "amax", _MASKED + "amin", _MASKED + "logsumexp")
def masked_extreme(
    input: TensorFacts,
    dim: Axes = None,
    *,
    keepdim: bool = False,
    dtype: str | None = None,
    mask: TensorFacts | None = None,
) -> TensorFacts:
    """The largest or smallest element, or the logarithm of the sum of exponentials, of what is not masked."""
    del mask
    return reduced(input, dim, keepdim, chosen_dtype(dtype, input.dtype))


@operation(_MASKED + "mean")
def masked_mean(
    input: TensorFacts,
    dim: Axes = None,
    *,
    keepdim: bool = False,
    dtype: str | None = None,
    mask: TensorFacts | None = None,
) -> TensorFacts:
    """The mean of what is not masked; integers are averaged in float32."""
    del mask
    return reduced(input, dim, keepdim, chosen_dtype(dtype, "float32" if input.dtype in _COUNTED else input.dtype))


@operation(_MASKED + "median")
def masked_median(
    input: TensorFacts,
    dim: int = -1,
    *,
    keepdim: bool = False,
    dtype: str | None = None,
    mask: TensorFacts | None = None,
) -> TensorFacts:
    """The median of what is not masked, along one axis."""
    del mask
    return reduced(input, dim, keepdim, chosen_dtype(dtype, input.dtype))


@operation(_MASKED + "norm")
def masked_norm(
    input: TensorFacts,
    ord: Any = 2.0,
    dim: Axes = None,
    *,
    keepdim: bool = False,
    dtype: str | None = None,
    mask: TensorFacts | None = None,
) -> TensorFacts:
    """The norm of what is not masked."""
    del ord, mask
    target = chosen_dtype(dtype, input.dtype)
    return reduced(input, dim, keepdim, real_of(target) if target in COMPLEX else target)


@operation(_MASKED + "var", _MASKED + "std")
def masked_var(
    input: TensorFacts,
    dim: Axes = None,
    unbiased: bool | None = None,
    *,
    correction: Any = None,
    keepdim: bool = False,
    dtype: str | None = None,
    mask: TensorFacts | None = None,
) -> TensorFacts:
    """Variance or standard deviation of what is not masked."""
    del unbiased, correction, mask
    return reduced(input, dim, keepdim, chosen_dtype(dtype, "float32" if input.dtype in _COUNTED else input.dtype))


@operation(_MASKED + "cumsum", _MASKED + "cumprod")
def masked_scan(
    input: TensorFacts, dim: int, *, dtype: str | None = None, mask: TensorFacts | None = None
) -> TensorFacts:
    """A running sum or product that passes over what is masked; integers are counted in int64."""
    del mask
    axis_of(dim, input.rank)
    return made(input.shape, chosen_dtype(dtype, "int64" if input.dtype in _COUNTED else input.dtype), input)


@operation(_MASKED + "softmax")
def masked_softmax(
    input: TensorFacts, dim: int, *, dtype: str | None = None, mask: TensorFacts | None = None
) -> TensorFacts:
    """Probabilities of what is not masked; a row that is masked whole is NaN."""
    return softmax(input, dim, dtype) if mask is None else _same_sizes(input, dim, dtype)


@operation(_MASKED + "log_softmax")
def masked_log_softmax(
    input: TensorFacts, dim: int, *, dtype: str | None = None, mask: TensorFacts | None = None
) -> TensorFacts:
    """Log-probabilities of what is not masked."""
    return log_softmax(input, dim, dtype) if mask is None else _same_sizes(input, dim, dtype)


@operation(_MASKED + "softmin")
def masked_softmin(
    input: TensorFacts, dim: int, *, dtype: str | None = None, mask: TensorFacts | None = None
) -> TensorFacts:
    """Probabilities of the negated elements that are not masked."""
    return softmin(input, dim, dtype) if mask is None else _same_sizes(input, dim, dtype)


@operation(_MASKED + "normalize")
def masked_normalize(
    input: TensorFacts,
    ord: Any,
    dim: int,
    *,
    eps: float = 1e-12,
    dtype: str | None = None,
    mask: TensorFacts | None = None,
) -> TensorFacts:
    """Divided by the norm of what is not masked."""
    del ord, eps, mask
    return _same_sizes(input, dim, dtype)


def _same_sizes(input: TensorFacts, dim: int, dtype: str | None) -> TensorFacts:
    axis_of(dim, input.rank)
    return made(input.shape, chosen_dtype(dtype, input.dtype), input)


@operation(_MASKED + "logaddexp")
def masked_logaddexp(
    input: TensorFacts,
    other: TensorFacts,
    *,
    dtype: str | None = None,
    input_mask: TensorFacts | None = None,
    other_mask: TensorFacts | None = None,
) -> TensorFacts:
    """``logaddexp`` of two tensors, each with a mask."""
    del input_mask, other_mask
    result: TensorFacts = floating_binary(input, other)
    return result.with_(dtype=chosen_dtype(dtype, result.dtype))
