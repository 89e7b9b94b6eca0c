"""Reading the arguments of an operation: axes, sizes, dtypes and numbers, any of which may be unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.dims import Dim, Expr, value
from snugly.facts.dtypes import NUMBER_DTYPES, Standing, canonical_dtype, result_type
from snugly.facts.misfits import Misfit
from snugly.facts.scalars import Number
from snugly.facts.shapes import normal_axis
from snugly.facts.tensors import TensorFacts
from snugly.operations.registry import UNKNOWN, UNKNOWN_DEVICE, Repeated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from snugly.facts.tensors import Shape

Scalar = int | float | complex | Expr | Number  # a Python number, known or not
Axes = int | list[int] | tuple[int, ...] | None


def number_dtype(number: object) -> str | None:
    """Return the dtype that a Python number brings into promotion."""
    if isinstance(number, Number):
        return NUMBER_DTYPES.get(number.type)
    if isinstance(number, Expr):
        return "int64"
    return NUMBER_DTYPES.get(type(number).__name__)


def standing(operand: object) -> tuple[str | None, Standing | None]:
    """Return the dtype of an operand and how much it has to say in promotion."""
    if isinstance(operand, TensorFacts):
        shape = operand.shape
        rank = None if shape is None else (Standing.WITH_AXES if shape else Standing.WITHOUT_AXES)
        return operand.dtype, rank
    return number_dtype(operand), Standing.NUMBER


def promoted(*operands: object) -> str | None:
    """Return the dtype that operands (tensors and numbers) are computed in."""
    return result_type([standing(operand) for operand in operands])


def whole(argument: object) -> Dim | None:
    """Return an argument that torch takes as an integer, or ``None`` where its value is not known."""
    if isinstance(argument, bool | int):
        return int(argument)
    if isinstance(argument, Expr):
        return argument
    if (
        isinstance(argument, TensorFacts)
        and argument.values.elements is not None
        and len(argument.values.elements) == 1
    ):
        (element,) = argument.values.elements
        return int(element) if isinstance(element, int) else None
    return None


def integer(argument: object) -> int | None:
    """Return an argument as a plain integer where it can be only one."""
    return value(whole(argument))


def flag(argument: object) -> bool | None:
    """Return an argument as a truth value, ``None`` where it is not known."""
    if isinstance(argument, bool | int | float) or argument is None:
        return bool(argument)
    return None


def axis_of(dim: object, rank: int | None) -> int | None:
    """Return an axis counted from the front; ``None`` where it or the rank is not known."""
    axis = integer(dim)
    return None if axis is None or rank is None else normal_axis(axis, rank)


def axes_of(dim: object, rank: int | None) -> tuple[int, ...] | None:
    """Return one or several axes counted from the front; ``None`` where they are not known."""
    items = dim if isinstance(dim, list | tuple) else (dim,)
    if rank is None:
        return None
    axes: list[int] = []
    for item in items:
        axis = axis_of(item, rank)
        if axis is None:
            return None
        if axis in axes:
            raise Misfit(f"dim {axis} appears multiple times in the list of dims", clause="axis-repeated", axis=axis)
        axes.append(axis)
    return tuple(axes)


def sizes_of(size: Sequence[Any]) -> Shape | None:
    """Return the sizes given as ``f(2, 3)`` or as ``f((2, 3))``; ``None`` where even their number is not known."""
    items: Any = size
    if len(size) == 1 and not isinstance(size[0], int):
        items = size[0]
    if isinstance(items, Repeated):
        length = value(items.length)
        return None if length is None or length > 64 else (whole(items.element),) * length
    if items is UNKNOWN or items is None:
        return None
    if not isinstance(items, list | tuple):
        items = (items,)
    return tuple(whole(item) for item in items)


def listed(items: object) -> tuple[Any, ...] | None:
    """Return a sequence argument as a tuple, ``None`` where its items are not listed."""
    if isinstance(items, list | tuple):
        return tuple(items)
    if isinstance(items, Repeated):
        length = value(items.length)
        return None if length is None or length > 1024 else (items.element,) * length
    return None


def per_axis(argument: object, count: int) -> tuple[Dim | None, ...]:
    """Return a parameter such as a kernel size for each of ``count`` axes: one number stands for all."""
    items = listed(argument)
    if items is None:
        return (whole(argument),) * count
    if len(items) == 1:
        return (whole(items[0]),) * count
    return tuple(whole(item) for item in items) if len(items) == count else (None,) * count


def chosen_dtype(dtype: object, default: str | None) -> str | None:
    """Return the dtype that an argument asks for, or the default where it asks for none."""
    if dtype is None:
        return default
    return canonical_dtype(dtype) if isinstance(dtype, str) else None


def chosen_device(device: object, default: str | None) -> str | None:
    """Return the device that an argument asks for, or the default where it asks for none."""
    if device is None:
        return default
    if isinstance(device, int) and not isinstance(device, bool):
        return f"cuda:{device}"
    return device if isinstance(device, str) and device != UNKNOWN_DEVICE else None
