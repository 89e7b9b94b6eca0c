"""``math``: exact on constants, bounds on the rest."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from snugly.facts import dims
from snugly.facts.dims import Expr
from snugly.interpreter.values import Number, Sequence, Unknown, Value
from snugly.library.plain import bounds, compute, number
from snugly.library.registry import constant, function

if TYPE_CHECKING:
    from collections.abc import Callable


_LARGEST_FACTORIAL = 1000
_RISING = [
    "sqrt",
    "exp",
    "expm1",
    "log",
    "log2",
    "log10",
    "log1p",
    "sinh",
    "tanh",
    "atan",
    "asinh",
    "erf",
    "degrees",
    "radians",
    "asin",
    "cbrt",
    "exp2",
]
_BETWEEN: dict[str, tuple[float | None, float | None]] = {
    "sin": (-1, 1),
    "cos": (-1, 1),
    "cosh": (1, None),
    "acos": (0, math.pi),
    "tan": (None, None),
    "erfc": (0, 2),
    "gamma": (None, None),
    "lgamma": (None, None),
    "acosh": (0, None),
    "atanh": (None, None),
    "fabs": (0, None),
}
_OF_TWO: dict[str, tuple[float | None, float | None]] = {
    "atan2": (-math.pi, math.pi),
    "fmod": (None, None),
    "copysign": (None, None),
    "remainder": (None, None),
    "ldexp": (None, None),
    "nextafter": (None, None),
}
_PREDICATES = ("isnan", "isinf", "isfinite")


def _apply(real: Callable[..., Any], argument: float | None) -> float | None:
    if argument is None:
        return None
    try:
        return float(real(argument))
    except (ValueError, OverflowError):
        return None


def _rising(name: str) -> Callable[[Value], Value]:
    real = getattr(math, name)

    def apply(x: Value) -> Value:
        low, high = bounds(x)
        estimate = number("float", _apply(real, low), _apply(real, high))
        return compute(real, x, otherwise=estimate)

    return apply


def _between(name: str, low: float | None, high: float | None) -> Callable[..., Value]:
    real = getattr(math, name)

    def apply(*args: Value) -> Value:
        return compute(real, *args, otherwise=Number("float", low, high))

    return apply


def _predicate(name: str) -> Callable[[Value], Value]:
    real = getattr(math, name)

    def apply(x: Value) -> Value:
        if isinstance(x, Expr):
            return name == "isfinite"
        return compute(real, x, otherwise=Number("bool"))

    return apply


for _name in _RISING:
    function(f"math.{_name}")(_rising(_name))
for _name, _range in {**_BETWEEN, **_OF_TWO}.items():
    function(f"math.{_name}")(_between(_name, *_range))
for _name in _PREDICATES:
    function(f"math.{_name}")(_predicate(_name))
for _name in ("pi", "e", "tau", "inf", "nan"):
    constant(f"math.{_name}", getattr(math, _name))


@function("math.log")
def log(x: Value, base: Value = math.e) -> Value:
    """``log(x[, base])``."""
    if base == math.e:
        low, high = bounds(x)
        return compute(math.log, x, otherwise=number("float", _apply(math.log, low), _apply(math.log, high)))
    return compute(math.log, x, base, otherwise=Number("float"))


def _rounded(real: Callable[[float], int], x: Value) -> Value:
    if isinstance(x, Expr):
        return x
    low, high = (None if bound is None or not math.isfinite(bound) else real(bound) for bound in bounds(x))
    return compute(real, x, otherwise=number("int", low, high))


@function("math.floor")
def floor(x: Value) -> Value:
    """``floor(x)``; a symbolic size stays itself."""
    return _rounded(math.floor, x)


@function("math.ceil")
def ceil(x: Value) -> Value:
    """``ceil(x)``; a symbolic size stays itself."""
    return _rounded(math.ceil, x)


@function("math.trunc")
def trunc(x: Value) -> Value:
    """``trunc(x)``; a symbolic size stays itself."""
    return _rounded(math.trunc, x)


@function("math.prod")
def prod(iterable: Value, *, start: Value = 1) -> Value:
    """``prod(iterable)``: of sizes too, symbolic ones included."""
    items = iterable.items if isinstance(iterable, Sequence) else iterable if isinstance(iterable, tuple) else None
    if items is None:
        return Unknown("math.prod")
    if all(isinstance(item, int | Expr) for item in (*items, start)):
        return dims.product((start, *items))
    return compute(math.prod, iterable, start=start, otherwise=Unknown("math.prod"))


@function("math.factorial")
def factorial(x: Value) -> Value:
    """``factorial(x)``."""
    if isinstance(x, int) and x <= _LARGEST_FACTORIAL:
        return compute(math.factorial, x, otherwise=Unknown("math.factorial"))
    return Number("int", 1)


@function("math.comb")
def comb(n: Value, k: Value) -> Value:
    """``comb(n, k)``."""
    if isinstance(n, int) and n <= _LARGEST_FACTORIAL:
        return compute(math.comb, n, k, otherwise=Number("int", 0))
    return Number("int", 0)


@function("math.perm")
def perm(n: Value, k: Value = None) -> Value:
    """``perm(n, k)``."""
    if isinstance(n, int) and n <= _LARGEST_FACTORIAL:
        return compute(math.perm, n, k, otherwise=Number("int", 0))
    return Number("int", 0)


@function("math.pow")
def power(x: Value, y: Value) -> Value:
    """``pow(x, y)``, always a float."""
    return compute(math.pow, x, y, otherwise=Number("float"))


@function("math.gcd")
def gcd(*integers: Value) -> Value:
    """``gcd(*integers)``."""
    return compute(math.gcd, *integers, otherwise=Number("int", 0))


@function("math.lcm")
def lcm(*integers: Value) -> Value:
    """``lcm(*integers)``."""
    return compute(math.lcm, *integers, otherwise=Number("int", 0))


@function("math.isqrt")
def isqrt(n: Value) -> Value:
    """``isqrt(n)``."""
    low, high = bounds(n)
    least = math.isqrt(int(low)) if low is not None and low >= 0 else 0
    most = math.isqrt(int(high)) if high is not None and high >= 0 else None
    return compute(math.isqrt, n, otherwise=number("int", least, most))


@function("math.hypot")
def hypot(*coordinates: Value) -> Value:
    """``hypot(*coordinates)``."""
    return compute(math.hypot, *coordinates, otherwise=Number("float", 0))


@function("math.fsum")
def fsum(seq: Value) -> Value:
    """``fsum(seq)``."""
    return compute(math.fsum, seq, otherwise=Number("float"))


@function("math.dist")
def dist(p: Value, q: Value) -> Value:
    """``dist(p, q)``."""
    return compute(math.dist, p, q, otherwise=Number("float", 0))


@function("math.isclose")
def isclose(a: Value, b: Value, *, rel_tol: Value = 1e-9, abs_tol: Value = 0.0) -> Value:
    """``isclose(a, b)``."""
    return compute(math.isclose, a, b, rel_tol=rel_tol, abs_tol=abs_tol, otherwise=Number("bool"))


@function("math.modf")
def modf(x: Value) -> Value:
    """``modf(x)``: the fraction and the whole part."""
    return compute(math.modf, x, otherwise=(Number("float", -1, 1), Number("float")))


@function("math.frexp")
def frexp(x: Value) -> Value:
    """``frexp(x)``: mantissa and exponent."""
    return compute(math.frexp, x, otherwise=(Number("float", -1, 1), Number("int")))
