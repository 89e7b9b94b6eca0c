"""Between Python's own values and abstract ones: what is known as a whole can be computed as Python computes it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from snugly.facts import dims
from snugly.facts.dims import Expr
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import DType, Mapping, Number, Sequence, Text, Unknown, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LARGEST = 100_000
"""No more items than this are ever built from known values."""

_ATOMS = (bool, int, float, complex, str, bytes, type(None), type(...))
_CONTAINERS: dict[str, Callable[[list[Any]], Any]] = {
    "list": list,
    "deque": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
}

Bounds = tuple[float | None, float | None]


class NotPlainError(Exception):
    """A value of which not every part is known."""


def is_atom(value: Value) -> bool:
    """Tell whether a value is a known Python constant (a number, a string, ``None`` …)."""
    return isinstance(value, _ATOMS)


def plain(value: Value, limit: int = LARGEST) -> Any:
    """Return the Python value that an abstract value is.

    Raises:
        NotPlainError: some part of it is not known, or it has more than ``limit`` parts.
    """
    if isinstance(value, _ATOMS):
        return value
    if isinstance(value, tuple):
        return tuple(plain(item, limit) for item in value)
    if isinstance(value, Sequence) and value.items is not None and len(value.items) <= limit:
        build = _CONTAINERS.get(value.kind, list)
        try:
            return build([plain(item, limit) for item in value.items])
        except TypeError as error:
            raise NotPlainError from error
    if isinstance(value, Mapping) and not value.open and value.rest is None:
        return {key: plain(item, limit) for key, item in value.entries.items()}
    if isinstance(value, Expr):
        known = dims.value(value)
        if known is not None:
            return known
    if isinstance(value, TensorFacts) and value.shape == () and value.kind == "ndarray" and value.values.elements:
        return value.values.elements[0]
    raise NotPlainError


def lift(value: Any) -> Value:
    """Return the abstract value of a Python value made of constants, lists, tuples, sets and dicts."""
    if isinstance(value, tuple):
        return tuple(lift(item) for item in value)
    if isinstance(value, list | set | frozenset | range):
        items = sorted(value, key=repr) if isinstance(value, set | frozenset) else value
        return Sequence(type(value).__name__, [lift(item) for item in items])
    if isinstance(value, dict):
        return Mapping({key: lift(item) for key, item in value.items()})
    return value if isinstance(value, _ATOMS) else Unknown(type(value).__name__)


def compute(function: Callable[..., Any], *args: Value, otherwise: Value = None, **kwargs: Value) -> Value:
    """Apply a pure, cheap function to values that are all known; ``otherwise`` where they are not or it raises."""
    try:
        return lift(function(*map(plain, args), **{name: plain(value) for name, value in kwargs.items()}))
    except NotPlainError:
        return otherwise
    except Exception:  # noqa: BLE001 - the program would raise here too: nothing follows from it
        return otherwise


def bounds(value: Value) -> Bounds:
    """Return the smallest and the largest number that a value can be, ``None`` where there is no bound."""
    if isinstance(value, bool | int | float):
        return (None, None) if math.isnan(value) else (value, value)
    if isinstance(value, Expr):
        return dims.bounds(value)
    if isinstance(value, Number):
        return (0, 1) if value.type == "bool" and value.low is None else (value.low, value.high)
    if isinstance(value, TensorFacts):
        elements = value.values.elements
        if elements and all(isinstance(x, bool | int | float) for x in elements):
            return min(elements), max(elements)
        return value.values.low, value.values.high
    return None, None


def is_integer(value: Value) -> bool | None:
    """Tell whether a value is a Python or numpy integer (a ``bool`` counts as one)."""
    if isinstance(value, int | Expr):
        return True
    if isinstance(value, Number):
        return value.type != "float"
    if isinstance(value, TensorFacts):
        return None if value.dtype is None else "int" in value.dtype or value.dtype == "bool"
    return None if isinstance(value, Unknown) else False


def number(kind: str, low: float | None, high: float | None) -> Value:
    """Return the number of a kind between two bounds: a constant where they meet."""
    if low is not None and low == high and math.isfinite(low):
        return {"int": int, "float": float, "bool": bool}[kind](low)
    low = None if low is None or not math.isfinite(low) else low
    high = None if high is None or not math.isfinite(high) else high
    return Number(kind, low, high)


def hull(values: Iterable[Value]) -> Bounds:
    """Return bounds that hold for each of the values."""
    low: float | None = math.inf
    high: float | None = -math.inf
    for value in values:
        least, most = bounds(value)
        low = None if low is None or least is None else min(low, least)
        high = None if high is None or most is None else max(high, most)
    if low == math.inf or high == -math.inf:
        return None, None
    return low, high


def text(value: Value) -> str | None:
    """Return a string that is known, or ``None``."""
    return value if isinstance(value, str) else None


def dtype_name(value: Value) -> str | None:
    """Return torch's name of a dtype value, or ``None``."""
    return value.name if isinstance(value, DType) else None


ANY_TEXT = Text()


def counted(machine: Any, number: Value, among: Iterable[Value]) -> Value:
    """Return the smallest of sizes, as of ``min(35, len(x) - i)``, as a size: an author counts what is there."""
    if not isinstance(number, Number) or number.type != "int" or not number.high or number.high < 0:
        return number
    if not any(isinstance(each, Expr) for each in among):
        return number
    return machine.new_symbol("n", max(int(number.low or 0), 0), int(number.high))
