"""Arithmetic on elements: two operands with broadcasting and dtype promotion, and what it does to their ranges."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from snugly.facts import ranges
from snugly.facts.dims import value
from snugly.facts.dtypes import COMPLEX, INTEGRAL
from snugly.facts.misfits import Misfit
from snugly.facts.shapes import broadcast
from snugly.facts.tensors import UNKNOWN_TENSOR, TensorFacts
from snugly.facts.values import NOTHING_KNOWN, ValueFacts
from snugly.operations.arguments import Scalar, promoted
from snugly.operations.registry import UNKNOWN, operation
from snugly.operations.results import both, broadcast_axes, in_place, made

if TYPE_CHECKING:
    from collections.abc import Callable

    from snugly.facts.tensors import Shape

Values = "Callable[[ValueFacts, ValueFacts], ValueFacts]"
_WHOLE_DTYPES = frozenset((*INTEGRAL, "bool"))


def operand_values(operand: object) -> ValueFacts:
    """Return what is known of the elements of a tensor or of a number."""
    if not isinstance(operand, TensorFacts):
        return ranges.constant(operand)
    if operand.dtype in _WHOLE_DTYPES:
        return ranges.of_dtype(operand.values, operand.dtype)
    return operand.values


def aligned(*operands: object) -> tuple[Shape | None, tuple[str | None, ...] | None]:
    """Return the shape that operands broadcast to, numbers left out, and the labels of its axes."""
    tensors = [x for x in operands if isinstance(x, TensorFacts)]
    if len(tensors) == 1:
        return tensors[0].shape, tensors[0].axes
    if not tensors:
        return (), None
    shape = broadcast(*[x.shape for x in tensors])
    return shape, broadcast_axes(shape, tensors)


def combined(dtype: str | None, values: ValueFacts, *operands: object) -> TensorFacts:
    """Return the facts of an elementwise result."""
    shape, axes = aligned(*operands)
    tensors = [x for x in operands if isinstance(x, TensorFacts)]
    return made(shape, dtype, *tensors, values=ranges.fitting(values, dtype), axes=axes)


def binary(
    first: object, second: object, function: Callable[[ValueFacts, ValueFacts], ValueFacts] | None, dtype: str | None
) -> TensorFacts:
    """Return the facts of an elementwise function of two operands, of which one may be a number."""
    if function is None or (function in _AFFINE and _says_nothing(first, second)):
        return combined(dtype, NOTHING_KNOWN, first, second)
    a, b = operand_values(first), operand_values(second)
    lists = a.elements is not None or b.elements is not None
    values = function(a, b)
    result = combined(dtype, values, first, second)
    if lists and values.elements is not None and not _keeps_order(result, first, second):
        return result.with_(values=ranges.some_of(values))
    return result


_AFFINE = (ranges.add, ranges.subtract, ranges.multiply, ranges.divide)


def _says_nothing(first: object, second: object) -> bool:
    """Tell whether one operand is a tensor of which no element is known and the other a number: the usual case."""
    tensor, other = (first, second) if isinstance(first, TensorFacts) else (second, first)
    unknown = isinstance(tensor, TensorFacts) and tensor.values is NOTHING_KNOWN and tensor.dtype not in _WHOLE_DTYPES
    return unknown and isinstance(other, int | float)


def _keeps_order(result: TensorFacts, first: object, second: object) -> bool:
    """Tell whether elements of a result are still those listed: the shape of the listed operand is the result's."""
    count = value(result.numel)
    return any(
        isinstance(x, TensorFacts)
        and x.values.elements is not None
        and x.shape == result.shape
        and len(x.values.elements) == count == len(result.values.elements or ())
        for x in (first, second)
    )


def floating(dtype: str | None) -> str | None:
    """Return the dtype of a function that turns integers into floats."""
    return "float32" if dtype in _WHOLE_DTYPES else dtype


def _numpy_wide(dtype: str | None, *operands: object) -> str | None:
    """Numpy divides integers in double precision."""
    arrays = any(isinstance(x, TensorFacts) and x.kind == "ndarray" for x in operands)
    return "float64" if arrays and dtype in _WHOLE_DTYPES else floating(dtype)


def _either(first: object, second: object, python: Callable[[Any, Any], Any]) -> Any:
    """Apply a Python operator to two operands that are not tensors; nothing is known unless both are constants."""
    try:
        return python(first, second)
    except TypeError:
        return UNKNOWN


def without_tensors(first: object, second: object) -> bool:
    """Tell whether an operator was given no tensor at all."""
    return not isinstance(first, TensorFacts) and not isinstance(second, TensorFacts)


@in_place("torch.Tensor.add_", "operator.iadd")
@operation(*both("add"), "operator.add", "torch.Tensor.__add__", "torch.Tensor.__radd__")
def add(input: TensorFacts | Scalar, other: TensorFacts | Scalar, *, alpha: Scalar = 1) -> Any:
    """``input + alpha * other``."""
    if without_tensors(input, other):
        return _either(input, other, operator.add)
    values = ranges.add if alpha == 1 else lambda a, b: ranges.add(a, ranges.multiply(b, ranges.constant(alpha)))
    return binary(input, other, values, promoted(input, other))


@in_place("torch.Tensor.sub_", "torch.Tensor.subtract_", "operator.isub")
@operation(*both("sub", "subtract"), "operator.sub", "torch.Tensor.__sub__")
def sub(input: TensorFacts | Scalar, other: TensorFacts | Scalar, *, alpha: Scalar = 1) -> Any:
    """``input - alpha * other``; booleans are refused."""
    if without_tensors(input, other):
        return _either(input, other, operator.sub)
    _refuse_bool(input, other)
    values = (
        ranges.subtract if alpha == 1 else lambda a, b: ranges.subtract(a, ranges.multiply(b, ranges.constant(alpha)))
    )
    return binary(input, other, values, promoted(input, other))


def _refuse_bool(first: object, second: object) -> None:
    dtypes = [x.dtype if isinstance(x, TensorFacts) else type(x).__name__ for x in (first, second)]
    if "bool" not in dtypes:
        return
    if all(dtype == "bool" for dtype in dtypes):
        message = (
            "Subtraction, the `-` operator, with two bool tensors is not supported."
            " Use the `^` or `logical_xor()` operator instead."
        )
    else:
        message = (
            "Subtraction, the `-` operator, with a bool tensor is not supported."
            " If you are trying to invert a mask, use the `~` or `logical_not()` operator instead."
        )
    if not any(isinstance(x, TensorFacts) and x.kind == "ndarray" for x in (first, second)):
        raise Misfit(message, clause="bool-subtraction", argument="input")


@operation("torch.rsub", "torch.Tensor.__rsub__")
def rsub(input: TensorFacts, other: TensorFacts | Scalar, *, alpha: Scalar = 1) -> Any:
    """``other - alpha * input``."""
    return sub(other, input, alpha=alpha)


@in_place("torch.Tensor.mul_", "torch.Tensor.multiply_", "operator.imul")
@operation(*both("mul", "multiply"), "operator.mul", "torch.Tensor.__mul__", "torch.Tensor.__rmul__")
def mul(input: TensorFacts | Scalar, other: TensorFacts | Scalar) -> Any:
    """``input * other``."""
    if without_tensors(input, other):
        return _either(input, other, operator.mul)
    result = binary(input, other, ranges.multiply, promoted(input, other))
    if input is other and result.values.low is None and result.dtype is not None and result.dtype not in COMPLEX:
        return result.with_(values=ranges.NON_NEGATIVE)
    return result


@in_place("torch.Tensor.div_", "torch.Tensor.divide_", "torch.Tensor.true_divide_", "operator.itruediv")
@operation(*both("div", "divide", "true_divide"), "operator.truediv", "torch.Tensor.__truediv__")
def div(input: TensorFacts | Scalar, other: TensorFacts | Scalar, *, rounding_mode: str | None = None) -> Any:
    """``input / other``: true division, which makes floats of integers, unless a rounding mode is given."""
    if without_tensors(input, other):
        return _either(input, other, operator.truediv)
    dtype = promoted(input, other)
    if rounding_mode is None:
        return binary(input, other, ranges.divide, _numpy_wide(dtype, input, other))
    if rounding_mode == "floor":
        return binary(input, other, ranges.floor_divide, dtype)
    return binary(
        input, other, _truncated if rounding_mode == "trunc" else None, dtype if rounding_mode == "trunc" else None
    )


def _truncated(a: ValueFacts, b: ValueFacts) -> ValueFacts:
    positive = a.low is not None and a.low >= 0 and b.low is not None and b.low > 0
    return ranges.floor_divide(a, b) if positive else ranges.WHOLE


@operation("torch.Tensor.__rtruediv__", "torch.Tensor.__rdiv__")
def rdiv(input: TensorFacts, other: TensorFacts | Scalar) -> Any:
    """``other / input``."""
    return div(other, input)


@in_place("torch.Tensor.floor_divide_", "operator.ifloordiv")
@operation(*both("floor_divide"), "operator.floordiv", "torch.Tensor.__floordiv__")
def floor_divide(input: TensorFacts | Scalar, other: TensorFacts | Scalar) -> Any:
    """``input // other``."""
    if without_tensors(input, other):
        return _either(input, other, operator.floordiv)
    return binary(input, other, ranges.floor_divide, promoted(input, other))


@in_place("torch.Tensor.remainder_", "operator.imod")
@operation(*both("remainder"), "operator.mod", "torch.Tensor.__mod__")
def remainder(input: TensorFacts | Scalar, other: TensorFacts | Scalar) -> Any:
    """``input % other``, with the sign of the divisor."""
    if without_tensors(input, other):
        return _either(input, other, operator.mod)
    return binary(input, other, ranges.remainder, promoted(input, other))


@in_place("torch.Tensor.fmod_")
@operation(*both("fmod"))
def fmod(input: TensorFacts, other: TensorFacts | Scalar) -> TensorFacts:
    """The remainder with the sign of the dividend."""
    return binary(input, other, None, promoted(input, other))


@in_place("torch.Tensor.pow_", "operator.ipow")
@operation(*both("pow"), "operator.pow", "torch.Tensor.__pow__")
def pow(input: TensorFacts | Scalar, exponent: TensorFacts | Scalar) -> Any:
    """``input ** exponent``."""
    if without_tensors(input, exponent):
        return _either(input, exponent, operator.pow)
    dtype = promoted(input, exponent)
    if isinstance(exponent, int) and exponent < 0 and dtype in INTEGRAL:
        raise Misfit(
            "Integers to negative integer powers are not allowed.", clause="negative-power", argument="exponent"
        )
    return binary(input, exponent, ranges.power if dtype not in COMPLEX else None, dtype)


@operation("torch.Tensor.__rpow__")
def rpow(input: TensorFacts, other: TensorFacts | Scalar) -> Any:
    """``other ** input``."""
    return pow(other, input)


@in_place("torch.Tensor.square_")
@operation(*both("square"))
def square(input: TensorFacts) -> Any:
    """``input ** 2``."""
    return pow(input, 2)


@in_place("torch.Tensor.float_power_")
@operation(*both("float_power"))
def float_power(input: TensorFacts | Scalar, exponent: TensorFacts | Scalar) -> TensorFacts:
    """The power in double precision."""
    dtype = promoted(input, exponent)
    wide = None if dtype is None else ("complex128" if dtype in COMPLEX else "float64")
    return binary(input, exponent, None, wide)


@operation(*both("maximum", "fmax"))
def maximum(input: TensorFacts, other: TensorFacts) -> TensorFacts:
    """The larger element of two tensors."""
    return binary(input, other, ranges.maximum, promoted(input, other))


@operation(*both("minimum", "fmin"))
def minimum(input: TensorFacts, other: TensorFacts) -> TensorFacts:
    """The smaller element of two tensors."""
    return binary(input, other, ranges.minimum, promoted(input, other))


@in_place(*(f"torch.Tensor.{name}_" for name in ("atan2", "arctan2", "hypot", "copysign", "nextafter", "xlogy")))
@operation(
    *both("atan2", "arctan2", "hypot", "logaddexp", "logaddexp2", "copysign", "nextafter", "xlogy", "ldexp"),
    "torch.special.xlogy",
    "torch.special.xlog1py",
    "torch.special.zeta",
    *(f"torch.special.{name}_polynomial_{kind}" for name in ("chebyshev", "shifted_chebyshev") for kind in "tuvw"),
    *(f"torch.special.{name}_polynomial_{kind}" for name, kind in (("hermite", "h"), ("hermite", "he"))),
    *("torch.special.laguerre_polynomial_l", "torch.special.legendre_polynomial_p"),
)
def floating_binary(input: TensorFacts | Scalar, other: TensorFacts | Scalar) -> TensorFacts:
    """A function of two operands that computes in floating point."""
    return binary(input, other, None, floating(promoted(input, other)))


@in_place(*(f"torch.Tensor.{name}_" for name in ("gcd", "lcm", "heaviside")))
@operation(*both("gcd", "lcm", "heaviside"))
def plain_binary(input: TensorFacts, other: TensorFacts) -> TensorFacts:
    """A function of two tensors that keeps their dtype."""
    return binary(input, other, None, promoted(input, other))


@in_place("torch.Tensor.lerp_")
@operation(*both("lerp"))
def lerp(input: TensorFacts, end: TensorFacts, weight: TensorFacts | Scalar) -> TensorFacts:
    """Linear interpolation; the dtypes of the two ends must be the same."""
    if input.dtype is not None and end.dtype is not None and input.dtype != end.dtype:
        message = f"expected dtype {_cpp(input.dtype)} for `end` but got dtype {_cpp(end.dtype)}"
        raise Misfit(message, clause="dtype-mismatch", argument="end")
    inside = isinstance(weight, int | float) and 0 <= weight <= 1
    values = ranges.union(ranges.some_of(input.values), ranges.some_of(end.values)) if inside else NOTHING_KNOWN
    bounded = ranges.between(*ranges.edges(values))
    return combined(input.dtype, bounded, input, end, weight)


def _cpp(dtype: str) -> str:
    names = {"float32": "float", "float64": "double", "int64": "long int", "int32": "int", "uint8": "unsigned char"}
    return names.get(dtype, dtype)


@in_place("torch.Tensor.addcmul_", "torch.Tensor.addcdiv_")
@operation(*both("addcmul", "addcdiv"))
def addcmul(
    input: TensorFacts,
    tensor1: TensorFacts,
    tensor2: TensorFacts,
    *,
    value: Scalar = 1,
) -> TensorFacts:
    """``input + value * tensor1 * tensor2`` (or with a quotient); ``value`` does not change the dtype."""
    return combined(promoted(input, tensor1, tensor2), NOTHING_KNOWN, input, tensor1, tensor2)


@in_place("torch.Tensor.clamp_", "torch.Tensor.clip_")
@operation(*both("clamp", "clip"))
def clamp(
    input: TensorFacts, min: TensorFacts | Scalar | None = None, max: TensorFacts | Scalar | None = None
) -> TensorFacts:
    """Every element moved into ``[min, max]``; either bound may be absent."""
    if min is None and max is None:
        raise Misfit("torch.clamp: At least one of 'min' or 'max' must not be None", clause="clamp-bounds")
    given = [x for x in (min, max) if x is not None]
    low = None if min is None or min is UNKNOWN_TENSOR else operand_values(min)
    high = None if max is None or max is UNKNOWN_TENSOR else operand_values(max)
    operands = [x for x in given if x is not UNKNOWN_TENSOR]
    values = ranges.clamp(operand_values(input), low, high)
    dtype = promoted(input, *operands) if len(operands) == len(given) or input.dtype not in _WHOLE_DTYPES else None
    shape, _ = aligned(input, *operands)
    if values.elements is not None and shape != input.shape:
        values = ranges.some_of(values)
    return combined(dtype, values, input, *operands)


@in_place("torch.Tensor.clamp_min_")
@operation(*both("clamp_min"))
def clamp_min(input: TensorFacts, min: TensorFacts | Scalar) -> Any:
    """Clamp from below."""
    return clamp(input, min, None)


@in_place("torch.Tensor.clamp_max_")
@operation(*both("clamp_max"))
def clamp_max(input: TensorFacts, max: TensorFacts | Scalar) -> Any:
    """Clamp from above."""
    return clamp(input, None, max)
