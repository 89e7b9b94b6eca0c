"""Attributes and methods of arrays that are not functions of the module under the same name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import value
from snugly.facts.dtypes import COMPLEX
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import Number, Sequence, Text, Unknown, Value
from snugly.library.numpy.arranging import sort
from snugly.library.numpy.arrays import (
    MOST_ELEMENTS,
    as_array,
    cast,
    count_of,
    made,
    python_number,
    shape_of,
    unordered,
)
from snugly.library.numpy.elementwise import apply
from snugly.library.numpy.promotion import bits, dtype_of
from snugly.library.numpy.shaping import transposed
from snugly.library.registry import attribute, function

if TYPE_CHECKING:
    from snugly.facts.tensors import Shape
    from snugly.interpreter.machine import Machine


@attribute("numpy.ndarray.T", "numpy.ndarray.mT")
def transposed_axes(self: TensorFacts) -> Value:
    """``a.T``."""
    return transposed(self, None if self.shape is None else tuple(reversed(range(len(self.shape)))))


@attribute("numpy.ndarray.size")
def size(self: TensorFacts) -> Value:
    """``a.size``: the number of elements."""
    return Number("int", 0) if self.numel is None else self.numel


@attribute("numpy.ndarray.flat")
def flat(self: TensorFacts) -> Value:
    """``a.flat``."""
    return made((self.numel,), self.dtype, self.values)


@attribute("numpy.ndarray.real", "numpy.ndarray.imag")
def real(self: TensorFacts) -> Value:
    """``a.real``."""
    if self.dtype in COMPLEX:
        return made(self.shape, {"complex64": "float32", "complex128": "float64"}.get(self.dtype or ""))
    return self


@attribute("numpy.ndarray.itemsize")
def itemsize(self: TensorFacts) -> Value:
    """``a.itemsize``."""
    return Number("int", 1) if self.dtype is None else bits(self.dtype) // 8


@attribute(
    "numpy.ndarray.nbytes", "numpy.ndarray.strides", "numpy.ndarray.flags", "numpy.ndarray.base", "numpy.ndarray.data"
)
def memory(self: TensorFacts) -> Value:
    """How an array lies in memory decides no shape."""
    return Unknown("how an array lies in memory")


@function("numpy.ndarray.astype")
def astype(machine: Machine, self: Value, dtype: Value, *_: Value, **__: Value) -> Value:
    """``a.astype(dtype)``."""
    return cast(as_array(machine, self), dtype_of(dtype))


@function("numpy.ndarray.view")
def view(machine: Machine, self: TensorFacts, dtype: Value = None, type: Value = None) -> Value:
    """``a.view(dtype)``: the same bytes read as another dtype."""
    if dtype is None:
        return self
    target = dtype_of(dtype)
    same = target is not None and self.dtype is not None and bits(target) == bits(self.dtype)
    return made(self.shape if same else None, target)


@function("numpy.ndarray.item")
def item(machine: Machine, self: TensorFacts, *args: Value) -> Value:
    """``a.item()``: a Python number."""
    if not args:
        return python_number(self)
    chosen = machine.item(self, args if len(args) > 1 else args[0])
    return python_number(chosen) if isinstance(chosen, TensorFacts) and chosen.shape == () else Unknown("an element")


@function("numpy.ndarray.tolist")
def tolist(machine: Machine, self: TensorFacts) -> Value:
    """``a.tolist()``: nested lists of Python numbers."""
    if self.shape is None:
        return Unknown("numpy.ndarray.tolist")
    if not self.shape:
        return python_number(self)
    elements = self.values.elements
    if elements is not None and count_of(self.shape) == len(elements) <= MOST_ELEMENTS:
        return _nested(list(elements), self.shape)
    inner = made(self.shape[1:], self.dtype, unordered(self.values))
    return Sequence("list", None, tolist(machine, inner), self.shape[0])


def _nested(elements: list[Value], shape: Shape) -> Value:
    rows = value(shape[0]) or 0
    if len(shape) == 1:
        return Sequence("list", elements)
    width = len(elements) // rows if rows else 0
    return Sequence("list", [_nested(elements[i * width : (i + 1) * width], shape[1:]) for i in range(rows)])


@function("numpy.ndarray.fill")
def fill(machine: Machine, self: TensorFacts, value: Value) -> None:
    """``a.fill(value)``: in place."""
    new = cast(as_array(machine, value), self.dtype)
    machine.mutate(self, made(self.shape, self.dtype, unordered(new.values)))


@function("numpy.ndarray.sort", "numpy.ndarray.partition")
def sort_in_place(machine: Machine, self: TensorFacts, *args: Value, **options: Value) -> None:
    """``a.sort()``: in place."""
    machine.mutate(self, sort(machine, self))


@function("numpy.ndarray.resize")
def resize(machine: Machine, self: TensorFacts, *shape: Value, **_: Value) -> None:
    """``a.resize(shape)``: in place, filled with zeros."""
    machine.mutate(self, made(shape_of(machine, shape[0] if len(shape) == 1 else shape), self.dtype))


@function("numpy.ndarray.conj", "numpy.ndarray.conjugate")
def conj(machine: Machine, self: Value) -> Value:
    """``a.conj()``."""
    return apply(machine, "conjugate", self)


@function("numpy.ndarray.tobytes", "numpy.ndarray.tostring", "numpy.ndarray.dumps")
def tobytes(self: TensorFacts, *args: Value) -> Value:
    """``a.tobytes()``."""
    return Unknown("numpy.ndarray.tobytes")


@function("numpy.ndarray.tofile", "numpy.ndarray.dump", "numpy.ndarray.setflags")
def tofile(self: TensorFacts, *args: Value, **options: Value) -> None:
    """``a.tofile(file)``."""


@function("numpy.ndarray.__str__", "numpy.ndarray.__repr__")
def as_text(self: TensorFacts) -> Value:
    """``str(a)``."""
    return Text()
