"""Convolutions and transposed convolutions in one to three axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.dims import Dim, less, product, same
from snugly.facts.dtypes import SCALAR_TYPES
from snugly.facts.misfits import Misfit
from snugly.facts.shapes import crossed, shown, transposed_size, window_size
from snugly.operations.arguments import per_axis, whole
from snugly.operations.products import CPP_NAMES, LOGITS
from snugly.operations.registry import operation
from snugly.operations.results import made

if TYPE_CHECKING:
    from snugly.facts.tensors import Shape, TensorFacts

_F = "torch.nn.functional."
_SPACE = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def _batched(input: TensorFacts, weight: TensorFacts, axes: int, name: str) -> tuple[Shape | None, bool]:
    """Return the shape of the input with a batch axis, and whether it had one.

    Raises:
        Misfit: the rank is neither that of one sample nor that of a batch.
    """
    shape = input.shape
    if shape is None:
        return None, True
    if len(shape) not in (axes + 1, axes + 2):
        message = (
            f"Expected {axes + 1}D (unbatched) or {axes + 2}D (batched) input to {name}, but got"
            f" input of size: {shown(shape)}"
        )
        raise Misfit(message, clause="conv-rank", argument="input", shape=shape, axes=axes, weight=weight.shape)
    return (shape, True) if len(shape) == axes + 2 else ((1, *shape), False)


def _check_channels(shape: Shape | None, weight: TensorFacts, groups: Dim | None, *, transposed: bool) -> None:
    if shape is None or weight.shape is None or groups is None:
        return
    share = weight.shape[0] if transposed else (None if weight.shape[1] is None else weight.shape[1] * groups)
    if same(shape[1], share) is False:
        first = f"transposed={1}" if transposed else f"groups={groups}"
        message = (
            f"Given {first}, weight of size {shown(weight.shape)}, expected input{shown(shape)} to"
            f" have {share} channels,"
            f" but got {shape[1]} channels instead"
        )
        details: dict[str, Any] = {"shape": shape, "weight": weight.shape, "expected": share, "given": shape[1]}
        raise Misfit(message, clause="conv-channels", argument="input", **details)
    if not transposed and weight.shape[0] is not None and same(weight.shape[0] % groups, 0) is False:
        message = (
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight of size"
            f" [{shown(weight.shape)}] instead"
        )
        raise Misfit(message, clause="conv-groups", argument="weight", weight=weight.shape, groups=groups)


def _check_dtypes(input: TensorFacts, weight: TensorFacts, bias: TensorFacts | None) -> None:
    """Raise what torch does for an input of another dtype than that of the weights."""
    if bias is not None and None not in (input.dtype, bias.dtype) and input.dtype != bias.dtype:
        names = [CPP_NAMES.get(x.dtype or "", str(x.dtype)) for x in (input, bias)]
        message = f"Input type ({names[0]}) and bias type ({names[1]}) should be the same"
    elif None not in (input.dtype, weight.dtype) and input.dtype != weight.dtype:
        message = f"expected scalar type {SCALAR_TYPES[input.dtype or '']} but found {SCALAR_TYPES[weight.dtype or '']}"
    else:
        return
    raise Misfit(message, clause="dtype-mismatch", argument="input", dtypes=(input.dtype, weight.dtype))


def _check_bias(bias: TensorFacts | None, weight: TensorFacts, channels: Dim | None) -> None:
    if bias is None or bias.shape is None or channels is None or weight.shape is None:
        return
    if len(bias.shape) != 1 or same(bias.shape[0], channels) is False:
        message = (
            f"Given weight of size {shown(weight.shape)}, expected bias to be 1-dimensional with {channels} elements,"
            f" but got bias of size {shown(bias.shape)} instead"
        )
        raise Misfit(message, clause="bias-size", argument="bias", bias=bias.shape, expected=channels)


def _paddings(
    padding: Any, kernel: tuple[Dim | None, ...], dilation: tuple[Dim | None, ...], stride: tuple[Dim | None, ...]
) -> list[Dim | None]:
    """Return how much is added to each axis in all."""
    if padding == "valid":
        return [0] * len(kernel)
    if padding == "same":
        if any(less(1, step) for step in stride):
            message = "padding='same' is not supported for strided convolutions"
            raise Misfit(message, clause="padding-same-stride", argument="padding")
        return [None if k is None or d is None else d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    return [None if p is None else 2 * p for p in per_axis(padding, len(kernel))]


def _windows(
    shape: Shape, weight: TensorFacts, kernel: tuple[Dim | None, ...], stride: Any, padding: Any, dilation: Any
) -> list[Dim | None]:
    axes = len(kernel)
    steps, spread = per_axis(stride, axes), per_axis(dilation, axes)
    added = _paddings(padding, kernel, spread, steps)
    padded = [None if s is None or p is None else s + p for s, p in zip(shape[2:], added, strict=True)]
    reach = [None if k is None or d is None else d * (k - 1) + 1 for k, d in zip(kernel, spread, strict=True)]
    if any(less(room, span) for room, span in zip(padded, reach, strict=True)):
        message = (
            f"Calculated padded input size per channel: ({_spaced(padded)}). Kernel size: ({_spaced(reach)})."
            " Kernel size can't be greater than actual input size"
        )
        details: dict[str, Any] = {
            "padded": tuple(padded),
            "kernel": tuple(reach),
            "shape": shape,
            "weight": weight.shape,
        }
        raise Misfit(message, clause="conv-kernel-size", argument="input", **details)
    return [window_size(room, k, s, 0, d) for room, k, s, d in zip(padded, kernel, steps, spread, strict=True)]


def _spaced(sizes: list[Dim | None]) -> str:
    return crossed(sizes).replace("x", " x ")


def _output(
    input: TensorFacts,
    weight: TensorFacts,
    bias: TensorFacts | None,
    channels: Dim | None,
    space: list[Dim | None],
    axes: int,
    *,
    batched: bool,
) -> TensorFacts:
    front = (input.size(0),) if batched else ()
    shape: Shape | None = (*front, channels, *space)
    label = (input.axes[0] if input.axes is not None else None,) if batched else ()
    labels = (*label, "channels", *_SPACE[axes])
    dtype = input.dtype or weight.dtype
    if input.shape is None:
        shape = None
    return made(shape, dtype, input, weight, bias, values=LOGITS, axes=labels)


def _convolution(
    input: TensorFacts, weight: TensorFacts, bias: TensorFacts | None, options: tuple[Any, Any, Any, Any], axes: int
) -> TensorFacts:
    stride, padding, dilation, groups = options
    _check_weight(weight, axes, f"conv{axes}d", input)
    shape, batched = _batched(input, weight, axes, f"conv{axes}d")
    count = whole(groups)
    _check_channels(shape, weight, count, transposed=False)
    _check_dtypes(input, weight, bias)
    channels = weight.size(0)
    _check_bias(bias, weight, channels)
    kernel = weight.shape[2:] if weight.shape is not None else (None,) * axes
    space: list[Dim | None] = [None] * axes
    if shape is not None:
        space = _windows(shape, weight, kernel, stride, padding, dilation)
    return _output(input, weight, bias, channels, space, axes, batched=batched)


def _check_weight(weight: TensorFacts, axes: int, name: str, input: TensorFacts) -> None:
    if weight.rank is not None and weight.rank != axes + 2:
        message = (
            f"expected {axes + 2}-dimensional weight for {name}, but got weight of size {shown(weight.shape or ())}"
        )
        raise Misfit(message, clause="conv-weight-rank", argument="weight", weight=weight.shape, shape=input.shape)


@operation(_F + "conv1d", "torch.conv1d")
def conv1d(
    input: TensorFacts, weight: TensorFacts, bias: TensorFacts | None = None,
    stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: Any = 1,
) -> TensorFacts:  # fmt: skip
    """A convolution along one axis of ``N C L`` (or ``C L``)."""
    return _convolution(input, weight, bias, (stride, padding, dilation, groups), 1)


@operation(_F + "conv2d", "torch.conv2d")
def conv2d(
    input: TensorFacts, weight: TensorFacts, bias: TensorFacts | None = None,
    stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: Any = 1,
) -> TensorFacts:  # fmt: skip
    """A convolution over two axes of ``N C H W`` (or ``C H W``)."""
    return _convolution(input, weight, bias, (stride, padding, dilation, groups), 2)


@operation(_F + "conv3d", "torch.conv3d")
def conv3d(
    input: TensorFacts, weight: TensorFacts, bias: TensorFacts | None = None,
    stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: Any = 1,
) -> TensorFacts:  # fmt: skip
    """A convolution over three axes of ``N C D H W`` (or ``C D H W``)."""
    return _convolution(input, weight, bias, (stride, padding, dilation, groups), 3)


def _transposed(
    input: TensorFacts,
    weight: TensorFacts,
    bias: TensorFacts | None,
    options: tuple[Any, Any, Any, Any, Any],
    axes: int,
) -> TensorFacts:
    stride, padding, output_padding, groups, dilation = options
    _check_weight(weight, axes, f"conv_transpose{axes}d", input)
    shape, batched = _batched(input, weight, axes, f"conv_transpose{axes}d")
    count = whole(groups)
    _check_channels(shape, weight, count, transposed=True)
    _check_dtypes(input, weight, bias)
    share = weight.size(1)
    channels = None if share is None or count is None else share * count
    _check_bias(bias, weight, channels)
    kernel = weight.shape[2:] if weight.shape is not None else (None,) * axes
    lists = [per_axis(option, axes) for option in (stride, padding, output_padding, dilation)]
    steps, pads, extra, spread = lists
    for more, step, wide in zip(extra, steps, spread, strict=True):
        if less(more, step) is False and less(more, wide) is False:
            message = (
                f"output padding must be smaller than either stride or dilation, but got output_padding: {more},"
                f" stride: {step}, dilation: {wide}"
            )
            raise Misfit(message, clause="output-padding", argument="output_padding")
    space: list[Dim | None] = [None] * axes
    if shape is not None:
        rows = zip(shape[2:], kernel, steps, pads, extra, spread, strict=True)
        space = [transposed_size(*row) for row in rows]
    return _output(input, weight, bias, channels, space, axes, batched=batched)


@operation(_F + "conv_transpose1d", "torch.conv_transpose1d")
def conv_transpose1d(
    input: TensorFacts, weight: TensorFacts, bias: TensorFacts | None = None,
    stride: Any = 1, padding: Any = 0, output_padding: Any = 0, groups: Any = 1, dilation: Any = 1,
) -> TensorFacts:  # fmt: skip
    """The transpose of ``conv1d``."""
    return _transposed(input, weight, bias, (stride, padding, output_padding, groups, dilation), 1)


@operation(_F + "conv_transpose2d", "torch.conv_transpose2d")
def conv_transpose2d(
    input: TensorFacts, weight: TensorFacts, bias: TensorFacts | None = None,
    stride: Any = 1, padding: Any = 0, output_padding: Any = 0, groups: Any = 1, dilation: Any = 1,
) -> TensorFacts:  # fmt: skip
    """The transpose of ``conv2d``."""
    return _transposed(input, weight, bias, (stride, padding, output_padding, groups, dilation), 2)


@operation(_F + "conv_transpose3d", "torch.conv_transpose3d")
def conv_transpose3d(
    input: TensorFacts, weight: TensorFacts, bias: TensorFacts | None = None,
    stride: Any = 1, padding: Any = 0, output_padding: Any = 0, groups: Any = 1, dilation: Any = 1,
) -> TensorFacts:  # fmt: skip
    """The transpose of ``conv3d``."""
    return _transposed(input, weight, bias, (stride, padding, output_padding, groups, dilation), 3)


@operation(_F + "unfold")
def unfold(input: TensorFacts, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> TensorFacts:
    """Sliding blocks as columns: ``N C H W`` to ``N C*kH*kW L``."""
    shape = input.shape
    if shape is None:
        return made(None, input.dtype, input)
    if len(shape) not in (3, 4):
        message = (
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input,"
            f" but got: {shown(shape)}"
        )
        raise Misfit(message, clause="rank", argument="input", shape=shape)
    kernel, steps = per_axis(kernel_size, 2), per_axis(stride, 2)
    pads, spread = per_axis(padding, 2), per_axis(dilation, 2)
    counts = [window_size(*row) for row in zip(shape[-2:], kernel, steps, pads, spread, strict=True)]
    blocks, rows = shape[-3], product(counts)
    for factor in kernel:
        blocks = product((blocks, factor))
    if any(less(count, 1) for count in counts):
        message = (
            f"Given input with spatial size {crossed(shape[-2:])}, calculated shape of the array of"
            " sliding blocks is too small"
        )
        raise Misfit(message, clause="conv-kernel-size", argument="input", shape=shape, kernel=kernel)
    return made((*shape[:-3], blocks, rows), input.dtype, input)


@operation(_F + "fold")
def fold(
    input: TensorFacts, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> TensorFacts:
    """Columns summed back into an image: the inverse of ``unfold``."""
    shape = input.shape
    size, kernel = per_axis(output_size, 2), per_axis(kernel_size, 2)
    lists = (per_axis(stride, 2), per_axis(padding, 2), per_axis(dilation, 2))
    counts = [window_size(*row) for row in zip(size, kernel, *lists, strict=True)]
    if shape is None:
        return made(None, input.dtype, input)
    if len(shape) not in (2, 3):
        message = (
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero"
            f" dimensions for input, but got: {shown(shape)}"
        )
        raise Misfit(message, clause="rank", argument="input", shape=shape)
    block, blocks = product(kernel), product(counts)
    if shape[-2] is not None and block is not None and same(shape[-2] % block, 0) is False:
        message = (
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got"
            f" input.size(1)={shape[-2]} and kernel_size=({kernel[0]}, {kernel[1]})."
        )
        raise Misfit(message, clause="fold-channels", argument="input", shape=shape)
    if same(shape[-1], blocks) is False:
        message = (
            f"Given output_size={_pair(size)}, kernel_size={_pair(kernel)},"
            f" dilation={_pair(lists[2])}, padding={_pair(lists[1])},"
            f" stride={_pair(lists[0])}, expected size of input's dimension 2 to match the calculated"
            " number of sliding blocks"
            f" {counts[0]} * {counts[1]} = {blocks}, but got input.size(2)={shape[-1]}."
        )
        raise Misfit(message, clause="fold-blocks", argument="input", shape=shape, expected=blocks)
    channels = None if shape[-2] is None or block is None else shape[-2] // block
    return made((*shape[:-2], channels, *size), input.dtype, input)


def _pair(sizes: tuple[Dim | None, ...]) -> str:
    return f"({', '.join(str(size) for size in sizes)})"
