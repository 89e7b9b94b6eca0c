"""``einops`` beside its patterns, which are operations (``snugly.operations.patterns``): layers, ``einsum``, shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import Mapping, Unknown, Value
from snugly.library.registry import function, model
from snugly.library.torch.module import Module

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine


@function("einops.parse_shape")
def parse_shape(x: Value, pattern: Value) -> Value:
    """``parse_shape(x, pattern)``: a dict of sizes by name."""
    if not isinstance(x, TensorFacts) or x.shape is None or not isinstance(pattern, str):
        return Unknown("einops.parse_shape")
    named = zip(pattern.split(), x.shape, strict=False)
    return Mapping({name: Unknown("a size") if size is None else size for name, size in named if name != "_"})


@function("einops.einsum")
def einsum(machine: Machine, *tensors_and_pattern: Value) -> Value:
    """``einsum(*tensors, pattern)``: torch's einsum with names of any length."""
    *tensors, pattern = tensors_and_pattern
    if not isinstance(pattern, str):
        return Unknown("einops.einsum")
    letters: dict[str, str] = {}
    text = " ".join(pattern.replace("->", " -> ").replace(",", " , ").split())
    words = [
        word if word in ("->", ",", "...") else letters.setdefault(word, chr(ord("a") + len(letters)))
        for word in text.split()
    ]
    return machine.apply("torch.einsum", "".join(words), *tensors)


@function("einops.asnumpy")
def asnumpy(machine: Machine, tensor: Value) -> Value:
    """``asnumpy(tensor)``."""
    return tensor.with_(kind="ndarray") if isinstance(tensor, TensorFacts) else Unknown("einops.asnumpy")


@model("einops.layers.torch.Rearrange")
class Rearrange(Module):
    """``Rearrange(pattern, **axes_lengths)`` as a layer."""

    def __init__(self, pattern: Value, **axes_lengths: Value) -> None:
        super().__init__()
        self.pattern, self._axes = pattern, axes_lengths

    def call(self, machine: Machine, input: Value) -> Value:
        return machine.apply("einops.rearrange", input, self.pattern, **self._axes)


@model("einops.layers.torch.Reduce")
class Reduce(Module):
    """``Reduce(pattern, reduction, **axes_lengths)`` as a layer."""

    def __init__(self, pattern: Value, reduction: Value, **axes_lengths: Value) -> None:
        super().__init__()
        self.pattern, self.reduction, self._axes = pattern, reduction, axes_lengths

    def call(self, machine: Machine, input: Value) -> Value:
        return machine.apply("einops.reduce", input, self.pattern, self.reduction, **self._axes)
