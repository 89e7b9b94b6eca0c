"""Reductions: sums, means, extremes and norms over all axes or some of them."""

from __future__ import annotations

from typing import Any, NamedTuple

from snugly.facts import ranges
from snugly.facts.dims import same, value
from snugly.facts.dtypes import COMPLEX, INTEGRAL, SCALAR_TYPES, real_of
from snugly.facts.misfits import Misfit
from snugly.facts.records import replace
from snugly.facts.shapes import without
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import NOTHING_KNOWN, Meaning, ValueFacts
from snugly.operations.arguments import Axes, Scalar, axes_of, axis_of, chosen_dtype, flag, listed, promoted
from snugly.operations.pointwise import combined, floating, maximum, minimum, operand_values
from snugly.operations.registry import UNKNOWN, operation
from snugly.operations.results import ValuesAndIndices, both, made

_WHOLE = frozenset((*INTEGRAL, "bool"))


class Extremes(NamedTuple):
    """What ``aminmax`` returns."""

    min: TensorFacts
    max: TensorFacts


def reduced(
    input: TensorFacts, dim: object, keepdim: object, dtype: str | None, values: ValueFacts = NOTHING_KNOWN
) -> TensorFacts:
    """Return the facts after a reduction over ``dim`` (``None`` or ``()``: all axes)."""
    keep = flag(keepdim)
    everything = dim is None or (isinstance(dim, list | tuple) and not dim)
    if everything and keep is False:
        return made((), dtype, input, values=values, axes=())
    if input.shape is None or keep is None:
        return made(None, dtype, input, values=values)
    gone = tuple(range(len(input.shape))) if everything else axes_of(dim, len(input.shape))
    if gone is None:
        count = len(listed(dim) or (dim,))
        rank = len(input.shape) if keep else len(input.shape) - count
        return made((None,) * rank if rank >= 0 else None, dtype, input, values=values)
    shape = without(input.shape, gone, keepdim=keep)
    axes = None
    if input.axes is not None:
        axes = input.axes if keep else tuple(label for axis, label in enumerate(input.axes) if axis not in gone)
    return made(shape, dtype, input, values=values, axes=axes)


def _summed(dtype: str | None) -> str | None:
    """Return the dtype of a sum: integers and booleans are counted in int64."""
    return "int64" if dtype in _WHOLE else dtype


@operation(*both("sum", "nansum"))
def sum(input: TensorFacts, dim: Axes = None, keepdim: bool = False, *, dtype: str | None = None) -> TensorFacts:
    """The sum over axes; booleans and integers give int64."""
    before = operand_values(input)
    values = NOTHING_KNOWN
    if before.low is not None and before.low >= 0:
        values = ValueFacts(low=0, integral=before.integral)
    elif before.integral:
        values = ranges.WHOLE
    return reduced(input, dim, keepdim, chosen_dtype(dtype, _summed(input.dtype)), values)


@operation(*both("prod"))
def prod(input: TensorFacts, dim: int | None = None, keepdim: bool = False, *, dtype: str | None = None) -> TensorFacts:
    """The product over an axis or all of them."""
    before = operand_values(input)
    values = ranges.NON_NEGATIVE if before.low is not None and before.low >= 0 else NOTHING_KNOWN
    return reduced(input, dim, keepdim, chosen_dtype(dtype, _summed(input.dtype)), values)


def _refuse_whole(input: TensorFacts, name: str) -> None:
    if input.dtype in _WHOLE and input.kind != "ndarray":
        message = (
            f"{name}(): could not infer output dtype. Input dtype must be either a floating point or complex dtype."
            f" Got: {SCALAR_TYPES[input.dtype or '']}"
        )
        raise Misfit(message, clause="mean-of-integers", argument="input", dtype=input.dtype)


@operation(*both("mean"))
def mean(input: TensorFacts, dim: Axes = None, keepdim: bool = False, *, dtype: str | None = None) -> TensorFacts:
    """The mean over axes; integers are refused unless a floating dtype is asked for."""
    if dtype is None:
        _refuse_whole(input, "mean")
    target = "float64" if input.kind == "ndarray" and input.dtype in _WHOLE else input.dtype
    return reduced(input, dim, keepdim, chosen_dtype(dtype, target), _averaged(input))


def _averaged(input: TensorFacts) -> ValueFacts:
    before = operand_values(input)
    if before is NOTHING_KNOWN:
        return before
    meaning = Meaning.LOGITS if before.meaning is Meaning.LOGITS else None
    return ranges.between(*ranges.edges(before), meaning=meaning)


@operation(*both("nanmean"))
def nanmean(input: TensorFacts, dim: Axes = None, keepdim: bool = False, *, dtype: str | None = None) -> TensorFacts:
    """The mean of what is a number."""
    return reduced(input, dim, keepdim, chosen_dtype(dtype, input.dtype), _averaged(input))


def _spread(input: TensorFacts, dim: object, rest: tuple[Any, ...], keepdim: object, name: str) -> TensorFacts:
    """Return ``var`` or ``std``: a first ``bool`` is ``unbiased``, after a dim come ``unbiased`` and ``keepdim``."""
    if input.dtype in _WHOLE and input.kind != "ndarray":
        message = f"{name} only support floating point and complex dtypes"
        raise Misfit(message, clause="mean-of-integers", argument="input", dtype=input.dtype)
    if isinstance(dim, bool):
        dim = None
    if len(rest) > 1:
        keepdim = rest[1]
    dtype = real_of(input.dtype) if input.dtype in COMPLEX else floating(input.dtype)
    return reduced(input, dim, keepdim, dtype, ranges.NON_NEGATIVE)


@operation(*both("var"))
def var(
    input: TensorFacts, dim: Any = None, *rest: Any, keepdim: bool = False, unbiased: bool = True, correction: int = 1
) -> TensorFacts:
    """The variance over axes."""
    del unbiased, correction
    return _spread(input, dim, rest, keepdim, "std and var")


@operation(*both("std"))
def std(
    input: TensorFacts, dim: Any = None, *rest: Any, keepdim: bool = False, unbiased: bool = True, correction: int = 1
) -> TensorFacts:
    """The standard deviation over axes."""
    del unbiased, correction
    return _spread(input, dim, rest, keepdim, "std and var")


@operation("torch.var_mean", "torch.std_mean")
def var_mean(
    input: TensorFacts, dim: Any = None, *rest: Any, keepdim: bool = False, unbiased: bool = True, correction: int = 1
) -> tuple[TensorFacts, TensorFacts]:
    """Variance (or deviation) and mean."""
    del unbiased, correction
    axis = None if isinstance(dim, bool) else dim
    keep = rest[1] if len(rest) > 1 else keepdim
    return _spread(input, dim, rest, keepdim, "std and var"), reduced(input, axis, keep, input.dtype, _averaged(input))


@operation(*both("norm"), "torch.functional.norm")
def norm(
    input: TensorFacts, p: Any = "fro", dim: Axes = None, keepdim: bool = False, dtype: str | None = None
) -> TensorFacts:
    """A norm over axes."""
    del p
    return reduced(input, dim, keepdim, _norm_dtype(input, dtype), ranges.NON_NEGATIVE)


def _norm_dtype(input: TensorFacts, dtype: object) -> str | None:
    target = chosen_dtype(dtype, input.dtype)
    if target in _WHOLE:
        message = (
            "linalg.vector_norm: Expected a floating point or complex tensor as input. Got"
            f" {SCALAR_TYPES[target or '']}"
        )
        raise Misfit(message, clause="mean-of-integers", argument="input", dtype=target)
    return real_of(target) if target in COMPLEX else target


@operation("torch.linalg.vector_norm")
def vector_norm(
    x: TensorFacts, ord: Any = 2, dim: Axes = None, keepdim: bool = False, *, dtype: str | None = None
) -> TensorFacts:
    """A vector norm over axes."""
    del ord
    return reduced(x, dim, keepdim, _norm_dtype(x, dtype), ranges.NON_NEGATIVE)


@operation("torch.linalg.norm")
def linalg_norm(
    A: TensorFacts, ord: Any = None, dim: Axes = None, keepdim: bool = False, *, dtype: str | None = None
) -> TensorFacts:
    """A norm of vectors or matrices over axes."""
    del ord
    return reduced(A, dim, keepdim, _norm_dtype(A, dtype), ranges.NON_NEGATIVE)


@operation("torch.linalg.matrix_norm")
def matrix_norm(
    A: TensorFacts, ord: Any = "fro", dim: Axes = (-2, -1), keepdim: bool = False, *, dtype: str | None = None
) -> TensorFacts:
    """A norm of matrices."""
    del ord
    return reduced(A, dim, keepdim, _norm_dtype(A, dtype), ranges.NON_NEGATIVE)


@operation(*both("logsumexp"), "torch.special.logsumexp")
def logsumexp(input: TensorFacts, dim: Axes, keepdim: bool = False) -> TensorFacts:
    """The logarithm of a sum of exponentials."""
    return reduced(input, dim, keepdim, floating(input.dtype))


@operation(*both("all", "any"))
def all(input: TensorFacts, dim: Axes = None, keepdim: bool = False) -> TensorFacts:
    """Whether all (or any) elements are true."""
    dtype = input.dtype if input.dtype in ("uint8", None) else "bool"
    return reduced(input, dim, keepdim, dtype, ranges.TRUTHS)


@operation(*both("count_nonzero"))
def count_nonzero(input: TensorFacts, dim: Axes = None) -> TensorFacts:
    """How many elements are not zero."""
    return reduced(input, dim, False, "int64", ValueFacts(low=0, integral=True))


def refuse_empty(input: TensorFacts, axis: int | None, name: str) -> None:
    """Raise what torch does for an extreme of nothing."""
    if axis is None:
        if same(input.numel, 0):
            message = (
                f"{name}(): Expected reduction dim to be specified for input.numel() == 0."
                " Specify the reduction dim with the 'dim' argument."
            )
            raise Misfit(message, clause="empty-reduction", argument="input", shape=input.shape)
    elif same(input.size(axis), 0):
        message = f"{name}(): Expected reduction dim {axis} to have non-zero size."
        raise Misfit(message, clause="empty-reduction", raises="IndexError", argument="input", shape=input.shape)


def index_values(input: TensorFacts, axis: int | None) -> ValueFacts:
    """Return the facts of positions along an axis."""
    size = value(input.numel if axis is None else input.size(axis))
    meaning = None if axis is None else Meaning.CLASS_INDICES
    return ValueFacts(0, None if not size else size - 1, True, finite=True, meaning=meaning)


def extreme_values(input: TensorFacts) -> ValueFacts:
    """Return the facts of a largest, smallest or middle element: those of the elements."""
    values = ranges.some_of(operand_values(input))
    return values if values.axis is None else ranges.between(*ranges.edges(values), integral=values.integral)


def along(input: TensorFacts, dim: object, keepdim: object) -> ValuesAndIndices:
    """Return values and positions of a reduction that picks an element along an axis."""
    axis = axis_of(dim, input.rank)
    values = reduced(input, dim, keepdim, input.dtype, extreme_values(input))
    return ValuesAndIndices(values, reduced(input, dim, keepdim, "int64", index_values(input, axis)))


def _extreme(input: TensorFacts, dim: Any, keepdim: object, name: str) -> Any:
    if isinstance(dim, TensorFacts):
        if dim.shape is None and dim.dtype is None:
            return UNKNOWN
        return maximum(input, dim) if name == "max" else minimum(input, dim)
    if dim is None:
        refuse_empty(input, None, name)
        values = extreme_values(input)
        if name == "max" and input.values.most is not None:
            values = replace(values, most=input.values.most)
        return reduced(input, None, False, input.dtype, values)
    axis = axis_of(dim, input.rank)
    if axis is not None:
        refuse_empty(input, axis, name)
    return along(input, dim, keepdim)


@operation(*both("max"))
def max(input: TensorFacts, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """The largest element; along an axis with its position; or elementwise of two tensors."""
    return _extreme(input, dim if other is None else other, keepdim, "max")


@operation(*both("min"))
def min(input: TensorFacts, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """The smallest element; along an axis with its position; or elementwise of two tensors."""
    return _extreme(input, dim if other is None else other, keepdim, "min")


@operation(*both("amax", "amin"))
def amax(input: TensorFacts, dim: Axes = (), keepdim: bool = False) -> TensorFacts:
    """The largest (or smallest) element over axes."""
    return reduced(input, dim, keepdim, input.dtype, extreme_values(input))


@operation(*both("aminmax"))
def aminmax(input: TensorFacts, *, dim: int | None = None, keepdim: bool = False) -> Extremes:
    """The smallest and the largest element."""
    one = reduced(input, dim, keepdim, input.dtype, extreme_values(input))
    return Extremes(one, one)


def _position(input: TensorFacts, dim: Any, keepdim: object, name: str) -> TensorFacts:
    if input.dtype == "bool" and input.kind != "ndarray":
        raise Misfit(f"{name}(): does not support bool input", clause="no-kernel-for-dtype", argument="input")
    axis = axis_of(dim, input.rank) if dim is not None else None
    if dim is None or axis is not None:
        refuse_empty(input, axis, name)
    return reduced(input, dim, keepdim, "int64", index_values(input, axis))


@operation(*both("argmax"))
def argmax(input: TensorFacts, dim: int | None = None, keepdim: bool = False) -> TensorFacts:
    """Where the largest element is: class indices below the size of the axis, and in many rows each of them."""
    found = _position(input, dim, keepdim, "argmax")
    if dim is None or input.values.meaning is Meaning.ONE_HOT:
        return found
    return found.with_(values=ranges.surely_drawn(found.values, found.numel))


@operation(*both("argmin"))
def argmin(input: TensorFacts, dim: int | None = None, keepdim: bool = False) -> TensorFacts:
    """Where the smallest element is."""
    return _position(input, dim, keepdim, "argmin")


@operation(*both("median", "nanmedian"))
def median(input: TensorFacts, dim: int | None = None, keepdim: bool = False) -> Any:
    """The middle element; along an axis with its position."""
    if dim is None:
        return reduced(input, None, False, input.dtype, extreme_values(input))
    return along(input, dim, keepdim)


@operation(*both("mode"))
def mode(input: TensorFacts, dim: int = -1, keepdim: bool = False) -> ValuesAndIndices:
    """The most frequent element along an axis, with its position."""
    return along(input, dim, keepdim)


@operation(*both("quantile", "nanquantile"))
def quantile(
    input: TensorFacts,
    q: TensorFacts | Scalar,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> TensorFacts:
    """Quantiles: a new first axis where several are asked for."""
    del interpolation
    result = reduced(input, dim, keepdim, input.dtype, extreme_values(input))
    if not isinstance(q, TensorFacts) or q.shape == ():
        return result
    if q.rank is None or result.shape is None:
        return result.with_(shape=None)
    return result.with_(shape=(*q.shape, *result.shape) if q.shape else result.shape, axes=None)


@operation(*both("dist"))
def dist(input: TensorFacts, other: TensorFacts, p: float = 2) -> TensorFacts:
    """The norm of a difference."""
    del p
    difference = combined(promoted(input, other), NOTHING_KNOWN, input, other)
    dtype = real_of(difference.dtype) if difference.dtype in COMPLEX else difference.dtype
    return difference.with_(shape=(), axes=None, dtype=dtype, values=ranges.NON_NEGATIVE)


@operation(*both("trace"))
def trace(input: TensorFacts) -> TensorFacts:
    """The sum of a diagonal."""
    if input.rank is not None and input.rank != 2:
        raise Misfit("trace: expected a matrix", clause="rank", argument="input", shape=input.shape)
    return made((), _summed(input.dtype), input)


def scan(input: TensorFacts, dim: object, dtype: str | None, values: ValueFacts = NOTHING_KNOWN) -> TensorFacts:
    """Return the facts of a running result along an axis: the shape stays."""
    axis_of(dim, input.rank)
    return made(input.shape, dtype, input, values=values, axes=input.axes)


@operation(*both("cumsum", "cumprod"), "torch.Tensor.cumsum_", "torch.Tensor.cumprod_")
def cumsum(input: TensorFacts, dim: int, *, dtype: str | None = None) -> TensorFacts:
    """Running sums (or products) along an axis."""
    before = operand_values(input)
    values = ranges.NON_NEGATIVE if before.low is not None and before.low >= 0 else NOTHING_KNOWN
    return scan(input, dim, chosen_dtype(dtype, _summed(input.dtype)), values)


@operation(*both("logcumsumexp"))
def logcumsumexp(input: TensorFacts, dim: int) -> TensorFacts:
    """Running ``logsumexp`` along an axis."""
    return scan(input, dim, input.dtype)


@operation(*both("cummax", "cummin"))
def cummax(input: TensorFacts, dim: int) -> ValuesAndIndices:
    """Running extremes along an axis, with their positions."""
    axis = axis_of(dim, input.rank)
    values = scan(input, dim, input.dtype, ranges.some_of(input.values))
    return ValuesAndIndices(values, scan(input, dim, "int64", index_values(input, axis)))
