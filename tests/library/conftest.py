"""Programs that run twice: for real, and followed without being run; and what the two say of each other."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

from snugly.facts import dims
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.entry import follow as follow_program
from snugly.interpreter.modules import Program
from snugly.interpreter.sources import parse
from snugly.interpreter.values import DType, Expr, Instance, Mapping, Number, Sequence, Text, Unknown

sys.path.insert(0, str(Path(__file__).parent))  # what tests share is a plain module beside them


def names_of(text):
    """Return what a program's names hold after it was followed."""
    program = Program(None)
    source = parse(text.encode(), "program.py")
    follow_program(program, source)
    return program.modules["program.py"].names


@pytest.fixture(scope="session")
def follow():
    return names_of


def wrong(value, real, path=""):
    """Return what an abstract value claims that the real one does not show."""
    if isinstance(value, Unknown):
        return []
    if isinstance(value, TensorFacts):
        return _wrong_array(value, real, path)
    if isinstance(value, Number):
        return _wrong_number(value, real, path)
    if isinstance(value, Text):
        return [] if isinstance(real, str) else [f"{path} is a text, really {real!r}"]
    if isinstance(value, Expr):
        low, high = dims.bounds(value)
        inside = (low is None or low <= real) and (high is None or real <= high)
        return [] if inside else [f"{path} is {value} in [{low}, {high}], really {real!r}"]
    if isinstance(value, DType):
        return [] if str(np.dtype(real)) == value.name else [f"{path} is {value.name}, really {real!r}"]
    if isinstance(value, tuple):
        if not isinstance(real, tuple) or len(value) != len(real):
            return [f"{path} has {len(value)} items, really {real!r}"]
        return [
            fault for i, (v, r) in enumerate(zip(value, real, strict=True)) for fault in wrong(v, r, f"{path}[{i}]")
        ]
    if isinstance(value, Sequence):
        return _wrong_sequence(value, real, path)
    if isinstance(value, Mapping):
        return _wrong_mapping(value, real, path)
    if isinstance(value, Instance):
        return [f for name, v in value.attributes.items() for f in wrong(v, getattr(real, name), f"{path}.{name}")]
    if isinstance(value, float) and isinstance(real, float):
        same = math.isclose(value, real, rel_tol=1e-9) or (math.isnan(value) and math.isnan(real))
        return [] if same else [f"{path} is {value!r}, really {real!r}"]
    if isinstance(value, bool | int | float | str | bytes | complex | None):
        return [] if type(value) is type(real) and value == real else [f"{path} is {value!r}, really {real!r}"]
    return []


def _wrong_number(value, real, path):
    kinds = {"int": int, "float": float, "bool": bool}
    if type(real) is not kinds[value.type]:
        return [f"{path} is a {value.type}, really {real!r}"]
    if (value.low is not None and real < value.low) or (value.high is not None and real > value.high):
        return [f"{path} is in [{value.low}, {value.high}], really {real!r}"]
    return []


def _wrong_sequence(value, real, path):
    listed = sorted(real, key=repr) if isinstance(real, set | frozenset) else list(real)
    if value.items is not None:
        if len(value.items) != len(listed):
            return [f"{path} has {len(value.items)} items, really {len(listed)}"]
        return [
            f for i, (v, r) in enumerate(zip(value.items, listed, strict=True)) for f in wrong(v, r, f"{path}[{i}]")
        ]
    faults = [] if value.length is None else wrong(value.length, len(listed), f"len({path})")
    return faults + [f for i, r in enumerate(listed[:20]) for f in wrong(value.element, r, f"{path}[{i}]")]


def _wrong_mapping(value, real, path):
    faults = (
        []
        if value.open or len(real) == len(value.entries)
        else [f"{path} has {len(value.entries)} keys, really {len(real)}"]
    )
    for key, v in value.entries.items():
        faults += wrong(v, real[key], f"{path}[{key!r}]") if key in real else [f"{path} has {key!r}, really not"]
    return faults


def _wrong_array(value, real, path):
    if not isinstance(real, np.ndarray | np.generic):
        return [f"{path} is an array {value}, really {type(real).__name__}"]
    faults = []
    if value.shape is not None:
        if len(value.shape) != real.ndim:
            return [f"{path} is {value}, really {real.dtype}{list(real.shape)}"]
        for axis, (size, true) in enumerate(zip(value.shape, real.shape, strict=True)):
            if size is not None:
                faults += wrong(size, true, f"{path}.shape[{axis}]")
    if value.dtype is not None and value.dtype != str(real.dtype):
        faults.append(f"{path} is {value}, really {real.dtype}{list(real.shape)}")
    return faults or _wrong_values(value.values, real, path)


def _wrong_values(values, real, path):
    if real.size == 0 or real.dtype.kind not in "biuf":
        return []
    flat = real.astype(float).ravel()
    slack = 1e-6 * max(1.0, float(np.nanmax(np.abs(flat)))) if not np.isnan(flat).all() else 0
    known = {
        "low": values.low is None or np.nanmin(flat) >= values.low - slack,
        "high": values.high is None or np.nanmax(flat) <= values.high + slack,
        "integral": not values.integral or (flat == np.floor(flat)).all(),
        "finite": not values.finite or np.isfinite(flat).all(),
        "members": values.members is None or all(np.isclose(x, list(values.members), atol=slack).any() for x in flat),
        "elements": values.elements is None or _alike(values.elements, flat),
        "one-hot": values.meaning is None or values.meaning.value != "one-hot" or set(flat) <= {0.0, 1.0},
        "sums": values.meaning is None or values.axis is None or np.allclose(real.sum(axis=values.axis), 1),
    }
    if values.attained and values.low is not None:
        known["attained low"] = np.isclose(np.nanmin(flat), values.low, atol=slack)
    if values.attained and values.high is not None:
        known["attained high"] = np.isclose(np.nanmax(flat), values.high, atol=slack)
    return [f"{path}: {name} of {values} is not so, really {flat[:10]}" for name, holds in known.items() if not holds]


def _alike(elements, flat):
    return len(elements) == len(flat) and np.allclose(np.array(elements, dtype=float), flat, equal_nan=True)


@pytest.fixture(scope="session")
def faults():
    return wrong


def known_share(value):
    """Return how much of an array's shape and dtype is known, from 0 to 1."""
    if not isinstance(value, TensorFacts):
        return 0.0 if isinstance(value, Unknown) else 1.0
    if value.shape is None:
        return 0.0
    parts = [*(size is not None for size in value.shape), value.dtype is not None]
    return sum(parts) / len(parts)


@pytest.fixture(scope="session")
def share():
    return known_share
