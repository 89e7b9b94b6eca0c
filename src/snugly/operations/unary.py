"""Functions of one element: what they do to dtype and range."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from snugly.facts import ranges
from snugly.facts.dtypes import COMPLEX, INTEGRAL, real_of
from snugly.facts.misfits import Misfit
from snugly.facts.records import replace
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import NOTHING_KNOWN, Meaning, ValueFacts
from snugly.operations.pointwise import floating, operand_values
from snugly.operations.registry import UNKNOWN, operation
from snugly.operations.results import both, in_place, made

if TYPE_CHECKING:
    from collections.abc import Callable

    from snugly.operations.arguments import Scalar

_WHOLE_DTYPES = frozenset((*INTEGRAL, "bool"))
_UNBOUNDED = (
    "acosh",
    "arccosh",
    "asinh",
    "arcsinh",
    "atanh",
    "arctanh",
    "digamma",
    "erfinv",
    "lgamma",
    "logit",
    "log1p",
    "log10",
    "log2",
    "sinh",
    "tan",
    "rsqrt_",
    "angle_",
    "i0",
    "mvlgamma_",
)
_BETWEEN: dict[str, tuple[float, float]] = {
    "sin": (-1, 1),
    "cos": (-1, 1),
    "erf": (-1, 1),
    "erfc": (0, 2),
    "sinc": (-1, 1),
    "atan": (-math.pi / 2, math.pi / 2),
    "arctan": (-math.pi / 2, math.pi / 2),
    "asin": (-math.pi / 2, math.pi / 2),
    "arcsin": (-math.pi / 2, math.pi / 2),
    "acos": (0, math.pi),
    "arccos": (0, math.pi),
    "cosh": (1, math.inf),
    "exp2": (0, math.inf),
    "rsqrt": (0, math.inf),
}


def elementwise(input: TensorFacts, dtype: str | None, values: ValueFacts) -> TensorFacts:
    """Return facts of the same shape with another dtype and other values."""
    return made(input.shape, dtype, input, values=values, axes=input.axes)


@in_place(*(f"torch.Tensor.{name}_" for name in _UNBOUNDED if not name.endswith("_")))
@operation(
    *both(*(name for name in _UNBOUNDED if not name.endswith("_"))),
    *(
        f"torch.special.{name}"
        for name in (
            "digamma",
            "psi",
            "erfinv",
            "gammaln",
            "log1p",
            "logit",
            "i0",
            "i0e",
            "i1",
            "i1e",
            "ndtri",
            "log_ndtr",
            "erfcx",
            "entr",
            "multigammaln",
            "bessel_j0",
            "bessel_j1",
            "bessel_y0",
            "bessel_y1",
            "modified_bessel_i0",
            "modified_bessel_i1",
            "modified_bessel_k0",
            "modified_bessel_k1",
            "scaled_modified_bessel_k0",
            "scaled_modified_bessel_k1",
            "spherical_bessel_j0",
            "airy_ai",
        )
    ),
)
def unbounded(input: TensorFacts, eps: Scalar | None = None) -> TensorFacts:
    """A function in floating point of which the range says nothing (``log1p``, ``tan``, ``lgamma`` …)."""
    del eps
    return elementwise(input, floating(input.dtype), NOTHING_KNOWN)


def _declare_between() -> None:
    """Declare the functions whose results lie between fixed bounds."""
    for name, (low, high) in _BETWEEN.items():

        def bounded(input: TensorFacts, *, low: float = low, high: float = high) -> TensorFacts:
            real = input.dtype not in COMPLEX
            return elementwise(input, floating(input.dtype), ranges.between(low, high) if real else NOTHING_KNOWN)

        special = (f"torch.special.{name}",) if name in ("erf", "erfc", "sinc", "exp2") else ()
        in_place(f"torch.Tensor.{name}_")(operation(*both(name), *special)(bounded))


_declare_between()


def _rising(input: TensorFacts, function: Callable[[Any], Any], low: float, high: float = math.inf) -> TensorFacts:
    """Return the facts after a rising function in floating point whose results lie in ``[low, high]``."""
    values = ranges.between(low, high)
    before = operand_values(input)
    if input.dtype in COMPLEX:
        values = NOTHING_KNOWN
    elif before.low is not None or before.high is not None:
        after = ranges.mapped(before, function, rising=True, whole=None)
        at_least, at_most = ranges.edges(after)
        values = replace(
            after, low=ranges.between(max(low, at_least), 0).low, high=ranges.between(0, min(high, at_most)).high
        )
    return elementwise(input, floating(input.dtype), values)


@in_place("torch.Tensor.exp_")
@operation(*both("exp"))
def exp(input: TensorFacts) -> TensorFacts:
    """``e ** input``; of log-probabilities, probabilities."""
    result = _rising(input, math.exp, 0)
    before = input.values.meaning
    if before is Meaning.LOG_PROBABILITIES:
        return result.with_(values=ValueFacts(0, 1, meaning=Meaning.PROBABILITIES, axis=input.values.axis))
    if before is Meaning.LOG_BERNOULLI:
        return result.with_(values=ValueFacts(0, 1, meaning=Meaning.BERNOULLI))
    return result


@in_place("torch.Tensor.expm1_")
@operation(*both("expm1"), "torch.special.expm1")
def expm1(input: TensorFacts) -> TensorFacts:
    """``e ** input - 1``."""
    return _rising(input, math.expm1, -1)


@in_place("torch.Tensor.log_")
@operation(*both("log"))
def log(input: TensorFacts) -> TensorFacts:
    """The natural logarithm; of probabilities, log-probabilities."""
    dtype = floating(input.dtype)
    values = input.values
    if values.meaning is Meaning.PROBABILITIES:
        return elementwise(input, dtype, ValueFacts(high=0, meaning=Meaning.LOG_PROBABILITIES, axis=values.axis))
    if values.meaning is Meaning.BERNOULLI:
        return elementwise(input, dtype, ValueFacts(high=0, meaning=Meaning.LOG_BERNOULLI))
    if dtype in COMPLEX or (values.low is None and values.high is None):
        return elementwise(input, dtype, NOTHING_KNOWN)
    low, high = ranges.edges(values)
    least = math.log(low) if 0 < low < math.inf else -math.inf
    return elementwise(input, dtype, ranges.between(least, math.log(high) if 0 < high < math.inf else math.inf))


@in_place("torch.Tensor.sqrt_")
@operation(*both("sqrt"))
def sqrt(input: TensorFacts) -> TensorFacts:
    """The square root."""
    return _rising(input, lambda x: math.sqrt(max(x, 0)), 0)


@in_place("torch.Tensor.abs_", "torch.Tensor.absolute_")
@operation(*both("abs", "absolute"), "builtins.abs", "operator.abs", "torch.Tensor.__abs__")
def abs(input: TensorFacts) -> TensorFacts:
    """The absolute value; of complex numbers a real dtype."""
    dtype = real_of(input.dtype) if input.dtype in COMPLEX else input.dtype
    values = ranges.NON_NEGATIVE if input.dtype in COMPLEX else ranges.absolute(operand_values(input))
    return elementwise(input, dtype, ranges.fitting(values, dtype))


@in_place("torch.Tensor.neg_", "torch.Tensor.negative_")
@operation(*both("neg", "negative"), "operator.neg", "torch.Tensor.__neg__")
def neg(input: TensorFacts) -> TensorFacts:
    """``-input``; booleans are refused."""
    if input.dtype == "bool":
        message = (
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask,"
            " use the `~` or `logical_not()` operator instead."
        )
        raise Misfit(message, clause="bool-negation", argument="input")
    return elementwise(input, input.dtype, ranges.fitting(ranges.negate(operand_values(input)), input.dtype))


@operation(*both("positive"), "operator.pos", "torch.Tensor.__pos__")
def positive(input: TensorFacts) -> TensorFacts:
    """``+input``."""
    if input.dtype == "bool":
        raise Misfit("The `+` operator, on a bool tensor is not supported.", clause="bool-negation", argument="input")
    return input.with_(origin=None)


@in_place("torch.Tensor.reciprocal_")
@operation(*both("reciprocal"))
def reciprocal(input: TensorFacts) -> TensorFacts:
    """``1 / input``."""
    values = ranges.divide(ranges.constant(1), operand_values(input))
    return elementwise(input, floating(input.dtype), values)


def _to_whole(input: TensorFacts, function: Callable[[Any], Any]) -> TensorFacts:
    before = operand_values(input)
    if input.dtype in _WHOLE_DTYPES or before.is_integral():
        return elementwise(input, input.dtype, before)
    values = ranges.mapped(before, function, rising=True, whole=True)
    return elementwise(input, input.dtype, replace(values, integral=True))


@in_place("torch.Tensor.floor_")
@operation(*both("floor"))
def floor(input: TensorFacts) -> TensorFacts:
    """The next integer below, in the same dtype."""
    return _to_whole(input, math.floor)


@in_place("torch.Tensor.ceil_")
@operation(*both("ceil"))
def ceil(input: TensorFacts) -> TensorFacts:
    """The next integer above, in the same dtype."""
    return _to_whole(input, math.ceil)


@in_place("torch.Tensor.trunc_", "torch.Tensor.fix_")
@operation(*both("trunc", "fix"))
def trunc(input: TensorFacts) -> TensorFacts:
    """The integer towards zero, in the same dtype."""
    return _to_whole(input, math.trunc)


@in_place("torch.Tensor.round_")
@operation(*both("round"), "torch.special.round")
def round(input: TensorFacts, *, decimals: int = 0) -> TensorFacts:
    """The nearest integer (or decimal), in the same dtype."""
    if decimals == 0:
        return _to_whole(input, _round)
    return elementwise(input, input.dtype, NOTHING_KNOWN)


def _round(x: float) -> float:
    return float(math.floor(x + 0.5)) if x % 1 != 0.5 else float(2 * math.floor((x + 1) / 2))


@in_place("torch.Tensor.frac_")
@operation(*both("frac"))
def frac(input: TensorFacts) -> TensorFacts:
    """What is behind the point."""
    low = 0 if input.values.low is not None and input.values.low >= 0 else -1
    return elementwise(input, input.dtype, ranges.between(low, 1))


@in_place("torch.Tensor.sign_", "torch.Tensor.sgn_")
@operation(*both("sign", "sgn"))
def sign(input: TensorFacts) -> TensorFacts:
    """-1, 0 or 1."""
    values = NOTHING_KNOWN if input.dtype in COMPLEX else ranges.between(-1, 1, integral=True)
    return elementwise(input, input.dtype, values)


@operation(*both("angle"))
def angle(input: TensorFacts) -> TensorFacts:
    """The argument of complex numbers, 0 or pi of real ones."""
    dtype = real_of(input.dtype) if input.dtype in COMPLEX else floating(input.dtype)
    return elementwise(input, dtype, NOTHING_KNOWN)


@operation(*both("real", "imag"), "torch.Tensor.real", "torch.Tensor.imag")
def real(input: TensorFacts) -> TensorFacts:
    """One part of complex numbers."""
    if input.dtype is None:
        return elementwise(input, None, NOTHING_KNOWN)
    return elementwise(input, real_of(input.dtype), NOTHING_KNOWN if input.dtype in COMPLEX else input.values)


@in_place("torch.Tensor.conj_physical_")
@operation(*both("conj", "conj_physical", "resolve_conj", "resolve_neg"))
def conj(input: TensorFacts) -> TensorFacts:
    """The complex conjugate."""
    return input.with_(origin=None, kind="tensor" if input.kind == "parameter" else input.kind)


@in_place("torch.Tensor.deg2rad_", "torch.Tensor.rad2deg_")
@operation(*both("deg2rad", "rad2deg"))
def deg2rad(input: TensorFacts) -> TensorFacts:
    """Degrees and radians into each other."""
    return elementwise(input, floating(input.dtype), NOTHING_KNOWN)


@in_place("torch.Tensor.nan_to_num_")
@operation(*both("nan_to_num"))
def nan_to_num(
    input: TensorFacts, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> TensorFacts:
    """Replace what is not finite."""
    del posinf, neginf
    filled = ranges.constant(0 if nan is None else nan)
    values = ranges.union(ranges.some_of(input.values), filled) if input.dtype not in COMPLEX else NOTHING_KNOWN
    return elementwise(input, input.dtype, replace(values, attained=False, meaning=None, axis=None))


@operation(*both("polygamma", "mvlgamma"), "torch.special.polygamma")
def polygamma(
    input: TensorFacts | int, other: TensorFacts | int | None = None, *, p: int | None = None, n: int | None = None
) -> TensorFacts:
    """Derivatives of the digamma function, and the log-gamma function of several variables."""
    del p, n
    tensor = input if isinstance(input, TensorFacts) else other
    if not isinstance(tensor, TensorFacts):
        return UNKNOWN  # type: ignore[return-value]
    return elementwise(tensor, floating(tensor.dtype), NOTHING_KNOWN)


@operation(*both("frexp"))
def frexp(input: TensorFacts) -> tuple[TensorFacts, TensorFacts]:
    """Mantissa and exponent."""
    return elementwise(input, input.dtype, ranges.between(-1, 1)), elementwise(input, "int32", ranges.WHOLE)
