"""torch's dtypes and their promotion.

Source: ``torch.promote_types`` and ``torch.result_type`` of torch 2.13, compared in ``tests/agreement``.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from snugly.facts.misfits import Misfit

if TYPE_CHECKING:
    from collections.abc import Iterable

UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
INTEGRAL = ("uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64")
FLOATING = ("float16", "bfloat16", "float32", "float64")
FLOAT8 = ("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu")
COMPLEX = ("complex32", "complex64", "complex128")
DTYPES = ("bool", *INTEGRAL, *FLOATING, *FLOAT8, *COMPLEX)
ALIASES = {
    "half": "float16",
    "float": "float32",
    "double": "float64",
    "short": "int16",
    "int": "int32",
    "long": "int64",
    "chalf": "complex32",
    "cfloat": "complex64",
    "cdouble": "complex128",
}
# The names that ATen uses in its messages.
SCALAR_TYPES = {
    "bool": "Bool",
    "uint8": "Byte",
    "int8": "Char",
    "int16": "Short",
    "int32": "Int",
    "int64": "Long",
    "float16": "Half",
    "float32": "Float",
    "float64": "Double",
    "bfloat16": "BFloat16",
    "complex32": "ComplexHalf",
    "complex64": "ComplexFloat",
    "complex128": "ComplexDouble",
    "uint16": "UInt16",
    "uint32": "UInt32",
    "uint64": "UInt64",
    "float8_e4m3fn": "Float8_e4m3fn",
    "float8_e5m2": "Float8_e5m2",
    "float8_e4m3fnuz": "Float8_e4m3fnuz",
    "float8_e5m2fnuz": "Float8_e5m2fnuz",
    "float8_e8m0fnu": "Float8_e8m0fnu",
}


def canonical_dtype(name: str) -> str | None:
    """Return torch's name for a dtype (``"torch.float"`` gives ``"float32"``), or ``None``."""
    name = name.removeprefix("torch.")
    name = ALIASES.get(name, name)
    return name if name in DTYPES else None


def is_floating(dtype: str | None) -> bool | None:
    """Tell whether a dtype is a real floating point one."""
    return None if dtype is None else dtype in FLOATING or dtype in FLOAT8


def is_integral(dtype: str | None) -> bool | None:
    """Tell whether a dtype is an integer one; ``bool`` is not."""
    return None if dtype is None else dtype in INTEGRAL


def is_complex(dtype: str | None) -> bool | None:
    """Tell whether a dtype is complex."""
    return None if dtype is None else dtype in COMPLEX


# How a Python number takes part in promotion, and how wide each real dtype is.
NUMBER_DTYPES = {"bool": "bool", "int": "int64", "float": "float32", "complex": "complex64"}
_WIDTH = {"int8": 1, "uint8": 1, "int16": 2, "int32": 3, "int64": 4}
_COMPLEX_OF = {"float16": "complex32", "bfloat16": "complex64", "float32": "complex64", "float64": "complex128"}
_REAL_OF = {"complex32": "float16", "complex64": "float32", "complex128": "float64"}
_FLOATS = frozenset(FLOATING)
_COMPLEX = frozenset(COMPLEX)
_BARE_UNSIGNED = frozenset({"uint16", "uint32", "uint64"})


def promote_types(a: str, b: str) -> str:
    """Return ``torch.promote_types(a, b)``.

    Raises:
        Misfit: torch does not promote these (float8, uint16, uint32, uint64).
    """
    if a == b:
        return a
    if a in FLOAT8 or b in FLOAT8:
        message = f"attempted to promote {SCALAR_TYPES[a]} and {SCALAR_TYPES[b]}"
        raise Misfit(f"Promotion for Float8 Types is not supported, {message}", clause="dtype-promotion")
    if a in _COMPLEX or b in _COMPLEX:
        return _promote_complex(a, b)
    if a in _FLOATS or b in _FLOATS:
        if a in _FLOATS and b in _FLOATS:
            return "float64" if "float64" in (a, b) else "float32"
        return a if a in _FLOATS else b
    if a in _BARE_UNSIGNED or b in _BARE_UNSIGNED:
        raise _no_unsigned_promotion(a, b)
    if a == "bool" or b == "bool":
        return b if a == "bool" else a
    if {a, b} == {"int8", "uint8"}:
        return "int16"
    return a if _WIDTH[a] > _WIDTH[b] else b


def _no_unsigned_promotion(a: str, b: str) -> Misfit:
    message = f"attempted to promote {SCALAR_TYPES[a]} and {SCALAR_TYPES[b]}"
    return Misfit(f"Promotion for uint16, uint32, uint64 types is not supported, {message}", clause="dtype-promotion")


def _promote_complex(a: str, b: str) -> str:
    if a in _BARE_UNSIGNED or b in _BARE_UNSIGNED:
        raise _no_unsigned_promotion(a, b)
    wide = [_COMPLEX_OF.get(name, name) for name in (a, b) if name in _COMPLEX or name in _FLOATS]
    return max(wide, key=COMPLEX.index)


def complex_of(dtype: str) -> str:
    """Return the complex dtype with parts of a real floating dtype."""
    return _COMPLEX_OF.get(dtype, dtype)


def real_of(dtype: str) -> str:
    """Return the dtype of the parts of a complex dtype; a real one is its own."""
    return _REAL_OF.get(dtype, dtype)


class Standing(IntEnum):
    """How much an operand has to say in ``result_type``: a number little, a tensor with axes most."""

    NUMBER = 0
    WITHOUT_AXES = 1
    WITH_AXES = 2


def result_type(operands: Iterable[tuple[str | None, Standing | None]]) -> str | None:
    """Return ``torch.result_type`` of operands, each a dtype with its standing.

    A standing that is not known (a tensor of unknown rank) counts both ways.

    Returns:
        The dtype, or ``None`` where it depends on what is not known.

    Raises:
        Misfit: torch does not promote these.
    """
    operands = list(operands)
    first = operands[0]
    if first[0] is not None and all(operand == first for operand in operands):
        return first[0]
    if any(dtype is None for dtype, _ in operands):
        return None
    answers = set()
    for tensors in (Standing.WITHOUT_AXES, Standing.WITH_AXES):
        groups: list[str | None] = [None, None, None]
        for dtype, standing in operands:
            place = tensors if standing is None else standing
            before = groups[place]
            groups[place] = dtype if before is None else promote_types(before, dtype or "")
        answers.add(_combine(groups[2], _combine(groups[1], groups[0])))
    return answers.pop() if len(answers) == 1 else None


def _combine(higher: str | None, lower: str | None) -> str | None:
    """Let the lower category decide only where it is of a higher kind (ATen's ``combine_categories``)."""
    if higher is None or lower is None:
        return higher or lower
    if higher in _COMPLEX:
        return higher
    if higher in _FLOATS or higher in FLOAT8:
        if lower in _COMPLEX and higher in FLOAT8:
            raise Misfit(f"Unknown Complex ScalarType for {SCALAR_TYPES[higher]}", clause="dtype-promotion")
        return complex_of(higher) if lower in _COMPLEX else higher
    if higher in _BARE_UNSIGNED and lower in _COMPLEX:
        return lower
    if higher == "bool" or lower in _FLOATS or lower in _COMPLEX or lower in FLOAT8:
        return promote_types(higher, lower)
    return higher


def can_cast(source: str | None, target: str | None) -> bool | None:
    """Return ``torch.can_cast``: whether an in-place result of ``source`` may be kept as ``target``."""
    if source is None or target is None:
        return None
    if source in _COMPLEX and target not in _COMPLEX:
        return False
    if source not in INTEGRAL and source != "bool" and (target in INTEGRAL or target == "bool"):
        return False
    return source == "bool" or target != "bool"
