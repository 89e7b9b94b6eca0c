"""numpy's universal functions and operators: broadcast shapes, numpy's promotion, bounds of the result."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

from snugly.facts import ranges, shapes
from snugly.facts.dims import Expr, value
from snugly.facts.dtypes import INTEGRAL
from snugly.facts.misfits import Misfit
from snugly.facts.records import dataclass, replace
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import NOTHING_KNOWN, ValueFacts
from snugly.interpreter.values import Unknown, Value
from snugly.library.numpy.arrays import as_array, cast, count_of, listed, made
from snugly.library.numpy.promotion import averaged, chosen, floating, python_kind, result_type
from snugly.library.registry import function
from snugly.operations.comparisons import remaining

if TYPE_CHECKING:
    from collections.abc import Callable

    from snugly.facts.tensors import Shape
    from snugly.interpreter.machine import Machine


def _same(dtype: str | None) -> str | None:
    return dtype


def _truth(_: str | None) -> str | None:
    return "bool"


def _rounded(dtype: str | None) -> str | None:
    """Integers stay integers since numpy 2.1 and became floats before."""
    return None if dtype in INTEGRAL or dtype == "bool" else dtype


@dataclass(frozen=True)
class Ufunc:
    """How a universal function of one or two arguments treats dtypes and elements.

    Attributes:
        dtype: the result's dtype by the dtype that the arguments are computed in.
        values: what is known of the result by what is known of the arguments.
        real: the function on Python numbers, for elements that are all known.
    """

    dtype: Callable[[str | None], str | None]
    values: Callable[..., ValueFacts]
    real: Callable[..., Any] | None = None


def _rising(
    real: Callable[[Any], Any], low: float | None = None, high: float | None = None
) -> Callable[..., ValueFacts]:
    def values(a: ValueFacts) -> ValueFacts:
        found = NOTHING_KNOWN if a is NOTHING_KNOWN else ranges.mapped(a, real, rising=True, whole=None)
        return _within(found, low, high)

    return values


def _within(values: ValueFacts, low: float | None, high: float | None) -> ValueFacts:
    if (low is None or values.low is not None) and (high is None or values.high is not None):
        return values
    return replace(
        values,
        low=low if values.low is None else values.low,
        high=high if values.high is None else values.high,
        attained=False,
    )


def _between(low: float | None, high: float | None) -> Callable[..., ValueFacts]:
    return lambda *_: ValueFacts(low, high)


def _whole(real: Callable[[float], float]) -> Callable[[ValueFacts], ValueFacts]:
    return lambda a: replace(ranges.mapped(a, real, rising=True, whole=True), integral=True)


def _truths(*_: ValueFacts) -> ValueFacts:
    return ranges.TRUTHS


def _nothing(*_: ValueFacts) -> ValueFacts:
    return NOTHING_KNOWN


def _square(a: ValueFacts) -> ValueFacts:
    return ranges.power(a, ranges.constant(2))


def _sign(a: ValueFacts) -> ValueFacts:
    low = 0 if a.low is not None and a.low >= 0 else -1
    return ValueFacts(low, 0 if a.high is not None and a.high <= 0 else 1, integral=True)


UNARY: dict[str, Ufunc] = {
    "sqrt": Ufunc(floating, _rising(math.sqrt, low=0), math.sqrt),
    "exp": Ufunc(floating, _rising(math.exp, low=0), math.exp),
    "exp2": Ufunc(floating, _rising(lambda x: 2.0**x, low=0), lambda x: 2.0**x),
    "expm1": Ufunc(floating, _rising(math.expm1, low=-1), math.expm1),
    "log": Ufunc(floating, _rising(math.log), math.log),
    "log2": Ufunc(floating, _rising(math.log2), math.log2),
    "log10": Ufunc(floating, _rising(math.log10), math.log10),
    "log1p": Ufunc(floating, _rising(math.log1p), math.log1p),
    "cbrt": Ufunc(floating, _nothing),
    "sin": Ufunc(floating, _between(-1, 1), math.sin),
    "cos": Ufunc(floating, _between(-1, 1), math.cos),
    "tan": Ufunc(floating, _nothing, math.tan),
    "arcsin": Ufunc(floating, _between(-math.pi / 2, math.pi / 2), math.asin),
    "arccos": Ufunc(floating, _between(0, math.pi), math.acos),
    "arctan": Ufunc(floating, _between(-math.pi / 2, math.pi / 2), math.atan),
    "sinh": Ufunc(floating, _rising(math.sinh), math.sinh),
    "cosh": Ufunc(floating, _between(1, None), math.cosh),
    "tanh": Ufunc(floating, _rising(math.tanh, -1, 1), math.tanh),
    "arcsinh": Ufunc(floating, _nothing),
    "arccosh": Ufunc(floating, _between(0, None)),
    "arctanh": Ufunc(floating, _nothing),
    "deg2rad": Ufunc(floating, _rising(math.radians), math.radians),
    "radians": Ufunc(floating, _rising(math.radians), math.radians),
    "rad2deg": Ufunc(floating, _rising(math.degrees), math.degrees),
    "degrees": Ufunc(floating, _rising(math.degrees), math.degrees),
    "floor": Ufunc(_rounded, _whole(math.floor), lambda x: type(x)(math.floor(x))),
    "ceil": Ufunc(_rounded, _whole(math.ceil), lambda x: type(x)(math.ceil(x))),
    "trunc": Ufunc(_rounded, _whole(math.trunc), lambda x: type(x)(math.trunc(x))),
    "fix": Ufunc(_rounded, _whole(math.trunc), lambda x: type(x)(math.trunc(x))),
    "rint": Ufunc(floating, _whole(round), lambda x: float(round(x))),
    "absolute": Ufunc(_same, ranges.absolute, abs),
    "fabs": Ufunc(floating, ranges.absolute, lambda x: float(abs(x))),
    "negative": Ufunc(_same, ranges.negate, operator.neg),
    "positive": Ufunc(_same, lambda a: a, operator.pos),
    "square": Ufunc(_same, _square, lambda x: x * x),
    "reciprocal": Ufunc(_same, _nothing),
    "sign": Ufunc(_same, _sign, lambda x: type(x)((x > 0) - (x < 0))),
    "logical_not": Ufunc(_truth, _truths, operator.not_),
    "isnan": Ufunc(_truth, _truths, math.isnan),
    "isinf": Ufunc(_truth, _truths, math.isinf),
    "isfinite": Ufunc(_truth, _truths, math.isfinite),
    "signbit": Ufunc(_truth, _truths),
    "invert": Ufunc(_same, lambda a: ranges.TRUTHS if _binary(a) else ranges.WHOLE),
    "conjugate": Ufunc(_same, lambda a: a, lambda x: x),
}
BINARY: dict[str, Ufunc] = {
    "add": Ufunc(_same, ranges.add, operator.add),
    "subtract": Ufunc(_same, ranges.subtract, operator.sub),
    "multiply": Ufunc(_same, ranges.multiply, operator.mul),
    "divide": Ufunc(averaged, ranges.divide, operator.truediv),
    "floor_divide": Ufunc(_same, ranges.floor_divide, operator.floordiv),
    "remainder": Ufunc(_same, ranges.remainder, operator.mod),
    "fmod": Ufunc(_same, _nothing, math.fmod),
    "power": Ufunc(_same, ranges.power, operator.pow),
    "float_power": Ufunc(lambda _: "float64", ranges.power, lambda x, y: float(x) ** float(y)),
    "maximum": Ufunc(_same, ranges.maximum, max),
    "minimum": Ufunc(_same, ranges.minimum, min),
    "fmax": Ufunc(_same, ranges.maximum, max),
    "fmin": Ufunc(_same, ranges.minimum, min),
    "arctan2": Ufunc(floating, _between(-math.pi, math.pi), math.atan2),
    "hypot": Ufunc(floating, _between(0, None), math.hypot),
    "logaddexp": Ufunc(floating, _nothing),
    "copysign": Ufunc(floating, _nothing),
    "equal": Ufunc(_truth, _truths, operator.eq),
    "not_equal": Ufunc(_truth, _truths, operator.ne),
    "less": Ufunc(_truth, _truths, operator.lt),
    "less_equal": Ufunc(_truth, _truths, operator.le),
    "greater": Ufunc(_truth, _truths, operator.gt),
    "greater_equal": Ufunc(_truth, _truths, operator.ge),
    "logical_and": Ufunc(_truth, _truths, lambda x, y: bool(x and y)),
    "logical_or": Ufunc(_truth, _truths, lambda x, y: bool(x or y)),
    "logical_xor": Ufunc(_truth, _truths, lambda x, y: bool(x) != bool(y)),
    "bitwise_and": Ufunc(
        _same, lambda a, b: ranges.TRUTHS if _binary(a) and _binary(b) else ranges.WHOLE, operator.and_
    ),
    "bitwise_or": Ufunc(_same, lambda a, b: ranges.TRUTHS if _binary(a) and _binary(b) else ranges.WHOLE, operator.or_),
    "bitwise_xor": Ufunc(
        _same, lambda a, b: ranges.TRUTHS if _binary(a) and _binary(b) else ranges.WHOLE, operator.xor
    ),
    "left_shift": Ufunc(_same, lambda *_: ranges.WHOLE),
    "right_shift": Ufunc(_same, lambda *_: ranges.WHOLE),
}
_ALIASES = {
    "abs": "absolute", "true_divide": "divide", "mod": "remainder", "conj": "conjugate", "bitwise_not": "invert",
    "bitwise_invert": "invert", "pow": "power", "acos": "arccos", "asin": "arcsin", "atan": "arctan",
    "atan2": "arctan2",
}  # fmt: skip
OPERATORS = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "floordiv": "floor_divide",
    "mod": "remainder", "pow": "power", "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor",
    "lshift": "left_shift", "rshift": "right_shift", "eq": "equal", "ne": "not_equal", "lt": "less",
    "le": "less_equal", "gt": "greater", "ge": "greater_equal", "neg": "negative", "pos": "positive",
    "abs": "absolute", "invert": "invert",
}  # fmt: skip
"""The universal function behind each operator, by the name of its method without underscores."""


def _binary(values: ValueFacts) -> bool:
    return values.low == 0 and values.high == 1


def apply(machine: Machine, name: str, *operands: Value, dtype: Value = None) -> Value:
    """Apply a universal function by its numpy name to arrays, numbers and what becomes an array."""
    table = UNARY if len(operands) == 1 else BINARY
    ufunc = table[_ALIASES.get(name, name)]
    taken = [x if python_kind(x) is not None else as_array(machine, x) for x in operands]
    if any(isinstance(x, TensorFacts) and x.kind != "ndarray" for x in operands):
        return Unknown(f"numpy.{name} of a tensor")
    common = result_type(taken)
    try:
        shape = shapes.broadcast(*(x.shape if isinstance(x, TensorFacts) else () for x in taken))
    except Misfit:
        return Unknown(f"numpy.{name} does not fit")
    computed = _division_by_integers(name, common)
    values = _values(ufunc, taken, shape, computed)
    result = made(shape, computed if ufunc.dtype is _same else ufunc.dtype(computed), values)
    return result if dtype is None else cast(result, chosen(dtype, None))


def _division_by_integers(name: str, dtype: str | None) -> str | None:
    """Arithmetic on truth values is arithmetic on the smallest integers where numpy has no other."""
    if dtype == "bool" and name in ("floor_divide", "remainder", "mod", "power", "pow", "square", "sign"):
        return "int8"
    return dtype


def _values(ufunc: Ufunc, operands: list[Value], shape: Shape | None, dtype: str | None) -> ValueFacts:
    facts = [x.values if isinstance(x, TensorFacts) else ranges.constant(x) for x in operands]
    result_dtype = dtype if ufunc.dtype is _same else ufunc.dtype(dtype)
    exact = _elements(ufunc, operands, shape, result_dtype)
    if exact is not None:
        return ranges.fitting(exact, result_dtype)
    plain = [replace(x, elements=None) if x.elements is not None and x.members is None else x for x in facts]
    found = ranges.fitting(ufunc.values(*plain), result_dtype)
    if found.elements is not None and (count_of(shape) != len(found.elements)):
        found = replace(found, elements=None)
    if result_dtype in INTEGRAL and found.integral is None:
        found = replace(found, integral=True)
    if found.attained and len(operands) > 1 and not _one_varies(operands):
        found = replace(found, attained=False)
    return found


def _one_varies(operands: list[Value]) -> bool:
    return (
        sum(not (isinstance(x, int | float | Expr) or (isinstance(x, TensorFacts) and x.shape == ())) for x in operands)
        < 2
    )


def _elements(ufunc: Ufunc, operands: list[Value], shape: Shape | None, dtype: str | None) -> ValueFacts | None:
    """Compute element by element where every element is known, in double precision as far as the dtype goes."""
    count = count_of(shape)
    if (
        ufunc.real is None
        or count is None
        or shape is None
        or dtype not in ("bool", "int64", "float64", "int32", "float32")
    ):
        return None
    columns: list[list[Any]] = []
    for operand in operands:
        column = _broadcast_elements(operand, shape, count)
        if column is None:
            return None
        columns.append(column)
    try:
        elements = [ufunc.real(*row) for row in zip(*columns, strict=True)]
        to = float if dtype.startswith("float") else bool if dtype == "bool" else int
        if dtype == "float32":
            return replace(listed(map(to, elements)), members=None, attained=False) if elements else None
        return listed(map(to, elements))
    except (ValueError, OverflowError, ZeroDivisionError, TypeError):
        return None


def _broadcast_elements(operand: Value, shape: Shape, count: int) -> list[Any] | None:
    if isinstance(operand, bool | int | float):
        return [operand] * count
    if not isinstance(operand, TensorFacts) or operand.values.elements is None or operand.shape is None:
        return None
    elements = operand.values.elements
    if len(elements) == count:
        return list(elements)
    if len(elements) == 1:
        return list(elements) * count
    sizes = [value(size) for size in shape]
    own = [1] * (len(shape) - len(operand.shape)) + [value(size) or 0 for size in operand.shape]
    positions = [0]
    for size, mine in zip(sizes, own, strict=True):
        positions = [p * mine + (i if mine != 1 else 0) for p in positions for i in range(size or 0)]
    return [elements[p] for p in positions]


def _declare(name: str, arity: int) -> None:
    if arity == 1:

        def unary(
            machine: Machine, x: Value, /, out: Value = None, *, where: Value = True, dtype: Value = None, **_: Value
        ) -> Value:
            return apply(machine, name, x, dtype=dtype)

        function(f"numpy.{name}")(unary)
    else:

        def binary(
            machine: Machine,
            x1: Value,
            x2: Value,
            /,
            out: Value = None,
            *,
            where: Value = True,
            dtype: Value = None,
            **_: Value,
        ) -> Value:
            return apply(machine, name, x1, x2, dtype=dtype)

        function(f"numpy.{name}")(binary)


def _declare_operator(method: str, name: str) -> None:
    def operation(machine: Machine, *operands: Value) -> Value:
        return apply(machine, name, *operands)

    function(f"numpy.ndarray.__{method}__")(operation)


for _name in (*UNARY, *(name for name, target in _ALIASES.items() if target in UNARY)):
    _declare(_name, 1)
for _name in (*BINARY, *(name for name, target in _ALIASES.items() if target in BINARY)):
    _declare(_name, 2)
for _method, _name in OPERATORS.items():
    _declare_operator(_method, _name)


@function("numpy.clip", "numpy.ndarray.clip")
def clip(
    machine: Machine, a: Value, a_min: Value = None, a_max: Value = None, out: Value = None, **options: Value
) -> Value:
    """``clip(a, a_min, a_max)``."""
    low, high = options.get("min", a_min), options.get("max", a_max)
    result: Value = as_array(machine, a)
    if low is not None:
        result = apply(machine, "maximum", result, low)
    return result if high is None or not isinstance(result, TensorFacts) else apply(machine, "minimum", result, high)


@function("numpy.where")
def where(machine: Machine, condition: Value, x: Value = None, y: Value = None, /) -> Value:
    """``where(condition, x, y)``; ``where(condition)`` gives the positions as a tuple."""
    chosen_by = as_array(machine, condition)
    if x is None and y is None:
        return positions(machine, chosen_by)
    sides = [side if python_kind(side) is not None else as_array(machine, side) for side in (x, y)]
    dtype = result_type(sides)
    arrays = [as_array(machine, side) for side in sides]
    try:
        shape = shapes.broadcast(chosen_by.shape, *(array.shape for array in arrays))
    except Misfit:
        return Unknown("numpy.where does not fit")
    arrays = [cast(array, dtype) for array in arrays]
    exact = _chosen_elements(chosen_by, arrays, shape)
    either = ranges.union(*(remaining(array, chosen_by) for array in arrays))
    return made(shape, dtype, exact or replace(ranges.part_of(either), elements=None))


def _chosen_elements(condition: TensorFacts, sides: list[TensorFacts], shape: Shape | None) -> ValueFacts | None:
    count = count_of(shape)
    if shape is None or count is None:
        return None
    truths = _broadcast_elements(condition, shape, count)
    columns = [_broadcast_elements(side, shape, count) for side in sides]
    if truths is None or None in columns:
        return None
    first, second = columns
    return listed(a if truth else b for truth, a, b in zip(truths, first or (), second or (), strict=True))


def positions(machine: Machine, array: TensorFacts) -> Value:
    """Return the tuple of index arrays that ``nonzero`` gives."""
    if array.shape is None:
        return Unknown("numpy.nonzero")
    exact = len(array.shape) == 1 and array.values.elements is not None
    if exact:
        found = [i for i, x in enumerate(array.values.elements or ()) if x]
        return (made((len(found),), "int64", listed(found)),)
    count = machine.new_symbol("K")
    tops = [value(size) for size in array.shape]
    return tuple(
        made((count,), "int64", ValueFacts(0, None if top is None else max(top - 1, 0), integral=True)) for top in tops
    )


@function("numpy.nonzero", "numpy.ndarray.nonzero")
def nonzero(machine: Machine, a: Value) -> Value:
    """``nonzero(a)``."""
    return positions(machine, as_array(machine, a))


@function("numpy.around", "numpy.round", "numpy.ndarray.round", "numpy.round_")
def around(machine: Machine, a: Value, decimals: Value = 0, out: Value = None) -> Value:
    """``round(a, decimals)``."""
    array = as_array(machine, a)
    if decimals == 0:
        return made(array.shape, array.dtype, ranges.mapped(array.values, round, rising=True, whole=True))
    return made(array.shape, array.dtype)


@function("numpy.nan_to_num")
def nan_to_num(machine: Machine, x: Value, copy: Value = True, nan: Value = 0.0, **_: Value) -> Value:
    """``nan_to_num(x)``."""
    array = as_array(machine, x)
    return made(array.shape, array.dtype, replace(NOTHING_KNOWN, finite=True))


@function("numpy.isclose")
def isclose(machine: Machine, a: Value, b: Value, *_: Value, **__: Value) -> Value:
    """``isclose(a, b)``."""
    return apply(machine, "equal", a, b)


@function("numpy.sinc", "numpy.i0")
def sinc(machine: Machine, x: Value) -> Value:
    """``sinc(x)``."""
    array = as_array(machine, x)
    return made(array.shape, averaged(array.dtype))


@function("numpy.heaviside")
def heaviside(machine: Machine, x1: Value, x2: Value) -> Value:
    """``heaviside(x1, x2)``."""
    result = apply(machine, "arctan2", x1, x2)
    return result.with_(values=NOTHING_KNOWN) if isinstance(result, TensorFacts) else result
