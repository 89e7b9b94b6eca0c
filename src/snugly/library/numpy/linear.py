"""Products of arrays and linear algebra."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts import ranges, shapes
from snugly.facts.dims import same
from snugly.facts.misfits import Misfit
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import Unknown, Value
from snugly.library.numpy.arrays import as_array, integer, made, shape_of, unordered
from snugly.library.numpy.elementwise import apply
from snugly.library.numpy.promotion import averaged, promote, python_kind
from snugly.library.numpy.reductions import reduced
from snugly.library.registry import function
from snugly.operations.registry import lookup

if TYPE_CHECKING:
    from snugly.facts.dims import Dim
    from snugly.facts.tensors import Shape
    from snugly.interpreter.machine import Machine


def _pair(machine: Machine, a: Value, b: Value) -> tuple[TensorFacts, TensorFacts, str | None]:
    first, second = as_array(machine, a), as_array(machine, b)
    return first, second, promote(first.dtype, second.dtype)


@function("numpy.matmul", "numpy.ndarray.__matmul__")
def matmul(machine: Machine, x1: Value, x2: Value, /, out: Value = None, **_: Value) -> Value:
    """``matmul(x1, x2)``."""
    first, second, dtype = _pair(machine, x1, x2)
    try:
        return made(shapes.matmul(first.shape, second.shape), dtype)
    except Misfit:
        return Unknown("numpy.matmul does not fit")


@function("numpy.dot", "numpy.ndarray.dot")
def dot(machine: Machine, a: Value, b: Value, out: Value = None) -> Value:
    """``dot(a, b)``: a product with a number, of vectors, of matrices; over the last axis and the second to last."""
    first, second, dtype = _pair(machine, a, b)
    left, right = first.shape, second.shape
    if left is None or right is None:
        return made(None, dtype)
    if not left or not right:
        return apply(machine, "multiply", first, second)
    inner = right[0] if len(right) == 1 else right[-2]
    if same(left[-1], inner) is False:
        return Unknown("numpy.dot does not fit")
    rest = () if len(right) == 1 else (*right[:-2], right[-1])
    return made((*left[:-1], *rest), dtype)


@function("numpy.inner")
def inner(machine: Machine, a: Value, b: Value) -> Value:
    """``inner(a, b)``: over both last axes."""
    first, second, dtype = _pair(machine, a, b)
    if first.shape is None or second.shape is None:
        return made(None, dtype)
    return made((*first.shape[:-1], *second.shape[:-1]), dtype)


@function("numpy.vdot")
def vdot(machine: Machine, a: Value, b: Value) -> Value:
    """``vdot(a, b)``."""
    return made((), _pair(machine, a, b)[2])


@function("numpy.outer")
def outer(machine: Machine, a: Value, b: Value, out: Value = None) -> Value:
    """``outer(a, b)``."""
    first, second, dtype = _pair(machine, a, b)
    return made((first.numel, second.numel), dtype)


@function("numpy.kron")
def kron(machine: Machine, a: Value, b: Value) -> Value:
    """``kron(a, b)``."""
    first, second, dtype = _pair(machine, a, b)
    if first.shape is None or second.shape is None or len(first.shape) != len(second.shape):
        return made(None, dtype)
    sizes = (None if x is None or y is None else x * y for x, y in zip(first.shape, second.shape, strict=True))
    return made(tuple(sizes), dtype)


@function("numpy.cross")
def cross(machine: Machine, a: Value, b: Value, *_: Value, **__: Value) -> Value:
    """``cross(a, b)``."""
    first, second, dtype = _pair(machine, a, b)
    three = first.shape == second.shape and first.size(-1) == 3
    return made(first.shape if three else None, dtype)


@function("numpy.tensordot")
def tensordot(machine: Machine, a: Value, b: Value, axes: Value = 2) -> Value:
    """``tensordot(a, b, axes)``."""
    first, second, dtype = _pair(machine, a, b)
    count = integer(axes)
    if first.shape is None or second.shape is None:
        return made(None, dtype)
    if count is not None and 0 <= count <= min(len(first.shape), len(second.shape)):
        return made((*first.shape[: len(first.shape) - count], *second.shape[count:]), dtype)
    both = axes if isinstance(axes, tuple) else tuple(machine.iterate(axes).items or ())
    given = [shape_of(machine, part) for part in both]
    if len(given) != 2 or None in given:
        return made(None, dtype)
    left = _left_over(first.shape, given[0])
    right = _left_over(second.shape, given[1])
    return made(None if left is None or right is None else (*left, *right), dtype)


def _left_over(shape: Shape, gone: Shape | None) -> Shape | None:
    if gone is None or any(not isinstance(axis, int) for axis in gone):
        return None
    away = {axis % len(shape) for axis in gone if isinstance(axis, int)}
    return tuple(size for axis, size in enumerate(shape) if axis not in away)


@function("numpy.einsum")
def einsum(machine: Machine, subscripts: Value, *operands: Value, **_: Value) -> Value:
    """``einsum(subscripts, *operands)``."""
    arrays = [as_array(machine, x) for x in operands]
    dtype = arrays[0].dtype if arrays else None
    for other in arrays[1:]:
        dtype = promote(dtype, other.dtype)
    rule = lookup("torch.einsum")
    if rule is None or not isinstance(subscripts, str):
        return made(None, dtype)
    try:
        found = rule(subscripts, *(array.with_(kind="tensor", dtype="float32") for array in arrays))
    except Misfit:
        return Unknown("numpy.einsum does not fit")
    return made(found.shape if isinstance(found, TensorFacts) else None, dtype)


@function("numpy.trace", "numpy.ndarray.trace")
def trace(machine: Machine, a: Value, *_: Value, **__: Value) -> Value:
    """``trace(a)``."""
    array = as_array(machine, a)
    return made(() if array.rank == 2 else None, array.dtype)


@function("numpy.diagonal", "numpy.ndarray.diagonal")
def diagonal(machine: Machine, a: Value, *_: Value, **__: Value) -> Value:
    """``diagonal(a)``."""
    array = as_array(machine, a)
    size: Dim | None = array.size(0) if array.shape and array.rank == 2 and array.shape[0] == array.shape[1] else None
    return made((size,) if array.rank == 2 else None, array.dtype, ranges.some_of(unordered(array.values)))


@function("numpy.linalg.norm")
def norm(machine: Machine, x: Value, ord: Value = None, axis: Value = None, keepdims: Value = False) -> Value:
    """``linalg.norm(x, axis=None)``."""
    array = as_array(machine, x)
    return made(reduced(machine, array, axis, keepdims)[0], averaged(array.dtype), ranges.NON_NEGATIVE)


@function("numpy.linalg.inv", "numpy.linalg.pinv", "numpy.linalg.cholesky", "numpy.linalg.matrix_power")
def inv(machine: Machine, a: Value, *_: Value, **__: Value) -> Value:
    """``linalg.inv(a)``: of a square matrix; the pseudo-inverse exchanges the last two axes."""
    array = as_array(machine, a)
    shape = array.shape
    square = shape is not None and len(shape) >= 2 and shape[-1] == shape[-2]
    return made(shape if square else None, averaged(array.dtype))


@function("numpy.linalg.det")
def det(machine: Machine, a: Value) -> Value:
    """``linalg.det(a)``."""
    array = as_array(machine, a)
    return made(None if array.shape is None else array.shape[:-2], averaged(array.dtype))


@function("numpy.linalg.solve")
def solve(machine: Machine, a: Value, b: Value) -> Value:
    """``linalg.solve(a, b)``."""
    return made(as_array(machine, b).shape, "float64" if python_kind(b) is None else None)


@function("numpy.linalg.eig", "numpy.linalg.eigh")
def eig(machine: Machine, a: Value, *_: Value) -> Value:
    """``linalg.eigh(a)``: values and vectors."""
    array = as_array(machine, a)
    shape = array.shape
    return made(None if shape is None else shape[:-1], None), made(shape, None)


@function("numpy.polyfit")
def polyfit(machine: Machine, x: Value, y: Value, deg: Value, *_: Value, **__: Value) -> Value:
    """``polyfit(x, y, deg)``: the coefficients."""
    degree = integer(deg)
    return made(None if degree is None or as_array(machine, y).rank != 1 else (degree + 1,), "float64")


@function("numpy.polyval")
def polyval(machine: Machine, p: Value, x: Value) -> Value:
    """``polyval(p, x)``."""
    _first, second, dtype = _pair(machine, p, x)
    return made(second.shape, dtype)
