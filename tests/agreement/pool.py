"""Tensors and their facts, made once: a generated call draws its arguments from here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from snugly.facts.tensors import TensorFacts
from snugly.facts.values import ValueFacts

if TYPE_CHECKING:
    from random import Random

DTYPES = (
    "bool", "uint8", "int8", "int16", "int32", "int64",
    "float16", "bfloat16", "float32", "float64", "complex64", "complex128",
)  # fmt: skip
DIFFERENTIABLE = frozenset(DTYPES[6:])
MOST_ELEMENTS = 400
Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A tensor and what is known about it; ``leaf`` is the same tensor with gradients."""

    tensor: torch.Tensor
    facts: TensorFacts
    leaf: torch.Tensor | None
    leaf_facts: TensorFacts | None


class Pool:
    """A cache of tensors by shape, dtype and what their elements are to be."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self._entries: dict[tuple[Shape, str, str, int], Entry] = {}

    def draw(self, shape: Shape, dtype: str, kind: str, classes: int = 0) -> Entry:
        key = (shape, dtype, kind, classes)
        entry = self._entries.get(key)
        if entry is None:
            if len(self._entries) > 60_000:
                self._entries.clear()
            entry = self._entries[key] = self._make(shape, dtype, kind, classes)
        return entry

    def given(self, numbers: list[int], shape: Shape, dtype: str) -> Entry:
        """Return an entry of these elements."""
        low, high = _RANGES.get(dtype, (None, None))
        if low is not None:
            numbers = [min(max(x, low), high) for x in numbers]
        return self._entry(torch.tensor(numbers, dtype=getattr(torch, dtype)).reshape(shape))

    def _make(self, shape: Shape, dtype: str, kind: str, classes: int) -> Entry:
        numbers = [self._number(kind, classes) for _ in range(math.prod(shape))]
        low, high = _RANGES.get(dtype, (None, None))
        if low is not None:
            numbers = [min(max(round(x), low), high) for x in numbers]
        return self._entry(torch.tensor(numbers, dtype=getattr(torch, dtype)).reshape(shape))

    def _entry(self, tensor: torch.Tensor) -> Entry:
        shape, dtype = tuple(tensor.shape), str(tensor.dtype).removeprefix("torch.")
        elements = tuple(tensor.flatten().tolist())
        facts = TensorFacts(shape, dtype, "cpu", requires_grad=False, values=ValueFacts(elements=elements))
        if dtype not in DIFFERENTIABLE:
            return Entry(tensor, facts, None, None)
        return Entry(tensor, facts, tensor.clone().requires_grad_(), facts.with_(requires_grad=True))

    def _number(self, kind: str, classes: int) -> float:
        draw = self.random
        match kind:
            case "any":
                return draw.uniform(-3, 3)
            case "unit":
                return draw.uniform(0, 1)
            case "positive":
                return draw.uniform(0.1, 3)
            case "sign":
                return draw.choice((-1, 1))
            case "index":
                return draw.randrange(max(classes, 1))
            case "ignored":
                return draw.choice((-100, draw.randrange(max(classes, 1))))
            case "outside":
                return draw.choice((classes, -1, -100, 255, draw.randrange(max(classes, 1))))
            case "list":
                return draw.choice((-1, draw.randrange(max(classes, 1))))
            case _:
                raise AssertionError(kind)


_RANGES: dict[str, tuple[int, int]] = {
    "bool": (0, 1),
    "uint8": (0, 255),
    "int8": (-128, 127),
    "int16": (-(2**15), 2**15 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
}


def arguments_of(entries: dict[str, Entry], wanted: set[str]) -> tuple[dict[str, Any], dict[str, TensorFacts]]:
    """Return the tensors and the facts of a call; those in ``wanted`` require grad where they can."""
    tensors: dict[str, Any] = {}
    facts: dict[str, TensorFacts] = {}
    for name, entry in entries.items():
        if name in wanted and entry.leaf is not None and entry.leaf_facts is not None:
            tensors[name], facts[name] = entry.leaf, entry.leaf_facts
        else:
            tensors[name], facts[name] = entry.tensor, entry.facts
    return tensors, facts
