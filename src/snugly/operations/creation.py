"""Creating tensors: from sizes, from another tensor, from ranges of numbers, and at random."""

from __future__ import annotations

import math
from typing import Any

from snugly.facts import dims, ranges
from snugly.facts.dims import Dim, Expr, less, value
from snugly.facts.dtypes import COMPLEX, FLOATING, INTEGRAL, SCALAR_TYPES, complex_of
from snugly.facts.misfits import Misfit
from snugly.facts.tensors import Shape, TensorFacts
from snugly.facts.values import NOTHING_KNOWN, Meaning, ValueFacts
from snugly.operations.arguments import (
    Scalar,
    chosen_device,
    chosen_dtype,
    flag,
    number_dtype,
    sizes_of,
    whole,
)
from snugly.operations.pointwise import combined, operand_values
from snugly.operations.registry import UNKNOWN, operation
from snugly.operations.results import both, made

ZERO = ValueFacts(0, 0, True, frozenset((0,)), None, True, attained=True)
ONE = ValueFacts(1, 1, True, frozenset((1,)), None, True, attained=True)
UNIT = ValueFacts(0, 1, finite=True)
NORMAL = ValueFacts(finite=True)


def new(
    shape: Shape | None, dtype: str | None, device: object, requires_grad: object, values: ValueFacts = NOTHING_KNOWN
) -> TensorFacts:
    """Return the facts of a tensor made from nothing, on the CPU unless a device is named."""
    for axis, size in enumerate(shape or ()):
        if less(size, 0):
            message = "zeros: Dimension size must be non-negative."
            raise Misfit(message, clause="negative-size", argument="size", axis=axis, size=size)
    return TensorFacts(shape, dtype, chosen_device(device, "cpu"), flag(requires_grad), values)


@operation("torch.zeros")
def zeros(
    *shape: Any,
    size: Any = None,
    dtype: str | None = None,
    device: str | None = None,
    requires_grad: bool = False,
) -> TensorFacts:
    """Zeros."""
    return new(
        sizes_of(shape if size is None else (size,)), chosen_dtype(dtype, "float32"), device, requires_grad, ZERO
    )


@operation("torch.ones")
def ones(
    *shape: Any,
    size: Any = None,
    dtype: str | None = None,
    device: str | None = None,
    requires_grad: bool = False,
) -> TensorFacts:
    """Ones."""
    return new(sizes_of(shape if size is None else (size,)), chosen_dtype(dtype, "float32"), device, requires_grad, ONE)


@operation("torch.empty")
def empty(
    *shape: Any,
    size: Any = None,
    dtype: str | None = None,
    device: str | None = None,
    requires_grad: bool = False,
) -> TensorFacts:
    """Memory as it is found."""
    return new(sizes_of(shape if size is None else (size,)), chosen_dtype(dtype, "float32"), device, requires_grad)


@operation("torch.randn")
def randn(
    *shape: Any,
    size: Any = None,
    dtype: str | None = None,
    device: str | None = None,
    requires_grad: bool = False,
) -> TensorFacts:
    """Normal random numbers."""
    return new(
        sizes_of(shape if size is None else (size,)), chosen_dtype(dtype, "float32"), device, requires_grad, NORMAL
    )


@operation("torch.rand")
def rand(
    *shape: Any,
    size: Any = None,
    dtype: str | None = None,
    device: str | None = None,
    requires_grad: bool = False,
) -> TensorFacts:
    """Uniform random numbers in [0, 1)."""
    return new(
        sizes_of(shape if size is None else (size,)), chosen_dtype(dtype, "float32"), device, requires_grad, UNIT
    )


@operation("torch.full")
def full(
    size: Any,
    fill_value: Scalar | TensorFacts,
    *,
    dtype: str | None = None,
    device: str | None = None,
    requires_grad: bool = False,
) -> TensorFacts:
    """One number everywhere; the dtype is that of the number."""
    inferred = fill_value.dtype if isinstance(fill_value, TensorFacts) else number_dtype(fill_value)
    values = (
        ranges.some_of(operand_values(fill_value))
        if isinstance(fill_value, TensorFacts)
        else ranges.constant(fill_value)
    )
    target = chosen_dtype(dtype, inferred)
    return new(sizes_of((size,)), target, device, requires_grad, ranges.cast(values, inferred, target))


def _like(
    input: TensorFacts, dtype: object, device: object, requires_grad: object, values: ValueFacts = NOTHING_KNOWN
) -> TensorFacts:
    kind = "ndarray" if input.kind == "ndarray" else "tensor"
    grad = flag(requires_grad)
    return TensorFacts(
        input.shape,
        chosen_dtype(dtype, input.dtype),
        chosen_device(device, input.device),
        grad,
        values,
        input.axes,
        None,
        kind,
    )


@operation("torch.zeros_like")
def zeros_like(
    input: TensorFacts, *, dtype: str | None = None, device: str | None = None, requires_grad: bool = False
) -> TensorFacts:
    """Zeros of the shape, dtype and device of another tensor."""
    return _like(input, dtype, device, requires_grad, ZERO)


@operation("torch.ones_like")
def ones_like(
    input: TensorFacts, *, dtype: str | None = None, device: str | None = None, requires_grad: bool = False
) -> TensorFacts:
    """Ones of the shape, dtype and device of another tensor."""
    return _like(input, dtype, device, requires_grad, ONE)


@operation("torch.empty_like")
def empty_like(
    input: TensorFacts, *, dtype: str | None = None, device: str | None = None, requires_grad: bool = False
) -> TensorFacts:
    """Memory as it is found."""
    return _like(input, dtype, device, requires_grad)


@operation("torch.randn_like")
def randn_like(
    input: TensorFacts, *, dtype: str | None = None, device: str | None = None, requires_grad: bool = False
) -> TensorFacts:
    """Normal random numbers; integers are refused."""
    _refuse_whole(chosen_dtype(dtype, input.dtype), "normal_kernel_cpu")
    return _like(input, dtype, device, requires_grad, NORMAL)


@operation("torch.rand_like")
def rand_like(
    input: TensorFacts, *, dtype: str | None = None, device: str | None = None, requires_grad: bool = False
) -> TensorFacts:
    """Uniform random numbers in [0, 1); integers are refused."""
    _refuse_whole(chosen_dtype(dtype, input.dtype), "check_uniform_bounds")
    return _like(input, dtype, device, requires_grad, UNIT)


def _refuse_whole(dtype: str | None, kernel: str) -> None:
    if dtype is not None and dtype not in FLOATING and dtype not in COMPLEX:
        message = f"\"{kernel}\" not implemented for '{SCALAR_TYPES.get(dtype, dtype)}'"
        raise Misfit(message, clause="no-kernel-for-dtype", raises="NotImplementedError", argument="input", dtype=dtype)


@operation("torch.full_like")
def full_like(
    input: TensorFacts,
    fill_value: Scalar,
    *,
    dtype: str | None = None,
    device: str | None = None,
    requires_grad: bool = False,
) -> TensorFacts:
    """One number everywhere, of the shape, dtype and device of another tensor."""
    target = chosen_dtype(dtype, input.dtype)
    return _like(input, dtype, device, requires_grad, ranges.cast(ranges.constant(fill_value), None, target))


def whole_range(low: object, high: object) -> ValueFacts:
    """Return the facts of random integers from ``low`` up to, but without, ``high``."""
    least, most = ranges.constant(low), ranges.constant(high)
    below = least.low
    above = None if most.high is None else most.high - 1
    if below is not None and above is not None and isinstance(low, int) and isinstance(high, int) and low >= high:
        message = f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
        raise Misfit(message, clause="random-range", argument="high", low=low, high=high)
    meaning = Meaning.CLASS_INDICES if below == 0 else None
    return ValueFacts(below, above, True, finite=True, meaning=meaning)


def drawn(low: object, high: object, shape: Shape | None) -> ValueFacts:
    """Return the facts of random integers, with both ends among them where so many are drawn that none is left out."""
    return ranges.surely_drawn(whole_range(low, high), None if shape is None else dims.product(shape))


@operation("torch.randint")
def randint(
    *bounds: Any,
    low: Any = 0,
    high: Any = None,
    size: Any = None,
    dtype: str | None = None,
    device: str | None = None,
    requires_grad: bool = False,
) -> TensorFacts:
    """Random integers from ``low`` up to, but without, ``high``."""
    given = list(bounds)
    if size is None and given and not isinstance(given[-1], int):
        size = given.pop()
    if len(given) == 2:
        low, high = given
    elif given:
        high = given[0]
    if high is None:
        low, high = 0, low
    shape = None if size is None else sizes_of((size,))
    return new(shape, chosen_dtype(dtype, "int64"), device, requires_grad, drawn(low, high, shape))


@operation("torch.randint_like")
def randint_like(
    input: TensorFacts,
    low: Any = 0,
    high: Any = None,
    *,
    dtype: str | None = None,
    device: str | None = None,
    requires_grad: bool = False,
) -> TensorFacts:
    """Random integers in the shape and dtype of another tensor."""
    if high is None:
        low, high = 0, low
    return _like(input, dtype, device, requires_grad, whole_range(low, high))


@operation("torch.randperm")
def randperm(
    n: Any, *, dtype: str | None = None, device: str | None = None, requires_grad: bool = False
) -> TensorFacts:
    """The integers below ``n`` in random order."""
    count = whole(n)
    most = None if value(count) is None else (value(count) or 0) - 1
    values = ValueFacts(0, most, True, finite=True, attained=most is not None and most >= 0)
    return new((count,), chosen_dtype(dtype, "int64"), device, requires_grad, values)


@operation("torch.arange")
def arange(
    *bounds: Any,
    start: Any = 0,
    end: Any = None,
    step: Any = 1,
    dtype: str | None = None,
    device: str | None = None,
    requires_grad: bool = False,
) -> TensorFacts:
    """The numbers from ``start`` up to, but without, ``end``; integers give int64."""
    if len(bounds) == 1 and end is None:
        (end,) = bounds
    elif bounds:
        start, end, step = (*bounds, *(start, end, step)[len(bounds) :])
    parts = [_number(item) for item in (start, end, step)]
    if dtype in INTEGRAL:
        parts = [int(item) if isinstance(item, float) and math.isfinite(item) else item for item in parts]
    kinds = [number_dtype(item) for item in parts]
    inferred = None if None in kinds else ("float32" if "float32" in kinds else "int64")
    count = _steps(parts[0], parts[1], parts[2])
    values = _arange_values(parts[0], parts[1], parts[2], count)
    return new((count,), chosen_dtype(dtype, inferred), device, requires_grad, values)


def _number(item: Any) -> Any:
    """Return an argument that torch takes as a number; a tensor of one element counts as that."""
    if isinstance(item, TensorFacts):
        elements = item.values.elements
        return elements[0] if elements is not None and len(elements) == 1 else UNKNOWN
    return item


def _steps(start: Any, end: Any, step: Any) -> Dim | None:
    numbers: list[Any] = [value(item) if isinstance(item, Expr) else item for item in (start, end, step)]
    if all(isinstance(item, int | float) for item in numbers):
        first, last, stride = numbers
        if stride == 0:
            raise Misfit("step must be nonzero", clause="arange-step", argument="step")
        if (last - first) * stride < 0:
            message = "upper bound and lower bound inconsistent with step sign"
            raise Misfit(message, clause="arange-bounds", argument="end", start=first, end=last, step=stride)
        if not all(map(math.isfinite, numbers)):
            raise Misfit(f"unsupported range: {first} -> {last}", clause="arange-bounds", argument="end")
        fixed = math.ceil((last - first) / stride)
        plain = step == 1 and start == 0 and isinstance(end, Expr)
        return end if plain else fixed  # type: ignore[no-any-return]
    if isinstance(step, int) and step > 0 and all(isinstance(item, int | Expr) for item in (start, end)):
        return (end - start + step - 1) // step  # type: ignore[no-any-return]
    return None


def _arange_values(start: Any, end: Any, step: Any, count: Dim | None) -> ValueFacts:
    length = value(count)
    if length is not None and all(isinstance(item, int) for item in (start, step)) and length <= ranges.MOST_ELEMENTS:
        elements = tuple(range(start, start + step * length, step)) if length else ()
        low, high = (min(elements), max(elements)) if elements else (None, None)
        return ValueFacts(low, high, True, elements=elements, finite=True, attained=bool(elements))
    whole_numbers = True if all(number_dtype(item) == "int64" for item in (start, step)) else None
    rising = isinstance(step, int | float) and step > 0
    least = ranges.constant(start).low if rising else None
    most = ranges.constant(end).high if rising else None
    if whole_numbers and most is not None and number_dtype(end) == "int64":
        most -= 1
    return ValueFacts(least, most, whole_numbers, finite=True)


@operation("torch.linspace", "torch.logspace")
def linspace(
    start: Any,
    end: Any,
    steps: Any,
    base: float = 10.0,
    *,
    dtype: str | None = None,
    device: str | None = None,
    requires_grad: bool = False,
) -> TensorFacts:
    """Evenly spaced numbers, both ends included."""
    del base
    inferred = "complex64" if isinstance(start, complex) or isinstance(end, complex) else "float32"
    return new((whole(steps),), chosen_dtype(dtype, inferred), device, requires_grad)


@operation("torch.eye")
def eye(
    n: Any,
    m: Any = None,
    *,
    dtype: str | None = None,
    device: str | None = None,
    requires_grad: bool = False,
) -> TensorFacts:
    """The identity matrix: its rows are one-hot."""
    rows = whole(n)
    columns = rows if m is None else whole(m)
    values = ValueFacts(0, 1, True, finite=True, meaning=Meaning.ONE_HOT, axis=1 if m is None else None)
    return new((rows, columns), chosen_dtype(dtype, "float32"), device, requires_grad, values)


@operation("torch.normal")
def normal(
    mean: TensorFacts | Scalar = 0.0,
    std: TensorFacts | Scalar = 1.0,
    size: Any = None,
    *,
    dtype: str | None = None,
    device: str | None = None,
    requires_grad: bool = False,
) -> TensorFacts:
    """Normal random numbers, of a size or of the shape of the means."""
    if size is not None:
        return new(sizes_of((size,)), chosen_dtype(dtype, "float32"), device, requires_grad, NORMAL)
    first = mean if isinstance(mean, TensorFacts) else std
    if not isinstance(first, TensorFacts):
        return new(None, None, device, requires_grad)
    both_tensors = isinstance(mean, TensorFacts) and isinstance(std, TensorFacts)
    shape = first.shape if not both_tensors or mean.shape == std.shape else None  # type: ignore[union-attr]
    return made(shape, first.dtype, mean, std, values=NORMAL).with_(requires_grad=False)


def _new(
    input: TensorFacts, size: tuple[Any, ...], dtype: object, device: object, grad: object, values: ValueFacts
) -> TensorFacts:
    return new(sizes_of(size), chosen_dtype(dtype, input.dtype), None, grad, values).with_(
        device=chosen_device(device, input.device)
    )


@operation("torch.Tensor.new_zeros")
def new_zeros(
    input: TensorFacts,
    *size: Any,
    dtype: str | None = None,
    device: str | None = None,
    requires_grad: bool = False,
) -> TensorFacts:
    """Zeros of a size, of the dtype and device of another tensor."""
    return _new(input, size, dtype, device, requires_grad, ZERO)


@operation("torch.Tensor.new_ones")
def new_ones(
    input: TensorFacts,
    *size: Any,
    dtype: str | None = None,
    device: str | None = None,
    requires_grad: bool = False,
) -> TensorFacts:
    """Ones of a size, of the dtype and device of another tensor."""
    return _new(input, size, dtype, device, requires_grad, ONE)


@operation("torch.Tensor.new_empty", "torch.Tensor.new")
def new_empty(
    input: TensorFacts,
    *size: Any,
    dtype: str | None = None,
    device: str | None = None,
    requires_grad: bool = False,
) -> TensorFacts:
    """Memory as it is found, of the dtype and device of another tensor."""
    return _new(input, size, dtype, device, requires_grad, NOTHING_KNOWN)


@operation("torch.Tensor.new_full")
def new_full(
    input: TensorFacts,
    size: Any,
    fill_value: Scalar,
    *,
    dtype: str | None = None,
    device: str | None = None,
    requires_grad: bool = False,
) -> TensorFacts:
    """One number everywhere, of the dtype and device of another tensor."""
    return _new(input, (size,), dtype, device, requires_grad, ranges.constant(fill_value))


@operation("torch.bernoulli", "torch.Tensor.bernoulli")
def bernoulli(input: TensorFacts, p: float | None = None) -> TensorFacts:
    """Zeros and ones, of the shape and dtype of the probabilities."""
    del p
    return made(input.shape, input.dtype, input, values=ranges.TRUTHS, axes=input.axes).with_(requires_grad=False)


@operation("torch.poisson")
def poisson(input: TensorFacts) -> TensorFacts:
    """Counts, of the shape and dtype of the rates."""
    return made(input.shape, input.dtype, input, values=ValueFacts(low=0, integral=True), axes=input.axes)


@operation(*both("multinomial"))
def multinomial(input: TensorFacts, num_samples: int, replacement: bool = False) -> TensorFacts:
    """Indices drawn from each row of weights."""
    if input.rank is not None and input.rank not in (1, 2):
        raise Misfit("prob_dist must be 1 or 2 dim", clause="rank", argument="input", shape=input.shape)
    if input.dtype is not None and input.dtype not in FLOATING:
        message = "multinomial only supports floating-point dtypes for input, got: Long"
        raise Misfit(message, clause="dtype", argument="input", dtype=input.dtype)
    count, classes = whole(num_samples), input.size(-1)
    if flag(replacement) is False and less(classes, count):
        message = "cannot sample n_sample > prob_dist.size(-1) samples without replacement"
        raise Misfit(message, clause="multinomial-count", argument="num_samples", count=count, classes=classes)
    fixed = value(classes)
    values = ValueFacts(0, None if fixed is None else fixed - 1, True, finite=True, meaning=Meaning.CLASS_INDICES)
    shape = None if input.shape is None else (*input.shape[:-1], count)
    values = ranges.surely_drawn(values, None if shape is None else dims.product(shape))
    axes = None if input.axes is None else (*input.axes[:-1], None)
    return made(shape, "int64", input, values=values, axes=axes)


@operation("torch.complex", "torch.polar")
def complex_(real: TensorFacts, imag: TensorFacts) -> TensorFacts:
    """Complex numbers of two real parts."""
    return combined(None if real.dtype is None else complex_of(real.dtype), NOTHING_KNOWN, real, imag)
