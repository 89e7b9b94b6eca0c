"""Comparisons and logic: what gives booleans, and what works on bits."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from snugly.facts import ranges
from snugly.facts.dtypes import FLOATING
from snugly.facts.misfits import Misfit
from snugly.facts.records import replace
from snugly.facts.scalars import Number
from snugly.facts.tensors import TensorFacts, left_out
from snugly.operations.arguments import Scalar, promoted
from snugly.operations.pointwise import combined, operand_values, without_tensors
from snugly.operations.registry import UNKNOWN, operation
from snugly.operations.results import both, in_place, made

if TYPE_CHECKING:
    from collections.abc import Callable

    from snugly.facts.values import ValueFacts

_BITS = {"and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor", "lshift": "lshift", "rshift": "rshift"}


def _compare(first: object, second: object, python: Callable[[Any, Any], Any]) -> Any:
    if without_tensors(first, second):
        try:
            return python(first, second)
        except TypeError:
            return UNKNOWN
    promoted(first, second)  # torch promotes before it compares, and refuses what does not promote
    return combined("bool", ranges.TRUTHS, first, second)


@operation(*both("eq"), "operator.eq", "torch.Tensor.__eq__")
def eq(input: TensorFacts | Scalar, other: TensorFacts | Scalar) -> Any:
    """``input == other``, elementwise."""
    return _compare(input, other, operator.eq)


@operation(*both("ne", "not_equal"), "operator.ne", "torch.Tensor.__ne__")
def ne(input: TensorFacts | Scalar, other: TensorFacts | Scalar) -> Any:
    """``input != other``, elementwise."""
    return _compare(input, other, operator.ne)


@operation(*both("lt", "less"), "operator.lt", "torch.Tensor.__lt__")
def lt(input: TensorFacts | Scalar, other: TensorFacts | Scalar) -> Any:
    """``input < other``, elementwise."""
    return _compare(input, other, operator.lt)


@operation(*both("le", "less_equal"), "operator.le", "torch.Tensor.__le__")
def le(input: TensorFacts | Scalar, other: TensorFacts | Scalar) -> Any:
    """``input <= other``, elementwise."""
    return _compare(input, other, operator.le)


@operation(*both("gt", "greater"), "operator.gt", "torch.Tensor.__gt__")
def gt(input: TensorFacts | Scalar, other: TensorFacts | Scalar) -> Any:
    """``input > other``, elementwise."""
    return _compare(input, other, operator.gt)


@operation(*both("ge", "greater_equal"), "operator.ge", "torch.Tensor.__ge__")
def ge(input: TensorFacts | Scalar, other: TensorFacts | Scalar) -> Any:
    """``input >= other``, elementwise."""
    return _compare(input, other, operator.ge)


@in_place(*(f"torch.Tensor.{name}_" for name in ("eq", "ne", "lt", "le", "gt", "ge")))
def compared(input: TensorFacts, other: TensorFacts | Scalar) -> TensorFacts:
    """A comparison written into the tensor itself, in its own dtype."""
    return combined("bool", ranges.TRUTHS, input, other)


@operation(*both("isclose"))
def isclose(
    input: TensorFacts, other: TensorFacts, rtol: Scalar = 1e-5, atol: Scalar = 1e-8, equal_nan: bool = False
) -> TensorFacts:
    """Nearly equal, elementwise; both must have the same dtype."""
    del rtol, atol, equal_nan
    if input.dtype is not None and other.dtype is not None and input.dtype != other.dtype:
        raise Misfit(f"{input.dtype} did not match {other.dtype}", clause="dtype-mismatch", argument="other")
    return combined("bool", ranges.TRUTHS, input, other)


@operation(*both("isnan", "isinf", "isfinite", "isposinf", "isneginf", "isreal", "signbit"))
def tested(input: TensorFacts) -> TensorFacts:
    """A question about each element."""
    return made(input.shape, "bool", input, values=ranges.TRUTHS, axes=input.axes)


@operation(*both("logical_and", "logical_or", "logical_xor"))
def logical_and(input: TensorFacts, other: TensorFacts) -> TensorFacts:
    """Logic on truth values, elementwise."""
    return combined("bool", ranges.TRUTHS, input, other)


@in_place("torch.Tensor.logical_and_", "torch.Tensor.logical_or_", "torch.Tensor.logical_xor_")
def logical_and_(input: TensorFacts, other: TensorFacts) -> TensorFacts:
    """Logic written into the tensor itself."""
    return combined("bool", ranges.TRUTHS, input, other)


@in_place("torch.Tensor.logical_not_")
@operation(*both("logical_not"))
def logical_not(input: TensorFacts) -> TensorFacts:
    """``not``, elementwise."""
    return made(input.shape, "bool", input, values=ranges.TRUTHS, axes=input.axes)


def _bitwise(first: object, second: object, name: str) -> TensorFacts:
    if without_tensors(first, second):
        return UNKNOWN  # type: ignore[return-value]
    dtype = promoted(first, second)
    if dtype in FLOATING:
        raise _no_kernel(f"{_BITS[name]}_cpu", dtype)
    truths = dtype == "bool"
    return combined(dtype, ranges.TRUTHS if truths else ranges.WHOLE, first, second)


def _no_kernel(kernel: str, dtype: str | None) -> Misfit:
    names = {"float16": "Half", "bfloat16": "BFloat16", "float32": "Float", "float64": "Double"}
    message = f"\"{kernel}\" not implemented for '{names.get(dtype or '', dtype)}'"
    return Misfit(message, clause="no-kernel-for-dtype", raises="NotImplementedError", argument="input", dtype=dtype)


@in_place("torch.Tensor.bitwise_and_", "torch.Tensor.__iand__", "operator.iand")
@operation(*both("bitwise_and"), "operator.and_", "torch.Tensor.__and__", "torch.Tensor.__rand__")
def bitwise_and(input: TensorFacts | Scalar, other: TensorFacts | Scalar) -> TensorFacts:
    """``input & other``."""
    return _bitwise(input, other, "and")


@in_place("torch.Tensor.bitwise_or_", "torch.Tensor.__ior__", "operator.ior")
@operation(*both("bitwise_or"), "operator.or_", "torch.Tensor.__or__", "torch.Tensor.__ror__")
def bitwise_or(input: TensorFacts | Scalar, other: TensorFacts | Scalar) -> TensorFacts:
    """``input | other``."""
    return _bitwise(input, other, "or")


@in_place("torch.Tensor.bitwise_xor_", "torch.Tensor.__ixor__", "operator.ixor")
@operation(*both("bitwise_xor"), "operator.xor", "torch.Tensor.__xor__", "torch.Tensor.__rxor__")
def bitwise_xor(input: TensorFacts | Scalar, other: TensorFacts | Scalar) -> TensorFacts:
    """``input ^ other``."""
    return _bitwise(input, other, "xor")


@in_place("torch.Tensor.bitwise_left_shift_", "operator.ilshift")
@operation(*both("bitwise_left_shift"), "operator.lshift", "torch.Tensor.__lshift__")
def bitwise_left_shift(input: TensorFacts | Scalar, other: TensorFacts | Scalar) -> TensorFacts:
    """``input << other``."""
    return _bitwise(input, other, "lshift")


@in_place("torch.Tensor.bitwise_right_shift_", "operator.irshift")
@operation(*both("bitwise_right_shift"), "operator.rshift", "torch.Tensor.__rshift__")
def bitwise_right_shift(input: TensorFacts | Scalar, other: TensorFacts | Scalar) -> TensorFacts:
    """``input >> other``."""
    return _bitwise(input, other, "rshift")


@in_place("torch.Tensor.bitwise_not_")
@operation(*both("bitwise_not"), "operator.invert", "torch.Tensor.__invert__")
def bitwise_not(input: TensorFacts) -> TensorFacts:
    """``~input``: bits of integers, truth of booleans."""
    if input.dtype in FLOATING:
        message = "~ (operator.invert) is only implemented on integer and Boolean-type tensors"
        raise Misfit(message, clause="no-kernel-for-dtype", raises="TypeError", argument="input", dtype=input.dtype)
    values = ranges.TRUTHS if input.dtype == "bool" else ranges.WHOLE
    return made(input.shape, input.dtype, input, values=values, axes=input.axes)


@operation(*both("equal", "allclose"), "torch.is_same_size")
def equal(
    input: TensorFacts, other: TensorFacts, rtol: Scalar = 1e-5, atol: Scalar = 1e-8, equal_nan: bool = False
) -> object:
    """Whether two tensors are the same: a Python ``bool`` that is not known."""
    del input, other, rtol, atol, equal_nan
    return Number("bool")


@operation("torch.isin")
def isin(
    elements: TensorFacts | Scalar,
    test_elements: TensorFacts | Scalar,
    *,
    assume_unique: bool = False,
    invert: bool = False,
) -> TensorFacts:
    """Which elements are among others: the shape of the first."""
    del assume_unique, invert
    shape = elements.shape if isinstance(elements, TensorFacts) else ()
    return made(shape, "bool", elements, test_elements, values=ranges.TRUTHS)


@operation(*both("where"))
def where(
    condition: TensorFacts, input: TensorFacts | Scalar | None = None, other: TensorFacts | Scalar | None = None
) -> Any:
    """Choose elementwise; with a condition alone, the places where it holds, one index tensor per axis."""
    if input is None and other is None:
        from snugly.operations.searching import nonzero

        return nonzero(condition, as_tuple=True)
    if condition.dtype is not None and condition.dtype not in ("bool", "uint8"):
        name = condition.dtype.capitalize() if condition.dtype not in FLOATING else "Float"
        message = f"where expected condition to be a boolean tensor, but got a tensor with dtype {name}"
        raise Misfit(message, clause="where-condition", argument="condition", dtype=condition.dtype)
    values = ranges.union(remaining(input, condition), remaining(other, condition))
    if values.axis is not None:
        values = ranges.between(*ranges.edges(values))
    return combined(promoted(input, other), values, condition, input, other)


@operation("torch.Tensor.where")
def tensor_where(input: TensorFacts, condition: TensorFacts, other: TensorFacts | Scalar) -> TensorFacts:
    """``input`` where the condition holds, else ``other``."""
    return where(condition, input, other)  # type: ignore[no-any-return]


def remaining(side: Any, condition: TensorFacts) -> ValueFacts:
    """Return what holds of the elements of one side that a condition lets through."""
    values = ranges.part_of(operand_values(side))
    if not values.written or not isinstance(side, TensorFacts):
        return values
    return replace(values, written=values.written - left_out(side, condition))


@in_place("torch.Tensor.masked_fill_")
@operation(*both("masked_fill"))
def masked_fill(input: TensorFacts, mask: TensorFacts, value: TensorFacts | Scalar) -> TensorFacts:
    """``value`` where the mask holds; the dtype stays."""
    if mask.dtype is not None and mask.dtype != "bool":
        name = {"uint8": "Byte"}.get(mask.dtype, mask.dtype)
        message = f"masked_fill only supports boolean masks, but got mask with dtype {name}"
        raise Misfit(message, clause="mask-dtype", argument="mask", dtype=mask.dtype)
    values = ranges.union(remaining(input, mask), remaining(value, mask))
    if values.axis is not None:
        values = ranges.between(*ranges.edges(values))
    return combined(input.dtype, values, input, mask)
