"""Padding, interpolation, pixel shuffling and sampling from grids."""

from __future__ import annotations

import math
from typing import Any

from snugly.facts import ranges
from snugly.facts.dims import Dim, less, product, same, value
from snugly.facts.misfits import Misfit
from snugly.facts.shapes import shown, window_size
from snugly.facts.tensors import Shape, TensorFacts
from snugly.facts.values import NOTHING_KNOWN, ValueFacts
from snugly.operations.arguments import axis_of, integer, listed, sizes_of, whole
from snugly.operations.pointwise import operand_values
from snugly.operations.registry import operation
from snugly.operations.results import both, made, moved, unordered

_F = "torch.nn.functional."
_MODES = {
    "nearest": None,
    "nearest-exact": None,
    "area": None,
    "linear": 3,
    "bilinear": 4,
    "bicubic": 4,
    "trilinear": 5,
    "lanczos": 4,
}


@operation("torch.constant_pad_nd")
def constant_pad_nd(input: TensorFacts, pad: Any, value: Any = 0) -> TensorFacts:
    """Axes made longer with a number."""
    return padded(input, pad, "constant", value)


@operation(_F + "pad")
def padded(input: TensorFacts, pad: Any, mode: str = "constant", value: Any = None) -> TensorFacts:
    """Axes made longer (or shorter) at both ends, the last axis first."""
    amounts = listed(pad)
    if amounts is None or input.shape is None:
        return made(None if input.rank is None else (None,) * input.rank, input.dtype, input)
    if len(amounts) % 2:
        raise Misfit("Padding length must be divisible by 2", clause="pad-length", argument="pad")
    if len(amounts) > 2 * len(input.shape):
        message = (
            "Padding length should be less than or equal to two times the input dimension but got padding length"
            f" {len(amounts)} and input of dimension {len(input.shape)}"
        )
        raise Misfit(message, clause="pad-length", argument="pad", shape=input.shape)
    pairs = [(whole(amounts[i]), whole(amounts[i + 1])) for i in range(0, len(amounts), 2)]
    sizes = list(input.shape)
    for back, (before, after) in enumerate(pairs, 1):
        size = sizes[-back]
        if mode in ("reflect", "circular"):
            _check_wrap(input.shape, len(sizes) - back, size, before, after, mode)
        sizes[-back] = None if size is None or before is None or after is None else size + before + after
        if less(sizes[-back], 0):
            message = (
                f"The input size {size}, plus negative padding {before} and {after} resulted in a negative output size,"
                f" which is invalid. Check dimension {len(sizes) - back} of your input."
            )
            raise Misfit(message, clause="pad-negative", argument="pad", shape=input.shape)
    return made(tuple(sizes), input.dtype, input, values=_padded_values(input, mode, value), axes=input.axes)


def _check_wrap(shape: Shape, axis: int, size: Dim | None, before: Dim | None, after: Dim | None, mode: str) -> None:
    limit = size if mode == "reflect" or size is None else size + 1
    if any(less(amount, limit) is False for amount in (before, after)):
        if mode == "reflect":
            message = (
                "Argument #4: Padding size should be less than the corresponding input dimension, but got: padding"
                f" ({before}, {after}) at dimension {axis} of input {shown(shape)}"
            )
        else:
            message = "Padding value causes wrapping around more than once."
        raise Misfit(message, clause="pad-wrap", argument="pad", shape=shape, axis=axis)


def _padded_values(input: TensorFacts, mode: object, fill: Any) -> ValueFacts:
    values = ranges.some_of(operand_values(input))
    if mode == "constant":
        values = ranges.union(values, ranges.constant(0 if fill is None else fill))
    return values if values.axis is None else ranges.between(*ranges.edges(values), integral=values.integral)


@operation(_F + "interpolate", _F + "upsample")
def interpolate(
    input: TensorFacts,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> TensorFacts:
    """Another size for all axes but the first two."""
    del align_corners, recompute_scale_factor, antialias
    shape = input.shape
    if shape is None:
        return made(None, input.dtype, input)
    if len(shape) not in (3, 4, 5):
        message = (
            f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {len(shape)}D) for the"
            " modes: nearest | linear |"
            f" bilinear | bicubic | trilinear | lanczos | area | nearest-exact (got {mode})"
        )
        raise Misfit(message, clause="interpolate-rank", raises="NotImplementedError", argument="input", shape=shape)
    needed = _MODES.get(mode) if isinstance(mode, str) else None
    if needed is not None and needed != len(shape):
        message = f"Got {len(shape)}D input, but {mode} mode needs {needed}D input"
        raise Misfit(message, clause="interpolate-mode", raises="NotImplementedError", argument="mode", shape=shape)
    if (size is None) == (scale_factor is None):
        which = (
            "either size or scale_factor should be defined"
            if size is None
            else "only one of size or scale_factor should be defined"
        )
        raise Misfit(which, clause="interpolate-size", raises="ValueError", argument="size")
    axes = len(shape) - 2
    space = _target(size, axes, shape) if size is not None else _scaled(scale_factor, shape[2:], shape)
    values = operand_values(input)
    soft = mode in ("bicubic", "lanczos")
    kept = (
        NOTHING_KNOWN
        if soft
        else ranges.between(*ranges.edges(values), meaning=values.meaning if values.axis is None else None)
    )
    if mode in ("nearest", "nearest-exact"):
        kept = ranges.some_of(values)
        if kept.axis is not None and kept.axis > 1:
            kept = ranges.between(*ranges.edges(values))
    return made((*shape[:2], *space), input.dtype, input, values=kept, axes=input.axes)


def _target(size: Any, axes: int, shape: Shape) -> list[Dim | None]:
    items = listed(size)
    if items is None:
        return [whole(size)] * axes
    if len(items) != axes:
        message = (
            "Input and output must have the same number of spatial dimensions, but got input with"
            " spatial dimensions of"
            f" {shown(shape[2:])} and output size of {shown([whole(item) for item in items])}. Please"
            " provide input tensor in"
            " (N, C, d1, d2, ...,dK) format and output size in (o1, o2, ...,oK) format."
        )
        raise Misfit(message, clause="interpolate-size", raises="ValueError", argument="size", shape=shape)
    return [whole(item) for item in items]


def _scaled(scale: Any, space: Shape, shape: Shape) -> list[Dim | None]:
    items = listed(scale)
    factors = (scale,) * len(space) if items is None else items
    if len(factors) != len(space):
        message = (
            "Input and scale_factor must have the same number of spatial dimensions, but got input"
            " with spatial dimensions of"
            f" {shown(shape[2:])} and scale_factor of shape {list(factors)}. Please provide input tensor in"
            " (N, C, d1, d2, ...,dK) format and scale_factor in (s1, s2, ...,sK) format."
        )
        raise Misfit(message, clause="interpolate-size", raises="ValueError", argument="scale_factor", shape=shape)
    return [_times(size, factor) for size, factor in zip(space, factors, strict=True)]


def _times(size: Dim | None, factor: Any) -> Dim | None:
    """Return ``floor(size * factor)`` as torch computes it, in doubles."""
    known = value(size)
    if size is None or not isinstance(factor, int | float) or isinstance(factor, bool):
        return None
    if known is not None and isinstance(size, int):
        return math.floor(float(known) * factor)
    numerator, denominator = float(factor).as_integer_ratio()
    if denominator == 1:
        return size * numerator
    if denominator <= 1024:
        return size * numerator // denominator
    return None if known is None else math.floor(float(known) * factor)


@operation("torch.pixel_shuffle", _F + "pixel_shuffle")
def pixel_shuffle(input: TensorFacts, upscale_factor: int) -> TensorFacts:
    """``C*r*r H W`` to ``C H*r W*r``."""
    factor, shape = integer(upscale_factor), input.shape
    if shape is None:
        return made(None, input.dtype, input)
    if len(shape) < 3:
        message = (
            f"pixel_shuffle expects input to have at least 3 dimensions, but got input with {len(shape)} dimension(s)"
        )
        raise Misfit(message, clause="rank", argument="input", shape=shape)
    if factor is None:
        return made((*shape[:-3], None, None, None), input.dtype, input)
    if factor <= 0:
        message = f"pixel_shuffle expects a positive upscale_factor, but got {factor}"
        raise Misfit(message, clause="pixel-shuffle", argument="upscale_factor")
    channels, height, width = shape[-3:]
    if channels is not None and same(channels % (factor * factor), 0) is False:
        message = (
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, but"
            f" input.size(-3)={channels} is not divisible by {factor * factor}"
        )
        raise Misfit(message, clause="pixel-shuffle", argument="input", shape=shape, factor=factor)
    sizes = (_over(channels, factor * factor), _by(height, factor), _by(width, factor))
    return made((*shape[:-3], *sizes), input.dtype, input, axes=input.axes)


@operation("torch.pixel_unshuffle", _F + "pixel_unshuffle")
def pixel_unshuffle(input: TensorFacts, downscale_factor: int) -> TensorFacts:
    """``C H*r W*r`` to ``C*r*r H W``."""
    factor, shape = integer(downscale_factor), input.shape
    if shape is None:
        return made(None, input.dtype, input)
    if len(shape) < 3:
        message = (
            f"pixel_unshuffle expects input to have at least 3 dimensions, but got input with {len(shape)} dimension(s)"
        )
        raise Misfit(message, clause="rank", argument="input", shape=shape)
    if factor is None:
        return made((*shape[:-3], None, None, None), input.dtype, input)
    if factor <= 0:
        message = f"pixel_unshuffle expects a positive downscale_factor, but got {factor}"
        raise Misfit(message, clause="pixel-shuffle", argument="downscale_factor")
    channels, height, width = shape[-3:]
    for name, size in (("height", height), ("width", width)):
        if size is not None and same(size % factor, 0) is False:
            place = -2 if name == "height" else -1
            message = (
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but"
                f" input.size({place})={size} is not divisible by {factor}"
            )
            raise Misfit(message, clause="pixel-shuffle", argument="input", shape=shape, factor=factor)
    sizes = (_by(channels, factor * factor), _over(height, factor), _over(width, factor))
    return made((*shape[:-3], *sizes), input.dtype, input, axes=input.axes)


def _by(size: Dim | None, factor: int) -> Dim | None:
    return None if size is None else size * factor


def _over(size: Dim | None, factor: int) -> Dim | None:
    return None if size is None else size // factor


@operation("torch.channel_shuffle", _F + "channel_shuffle", "torch.native_channel_shuffle")
def channel_shuffle(input: TensorFacts, groups: int) -> TensorFacts:
    """Channels in another order."""
    count, channels = integer(groups), input.size(1)
    if input.rank is not None and input.rank < 3:
        message = f"channel_shuffle expects input with > 2 dims, but got input with sizes {shown(input.shape or ())}"
        raise Misfit(message, clause="rank", argument="input", shape=input.shape)
    if count is not None and count > 0 and channels is not None and same(channels % count, 0) is False:
        message = f"Number of channels must be divisible by groups. Got {channels} channels and {count} groups."
        raise Misfit(message, clause="group-norm-groups", argument="input", shape=input.shape)
    values = ranges.some_of(input.values)
    return made(input.shape, input.dtype, input, values=values, axes=input.axes)


@operation(_F + "grid_sample", "torch.grid_sampler", "torch.grid_sampler_2d", "torch.grid_sampler_3d")
def grid_sample(
    input: TensorFacts,
    grid: TensorFacts,
    mode: Any = "bilinear",
    padding_mode: Any = "zeros",
    align_corners: Any = None,
) -> TensorFacts:
    """Values at the points of a grid: channels of the input, space of the grid."""
    del mode, padding_mode, align_corners
    if input.shape is None or grid.shape is None:
        return made(None, input.dtype, input, grid)
    if same(input.shape[0], grid.shape[0]) is False:
        message = (
            "grid_sampler(): expected grid and input to have same batch size, but got input with sizes"
            f" {shown(input.shape)} and grid with sizes {shown(grid.shape)}"
        )
        raise Misfit(message, clause="batch-size", argument="grid", input=input.shape, grid=grid.shape)
    axes = len(input.shape) - 2
    if same(grid.shape[-1], axes) is False:
        message = (
            f"grid_sampler(): expected grid to have size {axes} in last dimension, but got grid with"
            f" sizes {shown(grid.shape)}"
        )
        raise Misfit(message, clause="grid-size", argument="grid", grid=grid.shape)
    if len(input.shape) != len(grid.shape):
        message = (
            "grid_sampler(): expected input and grid to have same number of dimensions, but got input with sizes"
            f" {shown(input.shape)} and grid with sizes {shown(grid.shape)}"
        )
        raise Misfit(message, clause="rank", argument="grid", grid=grid.shape)
    return made((*input.shape[:2], *grid.shape[1:-1]), input.dtype, input, grid, axes=input.axes)


@operation(_F + "affine_grid", "torch.affine_grid_generator")
def affine_grid(theta: TensorFacts, size: Any, align_corners: Any = None) -> TensorFacts:
    """The grid of an affine map."""
    del align_corners
    sizes = sizes_of((size,))
    if sizes is None:
        return made(None, theta.dtype, theta)
    return made((sizes[0], *sizes[2:], len(sizes) - 2), theta.dtype, theta)


@operation("torch.Tensor.repeat")
def repeat(input: TensorFacts, *repeats: Any) -> TensorFacts:
    """The whole tensor several times along each axis, new axes in front."""
    counts = sizes_of(repeats)
    if counts is None or input.shape is None:
        return made(None if counts is None else (None,) * len(counts), input.dtype, input)
    if len(counts) < len(input.shape):
        message = "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor"
        raise Misfit(message, clause="repeat-rank", argument="repeats", shape=input.shape, repeats=counts)
    return _repeated(input, counts)


def _repeated(input: TensorFacts, counts: Shape) -> TensorFacts:
    shape = input.shape or ()
    fresh = len(counts) - len(shape)
    sizes = [product((size, count)) for size, count in zip(((1,) * fresh + shape), counts, strict=True)]
    moves = {axis: axis + fresh for axis in range(len(shape)) if counts[axis + fresh] == 1}
    axes = None
    if input.axes is not None:
        axes = (*((None,) * fresh), *input.axes)
    values = moved(unordered(input.values), moves)
    if any(same(count, 0) is not False for count in counts):
        values = ranges.some_of(values)
    return made(tuple(sizes), input.dtype, input, values=values, axes=axes)


@operation("torch.tile", "torch.Tensor.tile")
def tile(input: TensorFacts, *dims: Any) -> TensorFacts:
    """Like ``repeat``, with as many counts as wanted."""
    counts = sizes_of(dims)
    if counts is None or input.shape is None:
        return made(None, input.dtype, input)
    return _repeated(input, (1,) * (len(input.shape) - len(counts)) + counts)


@operation(*both("repeat_interleave"))
def repeat_interleave(
    input: TensorFacts, repeats: Any = None, dim: int | None = None, *, output_size: Any = None
) -> TensorFacts:
    """Every element (or slice) several times in a row."""
    if repeats is None:
        return made((whole(output_size) if output_size is not None else None,), "int64", input)
    count = whole(repeats)
    if isinstance(repeats, TensorFacts) and repeats.values.elements is not None and len(repeats.values.elements) > 1:
        count = None
    axis = None if dim is None else axis_of(dim, input.rank)
    values = ranges.some_of(unordered(input.values))
    if dim is None:
        total = _total(repeats) if count is None else product((input.numel, count))
        flat = values if values.axis is None else ranges.between(*ranges.edges(values))
        return made((total if output_size is None else whole(output_size),), input.dtype, input, values=flat)
    if axis is None or input.shape is None:
        return made(None if input.rank is None else (None,) * input.rank, input.dtype, input)
    size = product((input.size(axis), count)) if count is not None else _total(repeats)
    if output_size is not None:
        size = whole(output_size)
    if values.axis == axis and values.axis is not None:
        values = ranges.between(*ranges.edges(values))
    shape = (*input.shape[:axis], size, *input.shape[axis + 1 :]) if input.shape else (size,)
    return made(shape, input.dtype, input, values=values, axes=input.axes)


def _total(repeats: Any) -> int | None:
    """Return how many elements counts in a tensor give in all."""
    elements = repeats.values.elements if isinstance(repeats, TensorFacts) else None
    return None if elements is None or len(elements) < 2 else int(sum(elements))


@operation("torch.Tensor.unfold")
def tensor_unfold(input: TensorFacts, dimension: int, size: Any, step: Any) -> TensorFacts:
    """Windows along an axis, as a new last axis."""
    axis, length, stride = axis_of(dimension, input.rank), whole(size), whole(step)
    if axis is None or input.shape is None:
        return made(None, input.dtype, input)
    if not input.shape:
        return made((length,), input.dtype, input)
    if less(input.shape[axis], length):
        message = f"maximum size for tensor at dimension {axis} is {input.shape[axis]} but size is {length}"
        raise Misfit(message, clause="unfold-size", argument="size", shape=input.shape, size=length)
    count = window_size(input.shape[axis], length, stride)
    axes = None if input.axes is None else (*input.axes, None)
    shape = (*input.shape[:axis], count, *input.shape[axis + 1 :], length)
    values = ranges.some_of(input.values)
    return made(
        shape,
        input.dtype,
        input,
        values=values if values.axis is None else ranges.between(*ranges.edges(values)),
        axes=axes,
    )


@operation(*both("as_strided"))
def as_strided(input: TensorFacts, size: Any, stride: Any, storage_offset: Any = None) -> TensorFacts:
    """A view of memory by sizes and strides."""
    del stride, storage_offset
    return made(sizes_of((size,)), input.dtype, input)
