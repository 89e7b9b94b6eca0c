"""Pooling over windows, adaptive and fractional, and its inverse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts import ranges
from snugly.facts.dims import Dim, less, value
from snugly.facts.misfits import Misfit
from snugly.facts.shapes import crossed, shown, window_size
from snugly.facts.values import NOTHING_KNOWN, Meaning, ValueFacts
from snugly.operations.arguments import flag, listed, per_axis, whole
from snugly.operations.pointwise import operand_values
from snugly.operations.registry import UNKNOWN, operation
from snugly.operations.results import made

if TYPE_CHECKING:
    from snugly.facts.tensors import Shape, TensorFacts

_F = "torch.nn.functional."


def _checked(input: TensorFacts, axes: int, name: str, *, sized: bool = False) -> Shape | None:
    """Return the shape of the input, one sample or a batch.

    Raises:
        Misfit: the rank is neither.
    """
    shape = input.shape
    if shape is not None and len(shape) not in (axes + 1, axes + 2):
        if name.startswith("adaptive") and sized and len(shape) <= axes:
            message = f"Input dimension should be at least {axes + 1}"
            raise Misfit(message, clause="pool-rank", raises="ValueError", argument="input", shape=shape, axes=axes)
        if name.startswith("adaptive"):
            message = f"{name}(): Expected {axes + 1}D or {axes + 2}D tensor, but got {shown(shape)}"
        else:
            message = f"non-empty {axes + 1}D or {axes + 2}D (batch mode) tensor expected for input"
        raise Misfit(message, clause="pool-rank", argument="input", shape=shape, axes=axes)
    return shape


def _pooled(
    input: TensorFacts, options: tuple[Any, Any, Any, Any, Any], axes: int, name: str, values: ValueFacts
) -> TensorFacts:
    kernel_size, stride, padding, dilation, ceil_mode = options
    shape = _checked(input, axes, name)
    if shape is None:
        return made(None, input.dtype, input, values=values)
    kernel = per_axis(kernel_size, axes)
    empty = stride is None or (isinstance(stride, list | tuple) and not stride)
    steps = kernel if empty else per_axis(stride, axes)
    pads, spread = per_axis(padding, axes), per_axis(dilation, axes)
    for pad, size, wide in zip(pads, kernel, spread, strict=True):
        if pad is not None and size is not None and wide is not None and less((wide * (size - 1) + 1) // 2, pad):
            message = (
                f"pad should be at most half of effective kernel size, but got pad={pad},"
                f" kernel_size={size} and dilation={wide}"
            )
            raise Misfit(message, clause="pool-padding", argument="padding")
    ceil = flag(ceil_mode)
    rows = zip(shape[-axes:], kernel, steps, pads, spread, strict=True)
    space = [None if ceil is None else window_size(*row, ceil=ceil) for row in rows]
    if any(less(size, 1) for size in space):
        _too_small(shape, space, axes)
    return made((*shape[:-axes], *space), input.dtype, input, values=values, axes=input.axes)


def _too_small(shape: Shape, space: list[Dim | None], axes: int) -> None:
    front, after = shape[-axes - 1 :], (shape[-axes - 1], *space)
    if axes == 1:
        front, after = (front[0], 1, front[1]), (after[0], 1, after[1])
    message = (
        f"Given input size: ({crossed(front)}). Calculated output size: ({crossed(after)}). Output size is too small"
    )
    raise Misfit(message, clause="pool-output-size", argument="input", shape=shape, output=tuple(space))


def _averaged(input: TensorFacts) -> ValueFacts:
    """Return the facts of means: they lie between the elements, zero padding included."""
    before = operand_values(input)
    if before is NOTHING_KNOWN:
        return before
    low, high = ranges.edges(before)
    meaning = Meaning.LOGITS if before.meaning is Meaning.LOGITS else None
    return ranges.between(min(low, 0), max(high, 0), meaning=meaning)


def _largest(input: TensorFacts) -> ValueFacts:
    before = ranges.some_of(operand_values(input))
    return before if before.axis is None else ranges.between(*ranges.edges(before), integral=before.integral)


def _declare_max_pools() -> None:
    for axes in (1, 2, 3):
        name = f"max_pool{axes}d"

        def with_indices(
            input: TensorFacts, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
            ceil_mode: bool = False, return_indices: bool = False, *, axes: int = axes, name: str = name,
        ) -> Any:  # fmt: skip
            return max_pool(input, (kernel_size, stride, padding, dilation, ceil_mode), return_indices, axes, name)

        def paired(
            input: TensorFacts, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
            ceil_mode: bool = False, return_indices: bool = True, *, axes: int = axes, name: str = name,
        ) -> Any:  # fmt: skip
            return max_pool(input, (kernel_size, stride, padding, dilation, ceil_mode), return_indices, axes, name)

        operation(_F + name, f"torch.{name}")(with_indices)
        operation(_F + name + "_with_indices", *(["torch.max_pool1d_with_indices"] if axes == 1 else []))(paired)


def max_pool(
    input: TensorFacts, options: tuple[Any, Any, Any, Any, Any], return_indices: object, axes: int, name: str
) -> Any:
    """The largest element of each window, with its position where that is asked for."""
    pooled = _pooled(input, options, axes, name, _largest(input))
    return _with_positions(pooled, return_indices)


def _with_positions(pooled: TensorFacts, return_indices: object) -> Any:
    wanted = flag(return_indices)
    if wanted is None:
        return UNKNOWN
    positions = pooled.with_(dtype="int64", requires_grad=False, values=ValueFacts(low=0, integral=True))
    return (pooled, positions) if wanted else pooled


_declare_max_pools()


@operation(_F + "avg_pool1d", "torch.avg_pool1d")
def avg_pool1d(
    input: TensorFacts, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> TensorFacts:  # fmt: skip
    """The mean of each window along one axis."""
    del count_include_pad
    return _pooled(input, (kernel_size, stride, padding, 1, ceil_mode), 1, "avg_pool1d", _averaged(input))


@operation(_F + "avg_pool2d", "torch._C._nn.avg_pool2d")
def avg_pool2d(
    input: TensorFacts, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: Any = None,
) -> TensorFacts:  # fmt: skip
    """The mean of each window over two axes."""
    del count_include_pad
    values = _averaged(input) if divisor_override is None else NOTHING_KNOWN
    return _pooled(input, (kernel_size, stride, padding, 1, ceil_mode), 2, "avg_pool2d", values)


@operation(_F + "avg_pool3d", "torch._C._nn.avg_pool3d")
def avg_pool3d(
    input: TensorFacts, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: Any = None,
) -> TensorFacts:  # fmt: skip
    """The mean of each window over three axes."""
    del count_include_pad
    values = _averaged(input) if divisor_override is None else NOTHING_KNOWN
    _require_window(input, kernel_size)
    return _pooled(input, (kernel_size, stride, padding, 1, ceil_mode), 3, "avg_pool3d", values)


def _require_window(input: TensorFacts, kernel_size: Any) -> None:
    """Raise where a volume is smaller than the window, padding or not: only the mean over three axes checks this."""
    sides, windows = (input.shape or ())[-3:], per_axis(kernel_size, 3)
    if any(less(side, window) for side, window in zip(sides, windows, strict=False)):
        given = " ".join(f"{name}: {size}" for name, size in zip("THW", sides, strict=False))
        wanted = " ".join(f"k{name}: {size}" for name, size in zip("THW", windows, strict=False))
        message = f"input image ({given}) smaller than kernel size ({wanted})"
        raise Misfit(message, clause="pool-window", argument="input", shape=input.shape)


def _declare_lp_pools() -> None:
    for axes in (1, 2, 3):

        def lp_pool(
            input: TensorFacts, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False,
            *, axes: int = axes,
        ) -> TensorFacts:  # fmt: skip
            if axes == 3:
                _require_window(input, kernel_size)
            return _pooled(input, (kernel_size, stride, 0, 1, ceil_mode), axes, f"lp_pool{axes}d", NOTHING_KNOWN)

        operation(_F + f"lp_pool{axes}d")(lp_pool)


_declare_lp_pools()


def _adaptive(input: TensorFacts, output_size: Any, axes: int, name: str, values: ValueFacts) -> TensorFacts:
    wanted = listed(output_size)
    shape = _checked(input, axes, name, sized=wanted is not None and axes > 1)
    if shape is None:
        return made(None, input.dtype, input, values=values)
    items = (output_size,) * axes if wanted is None else (wanted * axes if len(wanted) == 1 else wanted)
    if len(items) != axes:
        message = f"{name}: output_size must be {axes}"
        raise Misfit(message, clause="pool-output-size", argument="output_size")
    space = [old if new is None else whole(new) for old, new in zip(shape[-axes:], items, strict=True)]
    return made((*shape[:-axes], *space), input.dtype, input, values=values, axes=input.axes)


def _declare_adaptive() -> None:
    for axes in (1, 2, 3):

        def average(input: TensorFacts, output_size: Any, *, axes: int = axes) -> TensorFacts:
            return _adaptive(input, output_size, axes, f"adaptive_avg_pool{axes}d", _averaged(input))

        def largest(input: TensorFacts, output_size: Any, return_indices: bool = False, *, axes: int = axes) -> Any:
            pooled = _adaptive(input, output_size, axes, f"adaptive_max_pool{axes}d", _largest(input))
            return _with_positions(pooled, return_indices)

        def paired(input: TensorFacts, output_size: Any, return_indices: bool = True, *, axes: int = axes) -> Any:
            pooled = _adaptive(input, output_size, axes, f"adaptive_max_pool{axes}d", _largest(input))
            return _with_positions(pooled, return_indices)

        operation(_F + f"adaptive_avg_pool{axes}d", *(["torch.adaptive_avg_pool1d"] if axes == 1 else []))(average)
        operation(_F + f"adaptive_max_pool{axes}d")(largest)
        operation(_F + f"adaptive_max_pool{axes}d_with_indices")(paired)


_declare_adaptive()


def _declare_unpools() -> None:
    for axes in (1, 2, 3):

        def unpool(
            input: TensorFacts, indices: TensorFacts, kernel_size: Any, stride: Any = None, padding: Any = 0,
            output_size: Any = None, *, axes: int = axes,
        ) -> TensorFacts:  # fmt: skip
            return _unpooled(input, indices, (kernel_size, stride, padding, output_size), axes)

        operation(_F + f"max_unpool{axes}d")(unpool)


def _unpooled(input: TensorFacts, indices: TensorFacts, options: tuple[Any, Any, Any, Any], axes: int) -> TensorFacts:
    kernel_size, stride, padding, output_size = options
    shape = _checked(input, axes, f"max_unpool{axes}d")
    if shape is None:
        return made(None, input.dtype, input)
    kernel = per_axis(kernel_size, axes)
    steps = kernel if stride is None or stride == [] else per_axis(stride, axes)
    pads = per_axis(padding, axes)
    if output_size is not None:
        sizes = listed(output_size)
        space: list[Dim | None] = [None] * axes if sizes is None else [whole(size) for size in sizes[-axes:]]
    else:
        space = [
            None if s is None or step is None or pad is None or k is None else (s - 1) * step - 2 * pad + k
            for s, k, step, pad in zip(shape[-axes:], kernel, steps, pads, strict=True)
        ]
    return made((*shape[:-axes], *space), input.dtype, input, indices)


_declare_unpools()


def _declare_fractional() -> None:
    for axes in (2, 3):

        def fractional(
            input: TensorFacts, kernel_size: Any, output_size: Any = None, output_ratio: Any = None,
            return_indices: bool = False, _random_samples: TensorFacts | None = None, *, axes: int = axes,
        ) -> Any:  # fmt: skip
            del kernel_size, _random_samples
            if output_size is None:
                pooled = _scaled(input, output_ratio, axes)
            else:
                pooled = _adaptive(input, output_size, axes, f"fractional_max_pool{axes}d", _largest(input))
            return _with_positions(pooled, return_indices)

        operation(_F + f"fractional_max_pool{axes}d")(fractional)


def _scaled(input: TensorFacts, output_ratio: Any, axes: int) -> TensorFacts:
    shape = _checked(input, axes, f"fractional_max_pool{axes}d")
    ratios = listed(output_ratio) or (output_ratio,) * axes
    if shape is None or len(ratios) != axes:
        return made(None, input.dtype, input)
    space: list[Dim | None] = []
    for size, ratio in zip(shape[-axes:], ratios, strict=True):
        known = value(size)
        space.append(int(known * ratio) if known is not None and isinstance(ratio, int | float) else None)
    return made((*shape[:-axes], *space), input.dtype, input, values=_largest(input))


_declare_fractional()
