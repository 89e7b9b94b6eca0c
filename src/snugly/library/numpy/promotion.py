"""numpy's dtypes: which a function gives, which two arrays and a Python number are computed in.

Source: NEP 50 (numpy 2); ``tests/library/test_numpy_promotion.py`` compares every pair with numpy itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from snugly.facts.dims import Expr
from snugly.facts.dtypes import COMPLEX, FLOATING, INTEGRAL, UNSIGNED
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import DType, LibraryName, Native, Number, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

_BITS = re.compile(r"\d+")
_WEAK = {"bool": 0, "int": 1, "float": 2, "complex": 3}
_PYTHON = {"bool": "bool", "int": "int64", "float": "float64", "complex": "complex128"}
_CHARACTERS = {
    "b": "int8", "B": "uint8", "h": "int16", "H": "uint16", "i": "int32", "I": "uint32", "l": "int64",
    "q": "int64", "L": "uint64", "Q": "uint64", "e": "float16", "f": "float32", "d": "float64", "F": "complex64",
    "D": "complex128", "?": "bool", "i1": "int8", "u1": "uint8", "i2": "int16", "u2": "uint16", "i4": "int32",
    "u4": "uint32", "i8": "int64", "u8": "uint64", "f2": "float16", "f4": "float32", "f8": "float64",
    "c8": "complex64", "c16": "complex128",
}  # fmt: skip
NAMES = {
    "bool_": "bool", "bool": "bool", "int_": "int64", "int": "int64", "intp": "int64", "long": "int64",
    "longlong": "int64", "uint": "uint64", "uintp": "uint64", "intc": "int32", "short": "int16", "byte": "int8",
    "ubyte": "uint8", "ushort": "uint16", "float_": "float64", "float": "float64", "double": "float64",
    "single": "float32", "half": "float16", "csingle": "complex64", "cdouble": "complex128", "complex_": "complex128",
    "complex": "complex128", **{name: name for name in (*INTEGRAL, "float16", "float32", "float64")},
    "complex64": "complex64", "complex128": "complex128",
}  # fmt: skip
_LARGEST_INTEGER = 64
_OTHER = "other"


def dtype_of(argument: Value) -> str | None:
    """Return the dtype that an argument ``dtype=`` names; ``None`` where it is not known or not one of torch's."""
    if isinstance(argument, DType):
        return argument.name
    if isinstance(argument, str):
        name = argument.lstrip("<=>|")
        return NAMES.get(name) or _CHARACTERS.get(name)
    if isinstance(argument, LibraryName):
        return NAMES.get(argument.path.rpartition(".")[2])
    if isinstance(argument, Native):
        return NAMES.get(argument.name.rpartition(".")[2])
    return NAMES.get(argument.__name__) if isinstance(argument, type) else None


def chosen(dtype: Value, default: str | None) -> str | None:
    """Return the dtype that an argument asks for, or the default where it asks for none."""
    return default if dtype is None else dtype_of(dtype)


def bits(dtype: str) -> int:
    """Return the width of a dtype."""
    found = _BITS.search(dtype)
    return int(found[0]) if found else 8


def python_kind(value: Value) -> str | None:
    """Return ``"bool"``, ``"int"``, ``"float"`` or ``"complex"`` for a Python number, known or not."""
    if isinstance(value, Number):
        return value.type
    if isinstance(value, Expr):
        return "int"
    name = type(value).__name__
    return name if name in _WEAK else None


def python_dtype(value: Value) -> str | None:
    """Return the dtype of an array made from a Python number."""
    kind = python_kind(value)
    return None if kind is None else _PYTHON[kind]


def promote(a: str | None, b: str | None) -> str | None:
    """Return the dtype that holds both, as ``numpy.promote_types``."""
    if a is None or b is None or a == b:
        return a if a == b else None
    if "bool" in (a, b):
        return b if a == "bool" else a
    if a in INTEGRAL and b in INTEGRAL:
        return _promote_integers(a, b)
    width = max(_float_bits(a), _float_bits(b))
    if a in COMPLEX or b in COMPLEX:
        return "complex128" if width > 32 else "complex64"
    return f"float{width}"


def _promote_integers(a: str, b: str) -> str:
    if (a in UNSIGNED) == (b in UNSIGNED):
        return a if bits(a) >= bits(b) else b
    signed, unsigned = (b, a) if a in UNSIGNED else (a, b)
    if bits(signed) > bits(unsigned):
        return signed
    return f"int{2 * bits(unsigned)}" if bits(unsigned) < _LARGEST_INTEGER else "float64"


def _float_bits(dtype: str) -> int:
    if dtype in COMPLEX:
        return bits(dtype) // 2
    return bits(dtype) if dtype in FLOATING else min(2 * bits(dtype), 64)


def result_type(operands: Iterable[Value]) -> str | None:
    """Return the dtype that operands are computed in: a Python number only decides the kind, not the width."""
    strong: list[str | None] = []
    weak = -1
    for operand in operands:
        if isinstance(operand, TensorFacts):
            strong.append(operand.dtype)
            continue
        kind = python_kind(operand)
        if kind is None:
            return None
        weak = max(weak, _WEAK[kind])
    if not strong:
        return None if weak < 0 else _PYTHON[next(name for name, rank in _WEAK.items() if rank == weak)]
    result = strong[0]
    for dtype in strong[1:]:
        result = promote(result, dtype)
    if result is None or weak < 1:
        return result
    return _with_weak(result, weak)


def _with_weak(dtype: str, weak: int) -> str:
    rank = 0 if dtype == "bool" else 1 if dtype in INTEGRAL else 2 if dtype in FLOATING else 3
    if rank >= weak:
        return dtype
    if weak == 1:
        return "int64"
    if weak == _WEAK["float"]:
        return "float64"
    return "complex64" if dtype in ("float16", "float32") else "complex128"


def floating(dtype: str | None) -> str | None:
    """Return the dtype of ``sqrt``, ``exp`` …: small integers give small floats."""
    if dtype is None or dtype in FLOATING or dtype in COMPLEX:
        return dtype
    return f"float{_float_bits(dtype)}"


def averaged(dtype: str | None) -> str | None:
    """Return the dtype of ``mean``, ``std``, ``true_divide`` …: any integer gives ``float64``."""
    return "float64" if dtype is not None and (dtype in INTEGRAL or dtype == "bool") else dtype


def summed(dtype: str | None) -> str | None:
    """Return the dtype of ``sum``, ``prod``, ``cumsum``: small integers are widened."""
    if dtype is None or (dtype not in INTEGRAL and dtype != "bool"):
        return dtype
    return "uint64" if dtype in UNSIGNED else "int64"
