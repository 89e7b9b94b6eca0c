"""Tensors from Python data: ``torch.tensor`` of nested lists, numbers and arrays, and the legacy constructors."""

from __future__ import annotations

from typing import Any

from snugly.facts import ranges
from snugly.facts.dims import Expr, same
from snugly.facts.misfits import Misfit
from snugly.facts.scalars import Number
from snugly.facts.shapes import known_same
from snugly.facts.tensors import Shape, TensorFacts
from snugly.facts.values import NOTHING_KNOWN, ValueFacts
from snugly.operations.arguments import chosen_device, chosen_dtype, flag, number_dtype, sizes_of
from snugly.operations.registry import Repeated, operation

_LEGACY = {
    "Tensor": "float32", "FloatTensor": "float32", "DoubleTensor": "float64", "HalfTensor": "float16",
    "BFloat16Tensor": "bfloat16", "LongTensor": "int64", "IntTensor": "int32", "ShortTensor": "int16",
    "CharTensor": "int8", "ByteTensor": "uint8", "BoolTensor": "bool",
}  # fmt: skip
_ORDER = ("bool", "int64", "float32", "float64", "complex64")


def from_data(data: Any, depth: int = 0) -> TensorFacts:
    """Return the facts of the tensor that torch makes of nested Python data: shape, dtype and elements.

    Raises:
        Misfit: rows of different lengths, or something that is no number.
    """
    if isinstance(data, TensorFacts):
        return data
    if isinstance(data, Repeated):
        return _run(data, depth)
    if isinstance(data, list | tuple):
        return _sequence(list(data), depth)
    if isinstance(data, str):
        message = "too many dimensions 'str'" if depth else "new(): invalid data type 'str'"
        raise Misfit(message, clause="tensor-data", raises="ValueError" if depth else "TypeError", argument="data")
    dtype = number_dtype(data)
    if dtype is None:
        return TensorFacts()
    values = ranges.constant(data)
    if isinstance(data, int | float):
        values = ValueFacts(data, data, values.integral, values.members, (data,), values.finite, attained=True)
    return TensorFacts((), dtype, values=values)


def _run(data: Repeated, depth: int) -> TensorFacts:
    part = from_data(data.element, depth + 1)
    shape = None if part.shape is None else (data.length, *part.shape)
    return TensorFacts(shape, part.dtype, values=ranges.some_of(part.values))


def _sequence(items: list[Any], depth: int) -> TensorFacts:
    if not items:
        return TensorFacts((0,), "float32", values=ValueFacts(elements=()))
    if all(type(item) in (bool, int, float) for item in items):
        return _numbers(items)
    parts = [from_data(item, depth + 1) for item in items]
    shape = parts[0].shape
    for place, part in enumerate(parts):
        shape = _agree(shape, part.shape, depth, place)
    known = None not in [part.dtype for part in parts]
    dtype = max((part.dtype or "" for part in parts), key=_rank) if known else None
    return TensorFacts(None if shape is None else (len(items), *shape), dtype, values=_together(parts))


def _rank(dtype: str) -> int:
    return _ORDER.index(dtype) if dtype in _ORDER else len(_ORDER)


def _numbers(items: list[Any]) -> TensorFacts:
    dtype = "float32" if float in map(type, items) else ("int64" if int in map(type, items) else "bool")
    few = len(items) <= ranges.MOST_ELEMENTS
    finite = all(x == x and abs(x) != float("inf") for x in items)  # noqa: PLR0124 - NaN
    if not finite:
        return TensorFacts((len(items),), dtype)
    whole = all(float(x).is_integer() for x in items)
    distinct = frozenset(items)
    members = distinct if len(distinct) <= ranges.MOST_MEMBERS else None
    values = ValueFacts(min(items), max(items), whole, members, tuple(items) if few else None, True, attained=True)
    return TensorFacts((len(items),), dtype, values=values)


def _agree(shape: Shape | None, other: Shape | None, depth: int, place: int) -> Shape | None:
    if shape is None or other is None:
        return None
    if len(shape) != len(other) or any(same(a, b) is False for a, b in zip(shape, other, strict=True)):
        first = shape[0] if shape else 0
        second = other[0] if other else 0
        message = f"expected sequence of length {first} at dim {depth + 1} (got {second})"
        raise Misfit(message, clause="tensor-data", raises="ValueError", argument="data", place=place)
    return tuple(known_same(a, b) for a, b in zip(shape, other, strict=True))


def _together(parts: list[TensorFacts]) -> ValueFacts:
    values = ranges.union(*[part.values for part in parts])
    lists = [part.values.elements for part in parts]
    if any(elements is None for elements in lists) or sum(len(elements or ()) for elements in lists) > ranges.MOST_ELEMENTS:
        return ranges.some_of(values) if values is not NOTHING_KNOWN else values
    elements = tuple(x for part in lists for x in part or ())
    low, high = (min(elements), max(elements)) if elements else (None, None)
    whole = all(float(x).is_integer() for x in elements)
    return ValueFacts(low, high, whole, values.members, elements, values.finite, attained=bool(elements))


@operation("torch.tensor")
def tensor(
    data: Any, *, dtype: str | None = None, device: str | None = None, requires_grad: bool = False
) -> TensorFacts:
    """A new tensor of Python data or of an array."""
    made = from_data(data)
    target = chosen_dtype(dtype, made.dtype)
    values = ranges.cast(made.values, made.dtype, target)
    place = chosen_device(device, made.device if isinstance(data, TensorFacts) and data.kind != "ndarray" else "cpu")
    return TensorFacts(made.shape, target, place, flag(requires_grad), values, made.axes)


@operation("torch.as_tensor", "torch.asarray")
def as_tensor(data: Any, dtype: str | None = None, device: str | None = None, **options: Any) -> TensorFacts:
    """The same data as a tensor, without a copy where that can be."""
    del options
    made = from_data(data)
    target = chosen_dtype(dtype, made.dtype)
    values = ranges.cast(made.values, made.dtype, target)
    shared = isinstance(data, TensorFacts) and data.kind != "ndarray"
    place = chosen_device(device, made.device if shared else "cpu")
    return TensorFacts(made.shape, target, place, made.requires_grad if shared else False, values, made.axes)


def _legacy(data: tuple[Any, ...], dtype: str, device: str) -> TensorFacts:
    """``torch.LongTensor(...)``: of sizes given one by one, or of data."""
    if not data:
        return TensorFacts((0,), dtype, device, False)
    if all(isinstance(item, int | Expr | Number) for item in data):
        return TensorFacts(sizes_of(data), dtype, device, False)
    made = from_data(data[0])
    if made.dtype is not None and isinstance(data[0], TensorFacts) and made.kind != "ndarray" and made.dtype != dtype:
        return TensorFacts(made.shape, dtype, device, False)
    values = ranges.cast(made.values, made.dtype, dtype)
    return TensorFacts(made.shape, dtype, device, False, values, made.axes)


def _declare_legacy() -> None:
    for name, dtype in _LEGACY.items():
        for owner, device in (("torch", "cpu"), ("torch.cuda", "cuda")):

            def construct(*data: Any, dtype: str = dtype, place: str = device) -> TensorFacts:
                return _legacy(data, dtype, place)

            operation(f"{owner}.{name}")(construct)


_declare_legacy()


@operation("torch.scalar_tensor")
def scalar_tensor(
    s: Any, *, dtype: str | None = None, device: str | None = None, requires_grad: bool = False
) -> TensorFacts:
    """A tensor without axes."""
    values = ranges.constant(s)
    target = chosen_dtype(dtype, "complex64" if isinstance(s, complex) else "float32")
    values = ranges.cast(values, number_dtype(s), target)
    return TensorFacts((), target, chosen_device(device, "cpu"), flag(requires_grad), values)


@operation("torch.Tensor.new_tensor")
def new_tensor(
    input: TensorFacts, data: Any, *, dtype: str | None = None, device: str | None = None, requires_grad: bool = False
) -> TensorFacts:
    """A new tensor of Python data, of the dtype and device of another."""
    made = from_data(data)
    target = chosen_dtype(dtype, input.dtype)
    values = ranges.cast(made.values, made.dtype, target)
    return TensorFacts(made.shape, target, chosen_device(device, input.device), flag(requires_grad), values)

