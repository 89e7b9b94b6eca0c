"""Reading the arguments of library calls: sizes, flags, dtypes and tuples of sizes out of abstract values."""

from __future__ import annotations

from typing import Any

from snugly.facts.dims import Dim, Expr
from snugly.facts.dims import value as only_value
from snugly.facts.dtypes import canonical_dtype
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import DType, LibraryName, Number, Sequence, Value

PYTHON_DTYPES = {"int": "int64", "float": "float64", "bool": "bool", "complex": "complex128"}


def size(value: Value) -> Dim | None:
    """Return a value as a size, or ``None`` when it is not a known integer."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Expr):
        return value
    if isinstance(value, Number) and value.type == "int" and value.low is not None and value.low == value.high:
        return int(value.low)
    return None


def sizes(value: Value, count: int) -> tuple[Dim | None, ...]:
    """Return a size or a sequence of them as ``count`` sizes: one integer stands for all of them."""
    items = known_items(value)
    if items is not None and len(items) == count:
        return tuple(size(item) for item in items)
    return (size(value),) * count


def shape(values: tuple[Value, ...]) -> tuple[Dim | None, ...] | None:
    """Return ``f(2, 3)`` or ``f((2, 3))`` as a shape, ``None`` when even the rank is not known."""
    if len(values) == 1 and not isinstance(values[0], int | Expr | Number):
        items = known_items(values[0])
        return None if items is None else tuple(size(item) for item in items)
    return tuple(size(value) for value in values)


def known_items(value: Value) -> tuple[Value, ...] | None:
    """Return the items of a tuple or of a list whose every item is known."""
    if isinstance(value, tuple):
        return value
    if isinstance(value, Sequence) and value.items is not None:
        return tuple(value.items)
    return None


def integer(value: Value) -> int | None:
    """Return the one integer that a value can be."""
    known = size(value)
    return None if known is None else only_value(known)


def flag(value: Value) -> bool | None:
    """Return the truth of an option, ``None`` when it is not known."""
    if value is None or isinstance(value, bool | int | str):
        return bool(value)
    return None


def dtype_name(value: Value, default: str | None) -> str | None:
    """Return the dtype that an argument names: ``default`` for ``None``, ``None`` when it is not known."""
    if value is None:
        return default
    if isinstance(value, DType):
        return value.name
    if isinstance(value, str):
        return canonical_dtype(value)
    if isinstance(value, LibraryName):
        name = value.path.rpartition(".")[2]
        return PYTHON_DTYPES.get(name) or canonical_dtype(name)
    return None


def device_name(value: Value) -> str | None:
    """Return the device that an argument names."""
    if isinstance(value, str):
        return value
    name = getattr(value, "name", None)
    return name if isinstance(name, str) and not isinstance(value, DType) else None


def tensor(value: Value) -> TensorFacts:
    """Return the facts of a tensor argument; a value that is no tensor has none."""
    return value if isinstance(value, TensorFacts) else TensorFacts()


def bind(names: dict[str, Any], args: tuple[Value, ...], kwargs: dict[str, Value]) -> dict[str, Value]:
    """Bind arguments to parameters that are given in order with their defaults.

    Raises:
        TypeError: too many arguments, or a name that is not a parameter, as a call in Python does.
    """
    if len(args) > len(names):
        msg = f"takes {len(names)} positional arguments but {len(args)} were given"
        raise TypeError(msg)
    bound = dict(zip(names, args, strict=False))
    for name, value in kwargs.items():
        if name not in names or name in bound:
            msg = f"got an unexpected or repeated argument {name!r}"
            raise TypeError(msg)
        bound[name] = value
    bound = {name: bound.get(name, default) for name, default in names.items()}
    missing = [name for name, value in bound.items() if value is REQUIRED]
    if missing:
        msg = f"missing required arguments: {', '.join(missing)}"
        raise TypeError(msg)
    return bound


class _Required:
    """The default of a parameter that has none."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED = _Required()
