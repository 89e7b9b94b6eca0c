"""torch's dtypes and their promotion.

Source: ``torch.promote_types`` and ``torch.result_type`` of torch 2.13, compared in ``tests/agreement``.
"""

from __future__ import annotations

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
