"""Sorting and searching: what comes in an order, and what has a size that the elements decide."""

from __future__ import annotations

from typing import Any, NamedTuple

from snugly.facts import ranges
from snugly.facts.dims import Dim, less, value
from snugly.facts.misfits import Misfit
from snugly.facts.shapes import broadcast
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import NOTHING_KNOWN, ValueFacts
from snugly.operations.arguments import Scalar, axes_of, axis_of, integer, listed, whole
from snugly.operations.pointwise import operand_values
from snugly.operations.reductions import along, extreme_values, index_values
from snugly.operations.registry import UNKNOWN, operation
from snugly.operations.results import ValuesAndIndices, both, made, unordered


def _with_size(input: TensorFacts, axis: int | None, size: Dim | None) -> tuple[Dim | None, ...] | None:
    if input.shape is None:
        return None
    if axis is None:
        return (None,) * len(input.shape)
    return (*input.shape[:axis], size, *input.shape[axis + 1 :]) if input.shape else ()


@operation(*both("topk"))
def topk(input: TensorFacts, k: Any, dim: int = -1, largest: bool = True, sorted: bool = True) -> ValuesAndIndices:
    """The ``k`` largest elements along an axis, with their positions."""
    del largest, sorted
    axis, count = axis_of(dim, input.rank), whole(k)
    if axis is not None and input.shape and (less(input.shape[axis], count) or less(count, 0)):
        message = "selected index k out of range"
        raise Misfit(message, clause="topk-range", argument="k", k=count, size=input.shape[axis])
    shape = _with_size(input, axis, count)
    values = made(shape, input.dtype, input, values=extreme_values(input), axes=input.axes)
    return ValuesAndIndices(values, made(shape, "int64", input, values=index_values(input, axis), axes=input.axes))


@operation(*both("kthvalue"))
def kthvalue(input: TensorFacts, k: Any, dim: int = -1, keepdim: bool = False) -> ValuesAndIndices:
    """The k-th smallest element along an axis, with its position."""
    axis, count = axis_of(dim, input.rank), whole(k)
    if axis is not None and input.shape and (less(input.shape[axis], count) or less(count, 1)):
        message = f"kthvalue(): selected number k out of range for dimension {axis}"
        raise Misfit(message, clause="topk-range", argument="k", k=count, size=input.shape[axis])
    return along(input, dim, keepdim)


@operation(*both("sort"))
def sort(input: TensorFacts, dim: int = -1, descending: bool = False, stable: bool = False) -> ValuesAndIndices:
    """The elements in order along an axis, with their former positions."""
    del descending, stable
    axis = axis_of(dim, input.rank)
    values = made(input.shape, input.dtype, input, values=unordered(extreme_values(input)), axes=input.axes)
    return ValuesAndIndices(
        values, made(input.shape, "int64", input, values=index_values(input, axis), axes=input.axes)
    )


class Histogram(NamedTuple):
    """What ``histogram`` returns."""

    hist: TensorFacts
    bin_edges: TensorFacts


@operation(*both("argsort"))
def argsort(input: TensorFacts, dim: int = -1, descending: bool = False, stable: bool = False) -> TensorFacts:
    """The positions that would sort an axis."""
    return sort(input, dim, descending, stable).indices


@operation(*both("msort"))
def msort(input: TensorFacts) -> TensorFacts:
    """The elements in order along the first axis."""
    return sort(input, 0).values


@operation(*both("nonzero"), "torch.argwhere", "torch.Tensor.argwhere")
def nonzero(input: TensorFacts, *, as_tuple: bool = False) -> Any:
    """Where elements are not zero: how many there are is not known."""
    places = ValueFacts(low=0, integral=True, finite=True)
    if as_tuple is True:
        if input.rank is None:
            return UNKNOWN
        return tuple(made((None,), "int64", input, values=places) for _ in range(max(input.rank, 1)))
    return made((None, input.rank), "int64", input, values=places)


@operation("torch.nonzero_static", "torch.Tensor.nonzero_static")
def nonzero_static(input: TensorFacts, *, size: Any, fill_value: int = -1) -> TensorFacts:
    """Where the first ``size`` elements that are not zero are; missing ones are filled in."""
    low = fill_value if isinstance(fill_value, int) and fill_value < 0 else (0 if isinstance(fill_value, int) else None)
    return made((whole(size), input.rank), "int64", input, values=ValueFacts(low=low, integral=True))


@operation(*both("masked_select"))
def masked_select(input: TensorFacts, mask: TensorFacts) -> TensorFacts:
    """The elements where a mask holds, in one axis of unknown size."""
    if mask.dtype is not None and mask.dtype != "bool":
        message = "masked_select: expected BoolTensor for mask"
        raise Misfit(message, clause="mask-dtype", argument="mask", dtype=mask.dtype)
    broadcast(input.shape, mask.shape)
    return made((None,), input.dtype, input, values=ranges.some_of(input.values))


@operation(*both("unique"), "torch.functional.unique")
def unique(
    input: TensorFacts,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The distinct elements (or slices): how many there are is not known."""
    del sorted
    return _distinct(input, return_inverse, return_counts, dim)


@operation(*both("unique_consecutive"), "torch.functional.unique_consecutive")
def unique_consecutive(
    input: TensorFacts, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The elements without immediate repetitions."""
    facts = input.with_(values=ranges.some_of(unordered(input.values)))
    return _distinct(facts, return_inverse, return_counts, dim)


def _distinct(input: TensorFacts, inverse: object, counts: object, dim: object) -> Any:
    members = input.values.members if input.values.attained and dim is None else None
    if dim is None and input.values.elements is not None:
        members = frozenset(input.values.elements)
    axis = None if dim is None else axis_of(dim, input.rank)
    count = None if members is None else len(members)
    shape = (count,) if dim is None else _with_size(input, axis, None)
    parts = [made(shape, input.dtype, input, values=unordered(ranges.some_of(input.values)))]
    if inverse is not False:
        places = input.shape if dim is None else (None if axis is None else (input.size(axis),))
        parts.append(made(places, "int64", input, values=ValueFacts(low=0, integral=True)))
    if counts is not False:
        parts.append(made((count,), "int64", input, values=ValueFacts(low=1, integral=True)))
    if inverse is UNKNOWN or counts is UNKNOWN:
        return UNKNOWN
    return parts[0] if len(parts) == 1 else tuple(parts)


@operation(*both("bincount"))
def bincount(input: TensorFacts, weights: TensorFacts | None = None, minlength: Any = 0) -> TensorFacts:
    """How often each index occurs: as long as the largest index plus one, at least ``minlength``."""
    if input.rank is not None and input.rank != 1:
        message = "bincount only supports 1-d non-negative integral inputs."
        raise Misfit(message, clause="rank", argument="input", shape=input.shape)
    if input.dtype is not None and input.dtype.startswith(("float", "bfloat")):
        name = {"float64": "Double", "float16": "Half", "bfloat16": "BFloat16"}.get(input.dtype, "Float")
        message = f"\"bincount_cpu\" not implemented for '{name}'"
        raise Misfit(message, clause="no-kernel-for-dtype", raises="NotImplementedError", argument="input")
    least, values = integer(minlength), operand_values(input)
    length: int | None = None
    if least is not None and values.high is not None and (values.high < least or values.attained):
        length = max(least, int(values.high) + 1)
    dtype = "int64" if weights is None else ("float32" if weights.dtype == "float32" else "float64")
    if weights is not None and weights.dtype is None:
        dtype = None  # type: ignore[assignment]
    return made((length,), dtype, input, values=ranges.NON_NEGATIVE if weights is None else NOTHING_KNOWN)


@operation(*both("histc"))
def histc(input: TensorFacts, bins: Any = 100, min: Scalar = 0, max: Scalar = 0) -> TensorFacts:
    """A histogram."""
    del min, max
    return made((whole(bins),), input.dtype, input, values=ranges.NON_NEGATIVE)


@operation(*both("histogram"))
def histogram(
    input: TensorFacts, bins: Any, *, range: Any = None, weight: TensorFacts | None = None, density: bool = False
) -> Histogram:
    """How many elements are in each bin, and the edges of the bins, one more than bins."""
    del range, density
    if isinstance(bins, TensorFacts):
        edges = bins.size(0) if bins.rank == 1 else None
        count = None if edges is None else edges - 1
    else:
        count = whole(bins)
        edges = None if count is None else count + 1
    values = ranges.NON_NEGATIVE if weight is None else NOTHING_KNOWN
    return Histogram(made((count,), input.dtype, input, weight, values=values), made((edges,), input.dtype, input))


@operation("torch.searchsorted")
def searchsorted(
    sorted_sequence: TensorFacts, input: TensorFacts | Scalar, *, out_int32: bool = False, right: bool = False,
    side: str | None = None, sorter: TensorFacts | None = None,
) -> TensorFacts:  # fmt: skip
    """Where values would be put into a sorted sequence: the shape of the values."""
    del right, side, sorter
    dtype = "int32" if out_int32 is True else "int64"
    size = value(sorted_sequence.size(-1))
    shape = input.shape if isinstance(input, TensorFacts) else ()
    return made(shape, dtype, sorted_sequence, input, values=ValueFacts(0, size, True, finite=True))


@operation("torch.bucketize")
def bucketize(
    input: TensorFacts | Scalar, boundaries: TensorFacts, *, out_int32: bool = False, right: bool = False
) -> TensorFacts:
    """The bucket of each value."""
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


@operation(*both("flip"))
def flip(input: TensorFacts, *axes: Any, dims: Any = None) -> TensorFacts:
    """Axes in reverse order."""
    given = axes[0] if len(axes) == 1 else (axes or dims)
    if given is not UNKNOWN and given is not None:
        axes_of(given, input.rank)
    return made(input.shape, input.dtype, input, values=unordered(input.values), axes=input.axes)


@operation(*both("fliplr", "flipud"))
def fliplr(input: TensorFacts) -> TensorFacts:
    """One axis in reverse order."""
    return made(input.shape, input.dtype, input, values=unordered(input.values), axes=input.axes)


@operation(*both("roll"))
def roll(input: TensorFacts, shifts: Any = None, dims: Any = None) -> TensorFacts:
    """Elements moved along axes, around the end."""
    del shifts, dims
    return made(input.shape, input.dtype, input, values=unordered(input.values), axes=input.axes)


@operation(*both("rot90"))
def rot90(input: TensorFacts, k: int = 1, dims: Any = (0, 1)) -> TensorFacts:
    """A plane of two axes turned by right angles."""
    if input.rank is not None and input.rank < 2:
        message = f"expected total dims >= 2, but got total dims = {input.rank}"
        raise Misfit(message, clause="rank", argument="input", shape=input.shape)
    axes, turns = listed(dims), integer(k)
    if input.shape is None or axes is None or len(axes) != 2 or turns is None:
        return made(None if input.rank is None else (None,) * input.rank, input.dtype, input)
    first, second = axis_of(axes[0], input.rank), axis_of(axes[1], input.rank)
    sizes = list(input.shape)
    if turns % 2 and first is not None and second is not None:
        sizes[first], sizes[second] = sizes[second], sizes[first]
    values = unordered(input.values)
    return made(
        tuple(sizes),
        input.dtype,
        input,
        values=values if values.axis is None else ranges.between(*ranges.edges(values)),
    )
