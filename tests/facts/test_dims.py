"""Symbolic sizes against plain integers: whatever is said of an expression holds for every substitution."""

import math
import operator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snugly.facts.dims import (
    Expr,
    Symbol,
    bounds,
    divides,
    largest,
    less,
    product,
    same,
    substitute,
    symbol,
    symbols,
    value,
)

NAMES = ("N", "H", "W")
OPERATORS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
}


@st.composite
def known_symbols(draw):
    """Draw symbols with bounds, and a size for each within them."""
    table, sizes = {}, {}
    for name in NAMES:
        low = draw(st.integers(0, 4))
        high = draw(st.one_of(st.none(), st.integers(low, low + 6)))
        table[name] = symbol(name, low, high)
        sizes[Symbol(name, low, high)] = draw(st.integers(low, low + 12 if high is None else high))
    return table, sizes


def recipes():
    """Draw trees of arithmetic over names and small integers."""
    leaves = st.one_of(st.integers(-4, 9), st.sampled_from(NAMES))
    return st.recursive(leaves, lambda part: st.tuples(st.sampled_from(list(OPERATORS)), part, part), max_leaves=6)


def evaluate(recipe, table):
    """Compute a tree with the values of a table; ``None`` where it divides by zero or less."""
    if isinstance(recipe, str):
        return table[recipe]
    if isinstance(recipe, int):
        return recipe
    sign, left, right = recipe
    a, b = evaluate(left, table), evaluate(right, table)
    if a is None or b is None:
        return None
    if sign in ("//", "%"):
        low = bounds(b)[0]
        if low is None or low < 1:
            return None
    return OPERATORS[sign](a, b)


def both(recipe, known):
    """Return the symbolic and the concrete value of a tree."""
    table, sizes = known
    numbers = {name: sizes[next(iter(symbols(dim)))] if symbols(dim) else dim for name, dim in table.items()}
    abstract = evaluate(recipe, table)
    return abstract, None if abstract is None else concrete(recipe, numbers), sizes


def concrete(recipe, numbers):
    if isinstance(recipe, str):
        return numbers[recipe]
    if isinstance(recipe, int):
        return recipe
    sign, left, right = recipe
    return OPERATORS[sign](concrete(left, numbers), concrete(right, numbers))


@settings(max_examples=250, deadline=None, derandomize=True)
@given(recipes(), known_symbols())
def test_the_normal_form_is_the_same_number(recipe, known):
    abstract, number, sizes = both(recipe, known)
    if abstract is not None:
        assert value(substitute(abstract, sizes)) == number


@settings(max_examples=250, deadline=None, derandomize=True)
@given(recipes(), known_symbols())
def test_bounds_hold_for_every_substitution(recipe, known):
    abstract, number, _ = both(recipe, known)
    if abstract is not None:
        low, high = bounds(abstract)
        assert low is None or low <= number
        assert high is None or number <= high
        assert value(abstract) in (None, number)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(recipes(), recipes(), known_symbols())
def test_comparisons_that_are_decided_hold_for_every_substitution(left, right, known):
    a, x, _ = both(left, known)
    b, y, _ = both(right, known)
    if a is None or b is None:
        return
    assert same(a, b) in (None, x == y)
    assert less(a, b) in (None, x < y)
    assert divides(b, a) in (None, y != 0 and x % y == 0)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(recipes(), known_symbols())
def test_an_expression_never_hides_a_plain_integer(recipe, known):
    abstract, _, _ = both(recipe, known)
    if isinstance(abstract, Expr):
        assert abstract.terms
        assert any(monomial for monomial, _ in abstract.terms)
        assert all(coefficient for _, coefficient in abstract.terms)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.lists(recipes(), min_size=1, max_size=4), known_symbols())
def test_products_and_largest_sizes_are_those_of_the_numbers(parts, known):
    pairs = [both(part, known) for part in parts]
    if any(abstract is None for abstract, _, _ in pairs):
        return
    sizes = pairs[0][2]
    whole = product(abstract for abstract, _, _ in pairs)
    assert value(substitute(whole, sizes)) == math.prod(number for _, number, _ in pairs)
    most = largest(abstract for abstract, _, _ in pairs)
    if most is not None:
        assert value(substitute(most, sizes)) == max(number for _, number, _ in pairs)


N, H, W = symbol("N", 1), symbol("H", 1), symbol("W", 1)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((N + 1) * 2 - 2, 2 * N),
        ((64 * H * W) // 64, H * W),
        ((N * H * W) // (H * W), N),
        ((2 * N + 1) // 2, N),
        ((N // 2) // 3, N // 6),
        ((N * 6) % 3, 0),
        ((4 * N + 2) % 2, 0),
        (N - N, 0),
    ],
)
def test_equal_sizes_have_one_form(left, right):
    assert left == right


@pytest.mark.parametrize(
    ("left", "right", "answer"),
    [
        (64 * H * W, 9210, False),
        (64 * H * W, 9216, None),
        (symbol("N", 32, 32), 32, True),
        (symbol("N", 2, 32), 1, False),
        (symbol("N", 1, 32), 1, None),
        (2 * N, 2 * N + 1, False),
        (N + H, N, False),
        (None, 3, None),
    ],
)
def test_comparison_has_three_answers(left, right, answer):
    assert same(left, right) is answer


def test_a_size_is_written_as_python_would_write_it():
    assert str(64 * H * W) == "64*H*W"
    assert str(N // 2 + 1) == "N//2 + 1"
    assert str(symbol("N", 32, 32)) == "32"
    assert str(N - 1) == "N - 1"
