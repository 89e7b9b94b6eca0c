"""Sizes: integers, bounded symbols and expressions of them, with a normal form and three-valued comparison.

A ``Dim`` is an ``int`` or an ``Expr``. Expressions are polynomials with integer coefficients over
atoms: symbols, floor quotients and remainders. Equal polynomials are equal objects, so
``(N + 1) * 2 - 2 == 2 * N`` holds structurally; ``same`` answers with bounds and divisibility
where structure cannot.
"""

from __future__ import annotations

import math
from functools import lru_cache, reduce
from typing import TYPE_CHECKING

from snugly.facts.records import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True, order=True)
class Symbol:
    """A size with a name and bounds.

    A symbol whose bounds meet is a size that is known and still has an identity: the batch axis of
    32 rows is not the feature axis of 32 columns.

    Attributes:
        name: how reports show it, such as ``"N"``.
        low: smallest value it can take.
        high: largest value, or ``None`` for no bound.
        each: it is a size of its own for each item of a sequence, as the lengths of the samples in a batch are.
        members: the constants that it is one of, where that is known; two equal symbols may differ in it.
    """

    name: str
    low: int = 0
    high: int | None = None
    each: bool = False
    members: frozenset[int] | None = field(default=None, repr=False, compare=False)

    def bounds(self) -> tuple[int, int | None]:
        """Return the smallest and the largest value."""
        return self.low, self.high

    def __str__(self) -> str:
        """Show the name, or the number when only one is possible."""
        return str(self.low) if self.low == self.high else self.name


@dataclass(frozen=True, slots=True)
class Quotient:
    """``numerator // denominator``, which the normal form could not simplify."""

    numerator: Expr
    denominator: Dim

    def bounds(self) -> tuple[int, int | None]:
        """Return the smallest and the largest value, ``0`` below where nothing better is known."""
        low, high = bounds(self.numerator)
        d_low, d_high = bounds(self.denominator)
        if d_low is None or d_low < 1:
            return (0, high) if low is not None and low >= 0 else (-(10**18), high)
        smallest = -(10**18) if low is None else (low // d_low if low < 0 or d_high is None else low // d_high)
        if low is not None and low >= 0 and d_high is None:
            smallest = 0
        return smallest, None if high is None else high // d_low

    def __str__(self) -> str:
        """Show it as Python would write it."""
        return f"{_factor(self.numerator)}//{_factor(self.denominator)}"


@dataclass(frozen=True, slots=True)
class Remainder:
    """``numerator % denominator``, which the normal form could not simplify."""

    numerator: Expr
    denominator: Dim

    def bounds(self) -> tuple[int, int | None]:
        """Return 0 and one less than the denominator; the sign is that of the denominator."""
        low, high = bounds(self.denominator)
        least = 0 if low is not None and low >= 0 else (-(10**18) if low is None else low + 1)
        return least, None if high is None else max(high - 1, 0)

    def __str__(self) -> str:
        """Show it as Python would write it."""
        return f"{_factor(self.numerator)}%{_factor(self.denominator)}"


Atom = Symbol | Quotient | Remainder
Monomial = tuple[Atom, ...]


class Expr:
    """A polynomial of atoms with integer coefficients; never a plain integer."""

    __slots__ = ("_hash", "terms")

    def __init__(self, terms: tuple[tuple[Monomial, int], ...]) -> None:
        """Use ``symbol`` or arithmetic instead; the terms must be in normal form."""
        self.terms = terms
        self._hash = hash(terms)

    def __hash__(self) -> int:
        """Hash by normal form."""
        return self._hash

    def __eq__(self, other: object) -> bool:
        """Compare by normal form; see ``same`` for what the bounds say."""
        return isinstance(other, Expr) and self._hash == other._hash and self.terms == other.terms

    def __add__(self, other: Dim) -> Dim:
        """Add."""
        return _combine(self, other, 1)

    def __radd__(self, other: Dim) -> Dim:
        """Add."""
        return _combine(self, other, 1)

    def __sub__(self, other: Dim) -> Dim:
        """Subtract."""
        return _combine(self, other, -1)

    def __rsub__(self, other: Dim) -> Dim:
        """Subtract."""
        return _combine(other, self, -1)

    def __mul__(self, other: Dim) -> Dim:
        """Multiply out."""
        return _multiply(self, other)

    def __rmul__(self, other: Dim) -> Dim:
        """Multiply out."""
        return _multiply(self, other)

    def __neg__(self) -> Dim:
        """Negate."""
        return _multiply(self, -1)

    def __floordiv__(self, other: Dim) -> Dim:
        """Divide, rounding down."""
        return _divide(self, other)

    def __rfloordiv__(self, other: Dim) -> Dim:
        """Divide, rounding down."""
        return _divide(other, self)

    def __mod__(self, other: Dim) -> Dim:
        """Take the remainder."""
        return _remainder(self, other)

    def __rmod__(self, other: Dim) -> Dim:
        """Take the remainder."""
        return _remainder(other, self)

    def __str__(self) -> str:
        """Show it as Python would write it, such as ``64*H*W`` or ``N//2 + 1``."""
        fixed = bounds(self)
        if fixed[0] is not None and fixed[0] == fixed[1]:
            return str(fixed[0])
        text = ""
        for monomial, coefficient in sorted(self.terms, key=lambda term: (not term[0], _key(term[0]))):
            sign, size = ("-", -coefficient) if coefficient < 0 else ("+", coefficient)
            parts = [str(atom) for atom in monomial]
            if size != 1 or not parts:
                parts.insert(0, str(size))
            joined = "*".join(parts)
            text += f" {sign} {joined}" if text else (f"-{joined}" if sign == "-" else joined)
        return text

    __repr__ = __str__


Dim = int | Expr


def symbol(name: str, low: int = 0, high: int | None = None, members: frozenset[int] | None = None) -> Expr:
    """Return a new size named ``name`` between ``low`` and ``high``, both included."""
    return Expr((((Symbol(name, low, high, members=members),), 1),))


def bounds(dim: Dim) -> tuple[int | None, int | None]:
    """Return the smallest and the largest value; ``None`` where there is no bound."""
    if isinstance(dim, int):
        return dim, dim
    low: int | None = 0
    high: int | None = 0
    for monomial, coefficient in dim.terms:
        least, most = _monomial_bounds(monomial)
        if coefficient < 0:
            least, most = (
                (None if most is None else coefficient * most),
                (None if least is None else coefficient * least),
            )
        else:
            least, most = (
                (None if least is None else coefficient * least),
                (None if most is None else coefficient * most),
            )
        low = None if low is None or least is None else low + least
        high = None if high is None or most is None else high + most
    return low, high


def value(dim: Dim | None) -> int | None:
    """Return the one integer that ``dim`` can be, or ``None``."""
    if dim is None or isinstance(dim, int):
        return dim
    low, high = bounds(dim)
    return low if low is not None and low == high else None


def same(a: Dim | None, b: Dim | None) -> bool | None:
    """Tell whether two sizes are equal: ``True``, ``False``, or ``None`` when it depends."""
    if a is None or b is None:
        return None
    if isinstance(a, int) and isinstance(b, int):
        return a == b
    return _same(a, b)


@lru_cache(maxsize=16384)
def _same(a: Dim, b: Dim) -> bool | None:
    difference = a - b
    if isinstance(difference, int):
        return difference == 0
    low, high = bounds(difference)
    if low is not None and low == high:
        return low == 0
    if (low is not None and low > 0) or (high is not None and high < 0):
        return False
    constant = 0
    divisor = 0
    for monomial, coefficient in difference.terms:
        if monomial:
            divisor = math.gcd(divisor, coefficient)
        else:
            constant = coefficient
    return False if constant % divisor else None


def less(a: Dim | None, b: Dim | None) -> bool | None:
    """Tell whether ``a < b``: ``True``, ``False``, or ``None`` when it depends."""
    if a is None or b is None:
        return None
    if isinstance(a, int) and isinstance(b, int):
        return a < b
    return _less(a, b)


@lru_cache(maxsize=16384)
def _less(a: Dim, b: Dim) -> bool | None:
    low, high = bounds(a - b)
    if high is not None and high < 0:
        return True
    if low is not None and low >= 0:
        return False
    for monomial, coefficient in _terms(a):
        if coefficient == 1 and len(monomial) == 1 and isinstance(monomial[0], Quotient):
            quotient = monomial[0]
            if isinstance(quotient.denominator, int) and quotient.denominator > 0:
                rest = a - Expr(((monomial, 1),))
                return _less(quotient.numerator, (b - rest) * quotient.denominator)  # as floor(x / d) < y is x < d * y
    return None


def divides(divisor: Dim | None, dim: Dim | None) -> bool | None:
    """Tell whether ``dim`` is a multiple of ``divisor``."""
    if divisor is None or dim is None or same(divisor, 0) is not False:
        return None
    return same(dim % divisor, 0)


def product(dims: Iterable[Dim | None]) -> Dim | None:
    """Multiply sizes; an unknown factor makes the product unknown, a zero makes it zero."""
    result: Dim | None = 1
    for dim in dims:
        if dim == 0:
            return 0
        result = None if result is None or dim is None else result * dim
    return result


def symbols(dim: Dim) -> frozenset[Symbol]:
    """Return the symbols that ``dim`` depends on."""
    if isinstance(dim, int):
        return frozenset()
    found: set[Symbol] = set()
    for monomial, _ in dim.terms:
        for atom in monomial:
            if isinstance(atom, Symbol):
                found.add(atom)
            else:
                found |= symbols(atom.numerator) | symbols(atom.denominator)
    return frozenset(found)


def each_of(name: str, low: int = 0, high: int | None = None) -> Expr:
    """Return a size that differs from item to item of a sequence."""
    return Expr((((Symbol(name, low, high, each=True),), 1),))


def differs(dim: Dim | None) -> bool:
    """Tell whether a size is one for each item of a sequence."""
    return isinstance(dim, Expr) and any(one.each for one in symbols(dim))


def longest(dim: Dim | None) -> Expr | None:
    """Return the largest that a size is among the items of a sequence, ``None`` where that is not a size by itself.

    Asked twice about the same size, it answers with the same. The longest of several has two entries at least.
    """
    if not isinstance(dim, Expr) or not differs(dim):
        return None
    (one, *others) = symbols(dim)
    if others or dim != Expr((((one,), 1),)) or (one.high is not None and one.high < 2):
        return None
    return symbol(f"max({one.name})", max(one.low, 2), one.high)


def substitute(dim: Dim, sizes: Mapping[Symbol, Dim]) -> Dim:
    """Replace symbols by sizes and simplify."""
    if isinstance(dim, int):
        return dim
    total: Dim = 0
    for monomial, coefficient in dim.terms:
        part: Dim = coefficient
        for atom in monomial:
            part = part * _substitute_atom(atom, sizes)
        total = total + part
    return total


def _substitute_atom(atom: Atom, sizes: Mapping[Symbol, Dim]) -> Dim:
    if isinstance(atom, Symbol):
        return sizes.get(atom, Expr((((atom,), 1),)))
    numerator = substitute(atom.numerator, sizes)
    denominator = substitute(atom.denominator, sizes)
    return numerator // denominator if isinstance(atom, Quotient) else numerator % denominator


def _monomial_bounds(monomial: Monomial) -> tuple[int | None, int | None]:
    low: int | None = 1
    high: int | None = 1
    for atom in monomial:
        least, most = atom.bounds()
        if least < 0:
            return None, None
        low = None if low is None else low * least
        high = 0 if most == 0 else (None if high is None or most is None else high * most)
    return low, high


def _terms(dim: Dim) -> tuple[tuple[Monomial, int], ...]:
    if isinstance(dim, Expr):
        return dim.terms
    return (((), dim),) if dim else ()


def _key(monomial: Monomial) -> tuple[str, ...]:
    return tuple(map(_text, monomial))


@lru_cache(maxsize=4096)
def _text(atom: Atom) -> str:
    """Return what atoms are ordered by; a quotient of quotients of sums is long to write."""
    return f"{type(atom).__name__} {atom.name if isinstance(atom, Symbol) else atom}"


def _build(terms: Mapping[Monomial, int]) -> Dim:
    kept = {monomial: coefficient for monomial, coefficient in terms.items() if coefficient}
    if not kept:
        return 0
    if len(kept) == 1 and () in kept:
        return kept[()]
    return Expr(tuple(kept.items() if len(kept) == 1 else sorted(kept.items(), key=lambda term: _key(term[0]))))


def _combine(a: Dim, b: Dim, sign: int) -> Dim:
    terms = dict(_terms(a))
    for monomial, coefficient in _terms(b):
        terms[monomial] = terms.get(monomial, 0) + sign * coefficient
    return _build(terms)


def _multiply(a: Dim, b: Dim) -> Dim:
    terms: dict[Monomial, int] = {}
    for left, x in _terms(a):
        for right, y in _terms(b):
            monomial = tuple(sorted(left + right, key=lambda atom: _key((atom,))))
            terms[monomial] = terms.get(monomial, 0) + x * y
    return _build(terms)


def _divide(a: Dim, b: Dim) -> Dim:
    if isinstance(a, int) and isinstance(b, int):
        return a // b
    if isinstance(b, int):
        return _divide_by_integer(a, b)
    exact = _divide_by_monomial(a, b)
    if exact is not None:
        return exact
    low, high = bounds(a)
    d_low = bounds(b)[0]
    if low is not None and high is not None and d_low is not None and low >= 0 and high < d_low:
        return 0
    numerator = a if isinstance(a, Expr) else Expr((((), a),))
    return Expr((((Quotient(numerator, b),), 1),))


def _divide_by_integer(a: Dim, b: int) -> Dim:
    if b == 0:
        msg = "a size divided by zero"
        raise ZeroDivisionError(msg)
    if b < 0:
        return _divide_by_integer(-a, -b)
    outside: dict[Monomial, int] = {}
    inside: dict[Monomial, int] = {}
    for monomial, coefficient in _terms(a):
        outside[monomial], inside[monomial] = divmod(coefficient, b)
    rest = _build(inside)
    whole = _build(outside)
    if isinstance(rest, int):
        return whole + rest // b
    low, high = bounds(rest)
    if low is not None and high is not None and low // b == high // b:
        return whole + low // b
    if len(rest.terms) == 1:
        ((monomial, coefficient),) = rest.terms
        shared = math.gcd(coefficient, b)
        if shared > 1:
            return whole + _divide_by_integer(_build({monomial: coefficient // shared}), b // shared)
        if len(monomial) == 1 and isinstance(monomial[0], Quotient) and coefficient == 1:
            inner = monomial[0]
            if isinstance(inner.denominator, int):
                return whole + _divide_by_integer(inner.numerator, inner.denominator * b)
    return whole + Expr((((Quotient(rest, b),), 1),))


def _divide_by_monomial(a: Dim, b: Expr) -> Dim | None:
    if a == b:
        return 1
    if len(b.terms) != 1:
        return None
    ((divisor, scale),) = b.terms
    terms: dict[Monomial, int] = {}
    for monomial, coefficient in _terms(a):
        left = list(monomial)
        for atom in divisor:
            if atom not in left:
                return None
            left.remove(atom)
        if coefficient % scale:
            return None
        terms[tuple(left)] = coefficient // scale
    return _build(terms)


def _remainder(a: Dim, b: Dim) -> Dim:
    if isinstance(a, int) and isinstance(b, int):
        return a % b
    if isinstance(b, int) and b > 0:
        rest = _build({monomial: coefficient % b for monomial, coefficient in _terms(a)})
        if isinstance(rest, int):
            return rest % b
        low, high = bounds(rest)
        if low is not None and high is not None and low // b == high // b:
            return rest - b * (low // b)
        return Expr((((Remainder(rest, b),), 1),))
    if isinstance(b, Expr) and _divide_by_monomial(a, b) is not None:
        return 0
    low, high = bounds(a)
    d_low = bounds(b)[0]
    if low is not None and high is not None and d_low is not None and low >= 0 and high < d_low:
        return a
    numerator = a if isinstance(a, Expr) else Expr((((), a),))
    return Expr((((Remainder(numerator, b),), 1),))


def _factor(dim: Dim) -> str:
    text = str(dim)
    return f"({text})" if isinstance(dim, Expr) and " " in text else text


def largest(dims: Iterable[Dim | None]) -> Dim | None:
    """Return the largest of the sizes, or ``None`` where it depends."""

    def larger(a: Dim | None, b: Dim | None) -> Dim | None:
        if same(a, b):
            return a
        below = less(a, b)
        return None if below is None else (b if below else a)

    return reduce(larger, dims)
