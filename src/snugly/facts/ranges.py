"""Arithmetic on value facts: what is known of ``x / 255``, ``x - 1``, ``clamp(x, 0, 1)`` from what is known of x."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from snugly.facts.dims import Expr, bounds, value
from snugly.facts.dtypes import COMPLEX, INTEGRAL
from snugly.facts.records import replace
from snugly.facts.scalars import Number
from snugly.facts.values import NOTHING_KNOWN, Meaning, ValueFacts

if TYPE_CHECKING:
    from collections.abc import Callable

    from snugly.facts.dims import Dim

_INF = math.inf
MOST_ELEMENTS = 4096
MOST_MEMBERS = 64
SURELY_DRAWN = 32  # draws for each value: one is left out with a probability of exp(-32)
TRUTHS = ValueFacts(low=0, high=1, integral=True, finite=True, meaning=Meaning.MASK)
WHOLE = ValueFacts(integral=True, finite=True)
NON_NEGATIVE = ValueFacts(low=0)
_LIMITS = {
    "bool": (0, 1),
    "uint8": (0, 2**8 - 1),
    "uint16": (0, 2**16 - 1),
    "uint32": (0, 2**32 - 1),
    "uint64": (0, 2**64 - 1),
    "int8": (-(2**7), 2**7 - 1),
    "int16": (-(2**15), 2**15 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
}
_ROUNDED = {"float16": 2**11, "bfloat16": 2**8}  # integers up to here are exact in these dtypes
_SMALL = frozenset({"bool", "uint8", "uint16", "int8", "int16"})  # dtypes whose own range says something


def constant(number: object) -> ValueFacts:
    """Return what is known of a Python number: a constant, a symbolic integer or a ``Number``."""
    if isinstance(number, Expr):
        fixed = value(number)
        if fixed is None:
            low, high = bounds(number)
            return ValueFacts(low=low, high=high, integral=True, finite=True)
        number = fixed
    if isinstance(number, int | float):
        if math.isnan(number):
            return NOTHING_KNOWN
        members = frozenset((number,))
        integral = isinstance(number, int) or number.is_integer()
        return ValueFacts(number, number, integral, members, None, math.isfinite(number), attained=True)
    if isinstance(number, Number):
        whole = True if number.type in ("int", "bool") else None
        if number.type == "bool" and number.low is None:
            return ValueFacts(low=0, high=1, integral=True)
        return ValueFacts(low=number.low, high=number.high, integral=whole)
    return NOTHING_KNOWN


def of_dtype(values: ValueFacts, dtype: str | None) -> ValueFacts:
    """Add what a dtype says by itself: integers are whole, bytes are 0 to 255."""
    if dtype not in _LIMITS:
        return values
    if dtype in _SMALL and (values.low is None or values.high is None):
        low, high = _LIMITS[dtype]
        values = replace(
            values, low=low if values.low is None else values.low, high=high if values.high is None else values.high
        )
    return values if values.integral else replace(values, integral=True, finite=True)


def fitting(values: ValueFacts, dtype: str | None) -> ValueFacts:
    """Drop the facts of a result that may have wrapped around in its integer dtype."""
    if values is NOTHING_KNOWN or dtype not in _LIMITS:
        return values
    low, high = _LIMITS[dtype]
    below, above = edges(values)
    if dtype == "int64" and (below == -_INF or above == _INF):
        return values
    return values if low <= below and above <= high else WHOLE


def edges(values: ValueFacts) -> tuple[float, float]:
    """Return the bounds, infinite where there are none."""
    return -_INF if values.low is None else values.low, _INF if values.high is None else values.high


def between(low: float, high: float, **more: Any) -> ValueFacts:
    """Return facts with these bounds; an infinite or undefined one is none."""
    return ValueFacts(
        low=None if math.isinf(low) or math.isnan(low) else low,
        high=None if math.isinf(high) or math.isnan(high) else high,
        **more,
    )


def mapped(
    values: ValueFacts, function: Callable[[Any], Any], *, rising: bool | None, whole: bool | None
) -> ValueFacts:
    """Return the facts after an elementwise function that is monotone (``rising`` or falling).

    Args:
        values: facts before.
        function: the function on one number; it may raise where it is not defined.
        rising: whether it keeps order (``True``) or reverses it (``False``).
        whole: whether its results are integers in value.
    """
    low, high = edges(values)
    if rising is False:
        low, high = high, low
    try:
        result = between(_at(function, low, low=True), _at(function, high, low=False), integral=whole)
        members = values.members and frozenset(map(function, values.members))
        elements = values.elements and tuple(map(function, values.elements))
        written = frozenset(map(function, values.written))
    except (ValueError, OverflowError, ZeroDivisionError, TypeError):
        return NOTHING_KNOWN
    return replace(
        result, members=members, elements=elements, attained=values.attained, finite=values.finite, written=written
    )


def _at(function: Callable[[Any], Any], edge: float, *, low: bool) -> float:
    if math.isinf(edge):
        try:
            return float(function(edge))
        except (ValueError, OverflowError, ZeroDivisionError):
            return -_INF if low else _INF
    return function(edge)  # type: ignore[no-any-return]


def _product(x: float, y: float) -> float:
    return 0 if x == 0 or y == 0 else x * y


def _single(values: ValueFacts) -> Any:
    return values.low if values.low is not None and values.low == values.high else None


def _both(
    a: ValueFacts, b: ValueFacts, function: Callable[[Any, Any], Any], *, rising: bool | None = None
) -> dict[str, Any]:
    """Return members and elements of a function of two operands, where one is a constant or both are listed.

    Args:
        a: the first operand.
        b: the second.
        function: the function on two numbers.
        rising: whether it keeps the order of ``a`` for any constant (``True``), or for a positive one (``False``).
    """
    more: dict[str, Any] = {"finite": True if a.finite and b.finite else None}
    x, y = _single(a), _single(b)
    if rising is not None and a.most is not None and isinstance(y, int) and (y > 0 or rising):
        more["most"] = function(a.most, y)
    try:
        if y is not None:
            many, one = a, lambda v: function(v, y)
        elif x is not None:
            many, one = b, lambda v: function(x, v)
        else:
            return more
        more["attained"] = many.attained
        more["members"] = many.members and frozenset(map(one, many.members))
        more["elements"] = many.elements and tuple(map(one, many.elements))
        more["written"] = frozenset(map(one, many.written))
    except (ValueError, OverflowError, ZeroDivisionError, TypeError):
        more.pop("members", None)
        more["attained"] = False
    return more


def _whole(a: ValueFacts, b: ValueFacts) -> bool | None:
    return True if a.integral and b.integral else None


def add(a: ValueFacts, b: ValueFacts) -> ValueFacts:
    """Add."""
    if a is NOTHING_KNOWN and b is NOTHING_KNOWN:
        return a
    (a_low, a_high), (b_low, b_high) = edges(a), edges(b)
    meaning = Meaning.LOGITS if Meaning.LOGITS in (a.meaning, b.meaning) and _shifts_logits(a, b) else None
    more = _both(a, b, lambda x, y: x + y, rising=True)
    return between(a_low + b_low, a_high + b_high, integral=_whole(a, b), meaning=meaning, **more)


def _shifts_logits(a: ValueFacts, b: ValueFacts) -> bool:
    return a.meaning is b.meaning or _single(b if a.meaning is Meaning.LOGITS else a) is not None


def negate(a: ValueFacts) -> ValueFacts:
    """Negate."""
    if a is NOTHING_KNOWN:
        return a
    result = mapped(a, lambda x: -x, rising=False, whole=a.integral)
    return replace(result, meaning=Meaning.LOGITS) if a.meaning is Meaning.LOGITS else result


def subtract(a: ValueFacts, b: ValueFacts) -> ValueFacts:
    """Subtract. The difference of two tensors of logits is not said to be logits: it may be normalised."""
    if a is NOTHING_KNOWN and b is NOTHING_KNOWN:
        return a
    (a_low, a_high), (b_low, b_high) = edges(a), edges(b)
    meaning: Meaning | None = a.meaning if a.meaning is Meaning.LOGITS and _single(b) is not None else None
    if _single(a) == 1 and b.meaning is Meaning.BERNOULLI:
        meaning = Meaning.BERNOULLI
    if _single(a) == 1 and b.meaning is Meaning.MASK:
        meaning = Meaning.MASK
    more = _both(a, b, lambda x, y: x - y, rising=True)
    return between(a_low - b_high, a_high - b_low, integral=_whole(a, b), meaning=meaning, **more)


def multiply(a: ValueFacts, b: ValueFacts) -> ValueFacts:
    """Multiply."""
    if a is NOTHING_KNOWN and b is NOTHING_KNOWN:
        return a
    corners = [_product(x, y) for x in edges(a) for y in edges(b)]
    meaning = None
    for logits, factor in ((a, b), (b, a)):
        if logits.meaning is Meaning.LOGITS and _single(factor) not in (None, 0):
            meaning = Meaning.LOGITS
    if a.meaning is Meaning.MASK and b.meaning is Meaning.MASK:
        meaning = Meaning.MASK
    more = _both(a, b, lambda x, y: x * y, rising=False)
    return between(min(corners), max(corners), integral=_whole(a, b), meaning=meaning, **more)


def divide(a: ValueFacts, b: ValueFacts) -> ValueFacts:
    """Divide; nothing is known where the divisor may be zero or change sign."""
    if a is NOTHING_KNOWN and b is NOTHING_KNOWN:
        return a
    b_low, b_high = edges(b)
    if b_low <= 0 <= b_high:
        positive = b_low == 0 and a.low is not None and a.low >= 0
        return NON_NEGATIVE if positive else NOTHING_KNOWN
    corners = [0.0 if x == 0 or math.isinf(y) else x / y for x in edges(a) for y in (b_low, b_high)]
    meaning = a.meaning if a.meaning is Meaning.LOGITS and _single(b) is not None else None
    more = _both(a, b, lambda x, y: x / y)
    return between(min(corners), max(corners), meaning=meaning, **more)


def floor_divide(a: ValueFacts, b: ValueFacts) -> ValueFacts:
    """Divide, rounding down."""
    exact = divide(replace(a, members=None, elements=None), replace(b, members=None, elements=None))
    if exact.low is None and exact.high is None:
        return WHOLE
    low, high = edges(exact)
    more = _both(a, b, lambda x, y: x // y, rising=False)
    return between(_floor(low), _floor(high), integral=True, **more)


def _floor(x: float) -> float:
    return x if math.isinf(x) else math.floor(x)


def remainder(a: ValueFacts, b: ValueFacts) -> ValueFacts:
    """Take the remainder with the sign of the divisor, as Python and ``torch.remainder`` do."""
    b_low, b_high = edges(b)
    if b_low <= 0:
        return WHOLE if _whole(a, b) else NOTHING_KNOWN
    whole = _whole(a, b)
    if a.low is not None and a.high is not None and a.low >= 0 and a.high < b_low:
        return replace(a, integral=whole, meaning=None)
    more = _both(a, b, lambda x, y: x % y)
    more["attained"] = False
    return between(0, b_high - 1 if whole else b_high, integral=whole, **more)


def power(a: ValueFacts, b: ValueFacts) -> ValueFacts:
    """Raise to a constant power."""
    exponent = _single(b)
    if exponent is None:
        return NON_NEGATIVE if a.low is not None and a.low >= 0 else NOTHING_KNOWN
    low, high = edges(a)
    more = _both(a, b, lambda x, y: x**y)
    if low >= 0 and exponent > 0:
        return between(_power(low, exponent), _power(high, exponent), integral=_whole(a, b), **more)
    if isinstance(exponent, int | float) and exponent > 0 and exponent % 2 == 0:
        most = max(abs(low), abs(high))
        least = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
        return between(_power(least, exponent), _power(most, exponent), integral=_whole(a, b), **more)
    return NON_NEGATIVE if low >= 0 else NOTHING_KNOWN


def _power(x: float, exponent: float) -> float:
    try:
        return x if math.isinf(x) else x**exponent
    except OverflowError:
        return _INF


def absolute(a: ValueFacts) -> ValueFacts:
    """Take the absolute value."""
    low, high = edges(a)
    if low >= 0:
        return a if a.low is not None else NON_NEGATIVE
    least = 0.0 if high >= 0 else -high
    members = a.members and frozenset(map(abs, a.members))
    elements = a.elements and tuple(map(abs, a.elements))
    more: dict[str, Any] = {"finite": a.finite, "written": frozenset(map(abs, a.written))}
    return between(least, max(-low, high), integral=a.integral, members=members, elements=elements, **more)


def clamp(a: ValueFacts, low: ValueFacts | None, high: ValueFacts | None) -> ValueFacts:
    """Clamp between two bounds, each of which may be absent."""
    result = a
    if low is not None:
        result = maximum(result, low)
    if high is not None:
        result = minimum(result, high)
    return result


def maximum(a: ValueFacts, b: ValueFacts) -> ValueFacts:
    """Take the larger one, elementwise."""
    (a_low, a_high), (b_low, b_high) = edges(a), edges(b)
    return between(max(a_low, b_low), max(a_high, b_high), integral=_whole(a, b), **_both(a, b, max))


def minimum(a: ValueFacts, b: ValueFacts) -> ValueFacts:
    """Take the smaller one, elementwise."""
    (a_low, a_high), (b_low, b_high) = edges(a), edges(b)
    return between(min(a_low, b_low), min(a_high, b_high), integral=_whole(a, b), **_both(a, b, min))


def union(*parts: ValueFacts) -> ValueFacts:
    """Return what holds for elements that come from any of the parts (``cat``, ``where``, a branch)."""
    first, *others = parts
    if not others:
        return first
    written = frozenset[float]().union(*(part.explicit() for part in parts))
    written = written if len(written) <= MOST_MEMBERS else frozenset()
    if any(part is NOTHING_KNOWN for part in parts):
        return ValueFacts(written=written) if written else NOTHING_KNOWN
    if all(part == first for part in others):
        return first if first.elements is None else replace(first, elements=None, written=written)
    low = min(edges(part)[0] for part in parts)
    high = max(edges(part)[1] for part in parts)
    members: frozenset[float] | None = frozenset()
    for part in parts:
        members = None if members is None or part.members is None else members | part.members
    return between(
        low,
        high,
        integral=True if all(part.integral for part in parts) else None,
        finite=True if all(part.finite for part in parts) else None,
        members=members if members is None or len(members) <= MOST_MEMBERS else None,
        attained=all(part.attained for part in parts),
        meaning=first.meaning if all(part.meaning is first.meaning for part in parts) else None,
        axis=first.axis if all(part.axis == first.axis for part in parts) else None,
        written=written,
    )


def some_of(values: ValueFacts) -> ValueFacts:
    """Return what holds for some of the elements (a maximum, those a mask lets pass): bounds stay, presence does not."""
    if values.attained or values.elements is not None or values.written or values.most is not None:
        return replace(values, attained=False, elements=None, written=frozenset(), most=None)
    return values


def part_of(values: ValueFacts) -> ValueFacts:
    """Return what holds for a part that is taken without looking at the elements, such as a batch or a crop.

    What the program writes is meant to occur there too.
    """
    if values.attained or values.elements is not None or values.most is not None:
        return replace(values, attained=False, elements=None, written=values.explicit(), most=None)
    return values


def surely_drawn(values: ValueFacts, count: Dim | None) -> ValueFacts:
    """Return the facts of ``count`` whole numbers that vary: where they are many, both ends are among them."""
    if not isinstance(count, int) or values.low is None or values.high is None:
        return values
    if count < SURELY_DRAWN * (values.high - values.low + 1):
        return values
    return replace(values, written=frozenset((values.low, values.high)))


def after_writing(old: ValueFacts, new: ValueFacts, kept: frozenset[float]) -> ValueFacts:
    """Return what holds once ``new`` was written over a part of the elements.

    Args:
        old: the facts before; what the tensor was filled with at first is not said to be left.
        new: the facts of what is written.
        kept: which of the values written before are left.
    """
    fresh = new.explicit()
    both = union(some_of(old), some_of(new))
    if not fresh and not kept:
        return replace(both, attained=False)
    return replace(both, attained=False, written=fresh | kept)


def cast(values: ValueFacts, source: str | None, target: str | None) -> ValueFacts:
    """Return the facts after a change of dtype: towards zero for integers, not-zero for ``bool``."""
    if values is NOTHING_KNOWN or source == target or target in COMPLEX:
        return values
    if target is None:
        return NOTHING_KNOWN
    if target == "bool":
        return _as_truths(values)
    if target in INTEGRAL:
        low, high = _LIMITS[target]
        below, above = edges(values)
        if below < low or above > high:
            return WHOLE
        if values.integral:
            return replace(values, elements=values.elements and tuple(map(int, values.elements)))
        return mapped(values, int, rising=True, whole=True)
    if target in _ROUNDED:
        values = _rounded(values, _ROUNDED[target])
    if values.elements is not None and source in _LIMITS:
        return replace(values, elements=tuple(map(float, values.elements)))
    return values


def _rounded(values: ValueFacts, most: int) -> ValueFacts:
    """Keep what rounding to few digits keeps: integers up to ``most`` are exact, and rounding keeps order."""
    low, high = edges(values)
    if values.integral and -most <= low and high <= most:
        return values
    exact = [abs(edge) <= most and float(edge).is_integer() for edge in (low, high)]
    return replace(
        values,
        low=values.low if exact[0] else None,
        high=values.high if exact[1] else None,
        members=None,
        elements=None,
        attained=False,
        written=frozenset(),
        most=None,
    )


def _as_truths(values: ValueFacts) -> ValueFacts:
    low, high = edges(values)
    if low > 0 or high < 0:
        return ValueFacts(low=1, high=1, integral=True, members=frozenset((1,)), meaning=Meaning.MASK)
    elements = values.elements and tuple(bool(x) for x in values.elements)
    return replace(TRUTHS, elements=elements)
