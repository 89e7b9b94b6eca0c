"""Picking and placing elements by index tensors."""

from __future__ import annotations

from typing import Any

from snugly.facts import ranges
from snugly.facts.dims import Dim, less, same, value
from snugly.facts.dtypes import INTEGRAL
from snugly.facts.misfits import Misfit
from snugly.facts.records import replace
from snugly.facts.shapes import broadcast, shown
from snugly.facts.tensors import Shape, TensorFacts
from snugly.facts.values import Meaning, ValueFacts
from snugly.operations.arguments import Scalar, axis_of, chosen_device, chosen_dtype, listed, whole
from snugly.operations.indexing import setitem, single_class
from snugly.operations.pointwise import operand_values
from snugly.operations.registry import operation
from snugly.operations.results import both, made
from snugly.operations.views import diagonal as diagonal_of
from snugly.operations.views import flatten


def _index_dtype(index: TensorFacts, name: str, message: str) -> None:
    if index.dtype is not None and index.dtype not in ("int64", "int32"):
        raise Misfit(f"{name}(): {message}", clause="index-dtype", argument="index", dtype=index.dtype)


def _picked(input: TensorFacts, axis: int | None) -> ValueFacts:
    """Return what holds for elements that were picked along an axis."""
    values = ranges.part_of(input.values) if (input.rank or 0) > 1 else ranges.some_of(input.values)
    if values.axis is None:
        return values
    return single_class(values) if axis is None or values.axis == axis else values


@operation(*both("gather"))
def gather(input: TensorFacts, dim: int, index: TensorFacts, *, sparse_grad: bool = False) -> TensorFacts:
    """Elements picked along an axis, one for each element of ``index``: the shape of the index."""
    del sparse_grad
    axis = axis_of(dim, input.rank)
    if same(index.numel, 0) is not True:
        _index_dtype(index, "gather", "Expected dtype int32/int64 for index")
    if input.shape is not None and index.shape is not None and same(index.numel, 0) is not True:
        _check_gather(input.shape, index.shape, axis)
    if axis is not None and input.shape:
        _check_range(index.values, input.shape[axis], axis)
    values = _picked(input, axis)
    labels = input.axes if input.axes is not None else index.axes
    return made(index.shape, input.dtype, input, index, values=values, axes=labels)


def _check_gather(input: Shape, index: Shape, axis: int | None) -> None:
    if max(len(input), 1) != max(len(index), 1):
        message = "Index tensor must have the same number of dimensions as input tensor"
        raise Misfit(message, clause="gather-rank", argument="index", input=input, index=index)
    for place, (size, count) in enumerate(zip(input, index, strict=False)):
        if place != axis and axis is not None and less(size, count):
            message = (
                f"Size does not match at dimension {place} expected index {shown(index)} to be no larger than self"
                f" {shown(input)} apart from dimension {axis}"
            )
            raise Misfit(message, clause="gather-sizes", argument="index", input=input, index=index, axis=axis)


def _check_range(values: ValueFacts, size: Dim | None, axis: int) -> None:
    """Raise what torch does for an index that is negative or too large: here negatives are refused too."""
    fixed = value(size)
    if fixed is not None and values.inside(0, fixed - 1) is False:
        high = values.high if values.high is not None and values.high >= fixed else values.low
        if values.elements is not None:
            high = next((x for x in values.elements if not 0 <= x < fixed), high)
        message = f"index {high} is out of bounds for dimension {axis} with size {size}"
        raise Misfit(message, clause="index-range", argument="index", index=high, size=size, axis=axis)


@operation("torch.take_along_dim", "torch.Tensor.take_along_dim")
def take_along_dim(input: TensorFacts, indices: TensorFacts, dim: int | None = None) -> TensorFacts:
    """``gather`` with broadcasting of the other axes; without an axis from the flat tensor."""
    if indices.dtype is not None and indices.dtype not in INTEGRAL:
        message = "torch.take_along_dim(): dtype of indices should be Long but got Float"
        raise Misfit(message, clause="index-dtype", argument="indices", dtype=indices.dtype)
    if dim is None:
        return made((indices.numel,), input.dtype, input, indices, values=_picked(input, None))
    axis = axis_of(dim, input.rank)
    if input.shape is None or indices.shape is None or axis is None:
        return made(None if input.rank is None else (None,) * input.rank, input.dtype, input, indices)
    if len(input.shape) != len(indices.shape):
        message = (
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got"
            f" {len(input.shape)} dimensions for input, and {len(indices.shape)} dimensions for indices"
        )
        raise Misfit(message, clause="gather-rank", argument="indices")
    others = broadcast(
        (*input.shape[:axis], 1, *input.shape[axis + 1 :]), (*indices.shape[:axis], 1, *indices.shape[axis + 1 :])
    )
    shape = None if others is None else (*others[:axis], indices.shape[axis], *others[axis + 1 :])
    return made(shape, input.dtype, input, indices, values=_picked(input, axis), axes=input.axes)


@operation(*both("index_select"))
def index_select(input: TensorFacts, dim: int, index: TensorFacts) -> TensorFacts:
    """Whole slices picked along an axis."""
    axis = axis_of(dim, input.rank)
    _index_dtype(index, "index_select", "Expected dtype int32 or int64 for index")
    if index.rank is not None and index.rank > 1:
        message = "index_select(): Index is supposed to be a vector"
        raise Misfit(message, clause="rank", argument="index", shape=index.shape)
    if axis is None or input.shape is None:
        return made(None if input.rank is None else (None,) * input.rank, input.dtype, input, index)
    if not input.shape:
        return made((), input.dtype, input, index, values=ranges.some_of(input.values))
    fixed = value(input.shape[axis])
    if fixed is not None and index.values.inside(0, fixed - 1) is False:
        message = f"INDICES element is out of DATA bounds, id={index.values.high} axis_dim={input.shape[axis]}"
        raise Misfit(message, clause="index-range", argument="index", index=index.values.high, size=input.shape[axis])
    count = 1 if index.shape == () else index.size(0)
    shape = (*input.shape[:axis], count, *input.shape[axis + 1 :])
    return made(shape, input.dtype, input, index, values=_picked(input, axis), axes=input.axes)


@operation(*both("take"))
def take(input: TensorFacts, index: TensorFacts) -> TensorFacts:
    """Elements of the flat tensor: the shape of the index."""
    if index.dtype is not None and index.dtype != "int64":
        message = f"take(): Expected a long tensor for index, but got {index.dtype.capitalize()}"
        raise Misfit(message, clause="index-dtype", argument="index", dtype=index.dtype)
    return made(index.shape, input.dtype, input, index, values=_picked(input, None), axes=index.axes)


def _written(input: TensorFacts, source: object) -> TensorFacts:
    """Return a tensor after something was written into parts of it."""
    new = ranges.cast(
        ranges.some_of(operand_values(source)), source.dtype if isinstance(source, TensorFacts) else None, input.dtype
    )
    values = ranges.union(ranges.some_of(input.values), new)
    if values.axis is not None:
        values = replace(values, axis=None)
    return made(input.shape, input.dtype, input, source, values=replace(values, attained=False), axes=input.axes)


def _accumulated(input: TensorFacts, source: object) -> TensorFacts:
    """Return a tensor after something was added to parts of it."""
    positive = all(x.low is not None and x.low >= 0 for x in (operand_values(input), operand_values(source)))
    values = ValueFacts(low=0) if positive else ValueFacts()
    return made(input.shape, input.dtype, input, source, values=values, axes=input.axes)


def _check_scatter(
    input: TensorFacts, axis: int | None, index: TensorFacts, source: object, *, strict: bool = True
) -> None:
    if index.dtype is not None and index.dtype not in ("int64", "int32"):
        message = "scatter(): Expected dtype int32/int64 for index"
        raise Misfit(message, clause="index-dtype", argument="index", dtype=index.dtype)
    if (
        isinstance(source, TensorFacts)
        and strict
        and None not in (source.dtype, input.dtype)
        and source.dtype != input.dtype
    ):
        message = "scatter(): Expected self.dtype to be equal to src.dtype"
        raise Misfit(message, clause="dtype-mismatch", argument="src", dtypes=(input.dtype, source.dtype))
    if input.shape is None or index.shape is None or same(index.numel, 0) is not False:
        return
    if max(len(index.shape), 1) != max(len(input.shape), 1):
        message = "Index tensor must have the same number of dimensions as self tensor"
        raise Misfit(message, clause="gather-rank", argument="index", input=input.shape, index=index.shape)
    given = source.shape if isinstance(source, TensorFacts) else None
    if given is not None and max(len(given), 1) != max(len(index.shape), 1):
        message = "Index tensor must have the same number of dimensions as src tensor"
        raise Misfit(message, clause="gather-rank", argument="src", src=given, index=index.shape)
    too_large = axis is not None and any(
        less(size, count)
        for place, (size, count) in enumerate(zip(input.shape, index.shape, strict=False))
        if place != axis
    )
    beyond = given is not None and any(less(size, count) for size, count in zip(given, index.shape, strict=False))
    if too_large or beyond:
        message = (
            f"Expected index {shown(index.shape)} to be no larger than self {shown(input.shape)}"
            f" apart from dimension {axis}"
        )
        if given is not None:
            message += f" and to be no larger size than src {shown(given)}"
        raise Misfit(message, clause="gather-sizes", argument="index", input=input.shape, index=index.shape, axis=axis)
    if axis is not None and input.shape:
        _check_range(index.values, input.shape[axis], axis)


@operation(*both("scatter"), "torch.Tensor.scatter_")
def scatter(
    input: TensorFacts, dim: int, index: TensorFacts, src: TensorFacts | Scalar | None = None, *,
    value: Scalar | None = None, reduce: str | None = None,
) -> TensorFacts:  # fmt: skip
    """Elements (or one number) written along an axis to the places that ``index`` names."""
    source = value if src is None else src
    axis = axis_of(dim, input.rank)
    _check_scatter(input, axis, index, source)
    if reduce is not None:
        return _accumulated(input, source)
    result = _written(input, source)
    certain = operand_values(source)
    column = index.shape is not None and axis is not None and axis < len(index.shape) and same(index.shape[axis], 1)
    if column and certain.low == certain.high == 1 and input.values.low == input.values.high == 0:
        full = input.shape is not None and all(
            same(a, b) for place, (a, b) in enumerate(zip(input.shape, index.shape or (), strict=True)) if place != axis
        )
        if full:
            return result.with_(values=ValueFacts(0, 1, True, meaning=Meaning.ONE_HOT, axis=axis))
    return result


@operation(*both("scatter_add"), "torch.Tensor.scatter_add_")
def scatter_add(input: TensorFacts, dim: int, index: TensorFacts, src: TensorFacts) -> TensorFacts:
    """Elements added along an axis to the places that ``index`` names."""
    _check_scatter(input, axis_of(dim, input.rank), index, src)
    return _accumulated(input, src)


@operation(*both("scatter_reduce"), "torch.Tensor.scatter_reduce_")
def scatter_reduce(
    input: TensorFacts,
    dim: int,
    index: TensorFacts,
    src: TensorFacts,
    reduce: str = "sum",
    *,
    include_self: bool = True,
) -> TensorFacts:
    """Elements combined along an axis at the places that ``index`` names."""
    del reduce, include_self
    _check_scatter(input, axis_of(dim, input.rank), index, src)
    return made(input.shape, input.dtype, input, src, axes=input.axes)


@operation(*both("index_add"), "torch.Tensor.index_add_")
def index_add(
    input: TensorFacts, dim: int, index: TensorFacts, source: TensorFacts, *, alpha: Scalar = 1
) -> TensorFacts:
    """Slices added along an axis at the places that ``index`` names."""
    axis = axis_of(dim, input.rank)
    _check_slices(input, axis, index, source, "index_add_")
    negative = not isinstance(alpha, int | float) or alpha < 0
    return made(input.shape, input.dtype, input, source, axes=input.axes) if negative else _accumulated(input, source)


def _check_slices(input: TensorFacts, axis: int | None, index: TensorFacts, source: TensorFacts, name: str) -> None:
    _index_dtype(index, name, "Expected dtype int32/int64 for index")
    if axis is None or input.shape is None or source.shape is None or not input.shape:
        return
    count = 1 if index.shape == () else index.size(0)
    if source.shape and same(source.size(axis) if len(source.shape) > axis else None, count) is False:
        message = (
            f"{name}(): Number of indices ({count}) should be equal to source.size(dim):"
            f" ({source.size(axis)}), for dim: {axis}"
        )
        raise Misfit(message, clause="index-count", argument="source", source=source.shape, count=count)
    fixed = value(input.shape[axis])
    if fixed is not None and index.values.inside(0, fixed - 1) is False:
        raise Misfit("index out of range in self", clause="index-range", argument="index", size=fixed)


@operation(*both("index_copy"), "torch.Tensor.index_copy_")
def index_copy(input: TensorFacts, dim: int, index: TensorFacts, source: TensorFacts) -> TensorFacts:
    """Slices copied along an axis to the places that ``index`` names."""
    _index_dtype(index, "index_copy_", "Expected a long tensor for index, but got Float")
    axis_of(dim, input.rank)
    return _written(input, source)


@operation(*both("index_fill"), "torch.Tensor.index_fill_")
def index_fill(input: TensorFacts, dim: int, index: TensorFacts, value: TensorFacts | Scalar) -> TensorFacts:
    """A number written to slices along an axis."""
    axis_of(dim, input.rank)
    return _written(input, value).with_(requires_grad=input.requires_grad)


@operation(*both("index_reduce"), "torch.Tensor.index_reduce_")
def index_reduce(
    input: TensorFacts,
    dim: int,
    index: TensorFacts,
    source: TensorFacts,
    reduce: str = "prod",
    *,
    include_self: bool = True,
) -> TensorFacts:
    """Slices combined along an axis at the places that ``index`` names."""
    del index, reduce, include_self
    axis_of(dim, input.rank)
    return made(input.shape, input.dtype, input, source, axes=input.axes)


@operation(*both("index_put"), "torch.Tensor.index_put_")
def index_put(input: TensorFacts, indices: Any, values: TensorFacts, accumulate: bool = False) -> TensorFacts:
    """``input[indices] = values``."""
    items = listed(indices)
    if items is None:
        return made(input.shape, input.dtype, input, values, axes=input.axes)
    result = setitem(input, tuple(slice(None) if item is None else item for item in items), values)
    return result if accumulate is False else result.with_(values=ValueFacts())


@operation(*both("masked_scatter"), "torch.Tensor.masked_scatter_")
def masked_scatter(input: TensorFacts, mask: TensorFacts, source: TensorFacts) -> TensorFacts:
    """Elements of ``source`` written in order where the mask holds."""
    if mask.dtype is not None and mask.dtype not in ("bool", "uint8"):
        message = "masked_scatter_ only supports boolean masks, but got mask with dtype float"
        raise Misfit(message, clause="mask-dtype", argument="mask", dtype=mask.dtype)
    result = _written(input, source)
    return result.with_(shape=broadcast(input.shape, mask.shape))


@operation(*both("put"), "torch.Tensor.put_")
def put(input: TensorFacts, index: TensorFacts, source: TensorFacts, accumulate: bool = False) -> TensorFacts:
    """Elements written to places of the flat tensor."""
    del index
    result = _written(input, source)
    return result if accumulate is False else result.with_(values=ValueFacts())


@operation(*both("select_scatter", "slice_scatter", "diagonal_scatter"))
def select_scatter(input: TensorFacts, src: TensorFacts, *place: Any, **options: Any) -> TensorFacts:
    """A part of a tensor replaced."""
    del place, options
    return _written(input, src)


@operation("torch.Tensor.fill_diagonal_")
def fill_diagonal_(input: TensorFacts, fill_value: Scalar, wrap: bool = False) -> TensorFacts:
    """A number written to the diagonal."""
    del wrap
    return _written(input, fill_value)


@operation(*both("tril", "triu"), "torch.Tensor.tril_", "torch.Tensor.triu_")
def tril(input: TensorFacts, diagonal: int = 0) -> TensorFacts:
    """One triangle of matrices, zeros elsewhere."""
    if input.rank is not None and input.rank < 2:
        message = "tril: input tensor must have at least 2 dimensions"
        raise Misfit(message, clause="rank", argument="input", shape=input.shape)
    values = ranges.union(ranges.some_of(operand_values(input)), ranges.constant(0))
    return made(input.shape, input.dtype, input, values=replace(values, attained=False, axis=None), axes=input.axes)


_MOST_ROWS = 100_000


@operation("torch.tril_indices")
def tril_indices(
    row: Any, col: Any, offset: int = 0, *, dtype: str = "int64", device: str | None = None
) -> TensorFacts:
    """The places of the lower triangle, as two rows."""
    return _triangle(row, col, offset, dtype, device, upper=False)


@operation("torch.triu_indices")
def triu_indices(
    row: Any, col: Any, offset: int = 0, *, dtype: str = "int64", device: str | None = None
) -> TensorFacts:
    """The places of the upper triangle, as two rows."""
    return _triangle(row, col, offset, dtype, device, upper=True)


def _triangle(row: Any, col: Any, offset: Any, dtype: object, device: object, *, upper: bool) -> TensorFacts:
    rows, columns, shift = (value(whole(item)) for item in (row, col, offset))
    target, place = chosen_dtype(dtype, "int64"), chosen_device(device, "cpu")
    if rows is None or columns is None or shift is None or rows > _MOST_ROWS:
        return TensorFacts((2, None), target, place, False, ValueFacts(low=0, integral=True))
    below = sum(min(max(i + 1 + shift - upper, 0), columns) for i in range(rows))
    count = rows * columns - below if upper else below
    values = ValueFacts(0, max(rows, columns, 1) - 1, True)
    return TensorFacts((2, count), target, place, False, values)


@operation(*both("diag"))
def diag(input: TensorFacts, diagonal: int = 0) -> TensorFacts:
    """The diagonal of a matrix, or a matrix with a vector on its diagonal."""
    if input.rank is None:
        return made(None, input.dtype, input)
    if input.rank not in (1, 2):
        message = f"diag(): Supports 1D or 2D tensors. Got {input.rank}D"
        raise Misfit(message, clause="rank", argument="input", shape=input.shape)
    return diag_embed(input, diagonal) if input.rank == 1 else diagonal_of(input, diagonal)


@operation(*both("diag_embed"))
def diag_embed(input: TensorFacts, offset: int = 0, dim1: int = -2, dim2: int = -1) -> TensorFacts:
    """Vectors on the diagonals of matrices."""
    last, shift = input.size(-1), whole(offset)
    if input.shape is None:
        return made(None, input.dtype, input)
    first, second = axis_of(dim1, len(input.shape) + 1), axis_of(dim2, len(input.shape) + 1)
    size = None if last is None or not isinstance(shift, int) else last + abs(shift)
    if first is None or second is None:
        return made((None,) * (len(input.shape) + 1), input.dtype, input)
    if first == second:
        raise Misfit(f"diagonal dimensions cannot be identical {dim1}, {dim2}", clause="axis-repeated", argument="dim2")
    rest = iter(input.shape[:-1])
    shape = tuple(size if axis in (first, second) else next(rest) for axis in range(len(input.shape) + 1))
    values = ranges.union(ranges.some_of(operand_values(input)), ranges.constant(0))
    return made(shape, input.dtype, input, values=replace(values, attained=False, axis=None, meaning=None))


@operation("torch.diagflat", "torch.Tensor.diagflat")
def diagflat(input: TensorFacts, offset: int = 0) -> TensorFacts:
    """A matrix with all elements on its diagonal."""
    return diag_embed(flatten(input), offset)
