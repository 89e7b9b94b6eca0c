"""Arrays out of nothing, out of Python's values and out of files."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from snugly.facts import ranges
from snugly.facts.dims import Dim, Expr, less, value
from snugly.facts.records import replace
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import NOTHING_KNOWN, Meaning, ValueFacts
from snugly.interpreter.values import DType, Native, Number, Sequence, Unknown, Value
from snugly.library.numpy.arrays import (
    MOST_ELEMENTS,
    UNKNOWN_ARRAY,
    as_array,
    cast,
    count_of,
    integer,
    listed,
    made,
    of_picture,
    scalar,
    shape_of,
    size_of,
    unordered,
)
from snugly.library.numpy.promotion import NAMES, chosen, dtype_of, python_dtype, result_type
from snugly.library.plain import bounds
from snugly.library.registry import Model, constant, function, model

if TYPE_CHECKING:
    from snugly.facts.tensors import Shape
    from snugly.interpreter.machine import Machine

for _name, _dtype in NAMES.items():
    constant(f"numpy.{_name}", DType(_dtype))
for _name, _number in {
    "pi": math.pi,
    "e": math.e,
    "inf": math.inf,
    "nan": math.nan,
    "Inf": math.inf,
    "NaN": math.nan,
}.items():
    constant(f"numpy.{_name}", _number)
constant("numpy.euler_gamma", 0.5772156649015329)
constant("numpy.newaxis", None)


@function("numpy.dtype")
def dtype(dtype: Value, *_: Value, **__: Value) -> Value:
    """``dtype(...)``."""
    name = dtype_of(dtype)
    return Unknown("numpy.dtype") if name is None else DType(name)


@function("numpy.dtype.__call__")
def converted(machine: Machine, self: DType, value: Value = 0) -> Value:
    """``numpy.float32(value)``."""
    return cast(as_array(machine, value), self.name)


@function("numpy.array", "numpy.asarray", "numpy.ascontiguousarray", "numpy.asanyarray", "numpy.asfortranarray")
def array(machine: Machine, object: Value, dtype: Value = None, *_: Value, ndmin: Value = 0, **__: Value) -> Value:
    """``array(object, dtype=None, ndmin=0)``."""
    result = as_array(machine, object)
    if result.shape is None and isinstance(object, TensorFacts) and object.kind == "image" and object.rank == 3:
        name = result.dtype if dtype is None else dtype_of(dtype)
        return of_picture(machine, object.size(0), object.size(1), name)
    if dtype is not None:
        result = cast(result, dtype_of(dtype))
    fewest = integer(ndmin)
    if result.shape is not None and fewest is not None and len(result.shape) < fewest:
        result = result.with_(shape=(1,) * (fewest - len(result.shape)) + result.shape)
    return result.with_(origin=None)


@function("numpy.copy", "numpy.ndarray.copy")
def copy(machine: Machine, a: Value, order: Value = "K", subok: Value = False) -> Value:
    """``copy(a)``."""
    return as_array(machine, a).with_(origin=None)


@function("numpy.asscalar")
def asscalar(machine: Machine, a: Value) -> Value:
    """``asscalar(a)``."""
    return machine.call(machine.get(a, "item"))


def _filled(machine: Machine, shape: Value, dtype: str | None, values: ValueFacts) -> TensorFacts:
    sizes = shape_of(machine, shape)
    count = count_of(sizes)
    if values.attained and count and values.members is not None and len(values.members) == 1:
        values = replace(values, elements=tuple(values.members) * count)
    elif count == 0:
        values = NOTHING_KNOWN
    return made(sizes, dtype, ranges.cast(values, None, dtype) if dtype else values)


@function("numpy.zeros")
def zeros(machine: Machine, shape: Value, dtype: Value = None, order: Value = "C", **_: Value) -> Value:
    """``zeros(shape, dtype=float)``."""
    return _filled(machine, shape, chosen(dtype, "float64"), ranges.constant(0))


@function("numpy.ones")
def ones(machine: Machine, shape: Value, dtype: Value = None, order: Value = "C", **_: Value) -> Value:
    """``ones(shape, dtype=float)``."""
    return _filled(machine, shape, chosen(dtype, "float64"), ranges.constant(1))


@function("numpy.empty")
def empty(machine: Machine, shape: Value, dtype: Value = None, order: Value = "C", **_: Value) -> Value:
    """``empty(shape, dtype=float)``."""
    return made(shape_of(machine, shape), chosen(dtype, "float64"))


@function("numpy.full")
def full(
    machine: Machine, shape: Value, fill_value: Value, dtype: Value = None, order: Value = "C", **_: Value
) -> Value:
    """``full(shape, fill_value, dtype=None)``."""
    fill = as_array(machine, fill_value)
    return _filled(
        machine, shape, chosen(dtype, fill.dtype), fill.values if fill.shape == () else unordered(fill.values)
    )


def _like(machine: Machine, prototype: Value, dtype: Value, shape: Value, values: ValueFacts) -> Value:
    old = as_array(machine, prototype)
    if shape is None and old.shape is None:
        return made(None, chosen(dtype, old.dtype), values)
    return _filled(machine, old.shape if shape is None else shape, chosen(dtype, old.dtype), values)


@function("numpy.zeros_like")
def zeros_like(
    machine: Machine, a: Value, dtype: Value = None, order: Value = "K", subok: Value = True, shape: Value = None
) -> Value:
    """``zeros_like(a)``."""
    return _like(machine, a, dtype, shape, ranges.constant(0))


@function("numpy.ones_like")
def ones_like(
    machine: Machine, a: Value, dtype: Value = None, order: Value = "K", subok: Value = True, shape: Value = None
) -> Value:
    """``ones_like(a)``."""
    return _like(machine, a, dtype, shape, ranges.constant(1))


@function("numpy.empty_like")
def empty_like(
    machine: Machine,
    prototype: Value,
    dtype: Value = None,
    order: Value = "K",
    subok: Value = True,
    shape: Value = None,
) -> Value:
    """``empty_like(prototype)``."""
    return _like(machine, prototype, dtype, shape, NOTHING_KNOWN)


@function("numpy.full_like")
def full_like(
    machine: Machine,
    a: Value,
    fill_value: Value,
    dtype: Value = None,
    order: Value = "K",
    subok: Value = True,
    shape: Value = None,
) -> Value:
    """``full_like(a, fill_value)``."""
    return _like(machine, a, dtype, shape, unordered(as_array(machine, fill_value).values))


@function("numpy.eye")
def eye(machine: Machine, N: Value, M: Value = None, k: Value = 0, dtype: Value = None, **_: Value) -> Value:
    """``eye(N, M=None, k=0, dtype=float)``; a square one has one-hot rows."""
    rows, columns = size_of(N), size_of(N if M is None else M)
    square = M is None and k == 0
    values = replace(ranges.TRUTHS, meaning=Meaning.ONE_HOT if square else Meaning.MASK, axis=1 if square else None)
    height, width = value(rows), value(columns)
    if height and width and height * width <= MOST_ELEMENTS and isinstance(k, int):
        exact = listed(float(j - i == k) for i in range(height) for j in range(width))
        values = replace(exact, meaning=values.meaning, axis=values.axis)
    return made((rows, columns), chosen(dtype, "float64"), values)


@function("numpy.identity")
def identity(machine: Machine, n: Value, dtype: Value = None, **_: Value) -> Value:
    """``identity(n)``."""
    return eye(machine, n, dtype=dtype)


@function("numpy.tri")
def tri(machine: Machine, N: Value, M: Value = None, k: Value = 0, dtype: Value = None, **_: Value) -> Value:
    """``tri(N, M=None, k=0)``."""
    return made((size_of(N), size_of(N if M is None else M)), chosen(dtype, "float64"), ranges.TRUTHS)


def span_length(start: Value, stop: Value, step: Value) -> Dim | None:
    """Return how many numbers ``arange`` gives."""
    numbers = (start, stop, step)
    if all(isinstance(x, int | float) for x in numbers):
        try:
            return max(math.ceil((float(stop) - float(start)) / float(step)), 0)
        except (ZeroDivisionError, OverflowError, ValueError):
            return None
    if all(isinstance(x, int | Expr) for x in numbers) and isinstance(step, int) and step > 0:
        length = (stop - start + (step - 1)) // step
        return length if isinstance(length, int | Expr) and less(length, 0) is False else None
    return None


@function("numpy.arange")
def arange(machine: Machine, *args: Value, dtype: Value = None, **options: Value) -> Value:
    """``arange([start,] stop[, step], dtype=None)``."""
    given = list(args)
    if len(given) == 4:
        dtype = given.pop()
    start, stop, step = (0, given[0], 1) if len(given) == 1 else (*given, 1)[:3] if given else (0, None, 1)
    start, stop = options.get("start", start), options.get("stop", stop)
    step = options.get("step", step)
    numbers = [_as_number(x) for x in (start, stop, step)]
    found = (
        result_type([x for x in numbers if not isinstance(x, Unknown)]) if Unknown not in map(type, numbers) else None
    )
    length = span_length(*numbers)
    result_dtype = chosen(dtype, found)
    values = NOTHING_KNOWN
    first, _, by = numbers
    if isinstance(length, int) and length <= MOST_ELEMENTS and isinstance(first, int | float) and result_dtype:
        values = ranges.cast(listed(first + i * by for i in range(length)), None, result_dtype)
    elif (bounds(by)[0] or 0) > 0:
        top = bounds(stop)[1]
        whole = found == "int64"
        high = None if top is None else top - 1 if whole else top
        values = ValueFacts(bounds(first)[0], high, integral=True if whole else None)
    return made((length,), result_dtype, values)


def _as_number(given: Value) -> Value:
    if isinstance(given, TensorFacts) and given.shape == () and given.values.elements:
        return given.values.elements[0]
    return given if python_dtype(given) else Unknown("numpy.arange")


@function("numpy.linspace")
def linspace(
    machine: Machine,
    start: Value,
    stop: Value,
    num: Value = 50,
    endpoint: Value = True,
    retstep: Value = False,
    dtype: Value = None,
    axis: Value = 0,
    **_: Value,
) -> Value:
    """``linspace(start, stop, num=50)``."""
    edges = [as_array(machine, x) for x in (start, stop)]
    length = size_of(num)
    row = edges[0].shape if edges[0].shape == edges[1].shape else None
    values = replace(
        ranges.union(*(unordered(edge.values) for edge in edges)), members=None, integral=None, attained=False
    )
    shape: Shape | None = None if row is None else (length, *row)
    result = made(shape, chosen(dtype, "float64"), values)
    return (result, made((), "float64")) if retstep is True else result


@function("numpy.logspace", "numpy.geomspace")
def logspace(
    machine: Machine,
    start: Value,
    stop: Value,
    num: Value = 50,
    endpoint: Value = True,
    *_: Value,
    dtype: Value = None,
    **__: Value,
) -> Value:
    """``logspace(start, stop, num=50)``."""
    return made((size_of(num),), chosen(dtype, "float64"))


@function("numpy.meshgrid")
def meshgrid(machine: Machine, *xi: Value, copy: Value = True, sparse: Value = False, indexing: Value = "xy") -> Value:
    """``meshgrid(*xi, indexing='xy')``."""
    axes = [as_array(machine, x) for x in xi]
    sizes: list[Dim | None] = [axis.numel for axis in axes]
    if indexing == "xy" and len(sizes) > 1:
        sizes[0], sizes[1] = sizes[1], sizes[0]
    shape = None if sparse is not False or indexing not in ("xy", "ij") else tuple(sizes)
    return tuple(made(shape, axis.dtype, unordered(axis.values)) for axis in axes)


class _Grid(Model):
    """``mgrid`` and ``ogrid``: indexed by slices instead of called."""

    def __init__(self, *, open_: bool) -> None:
        self._open = open_

    def item(self, machine: Machine, key: Value) -> Value:
        """``mgrid[a:b, c:d]``."""
        slices = list(key) if isinstance(key, tuple) else [key]
        if not all(isinstance(part, slice) for part in slices):
            return Unknown("numpy.mgrid")
        axes = [_grid_axis(machine, part) for part in slices]
        sizes = [axis.size(0) for axis in axes]
        if not isinstance(key, tuple):
            return axes[0]
        if self._open:
            return tuple(
                axis.with_(shape=tuple(size if i == place else 1 for i, size in enumerate(sizes)))
                for place, axis in enumerate(axes)
            )
        values = [unordered(axis.values) for axis in axes]
        return made((len(axes), *sizes), result_type(axes), ranges.union(*values))


def _grid_axis(machine: Machine, part: slice) -> TensorFacts:
    start: Value = 0 if part.start is None else part.start
    if isinstance(part.step, complex):
        return linspace(machine, start, part.stop, int(abs(part.step)))  # type: ignore[no-any-return]
    return arange(machine, start, part.stop, 1 if part.step is None else part.step)  # type: ignore[no-any-return]


constant("numpy.mgrid", _Grid(open_=False))
constant("numpy.ogrid", _Grid(open_=True))


@function("numpy.indices")
def indices(machine: Machine, dimensions: Value, dtype: Value = None, sparse: Value = False) -> Value:
    """``indices(dimensions)``."""
    shape = shape_of(machine, dimensions)
    return made(None if shape is None else (len(shape), *shape), chosen(dtype, "int64"), ValueFacts(0, integral=True))


@function("numpy.fromiter")
def fromiter(machine: Machine, iter: Value, dtype: Value = None, count: Value = -1, **_: Value) -> Value:
    """``fromiter(iter, dtype)``."""
    found = machine.iterate(iter)
    listed_ = as_array(machine, Sequence("list", found.items, found.element, found.length))
    return cast(listed_, dtype_of(dtype))


@function("numpy.fromfunction")
def fromfunction(machine: Machine, function: Value, shape: Value, *, dtype: Value = None, **options: Value) -> Value:
    """``fromfunction(function, shape)``."""
    sizes = shape_of(machine, shape)
    if sizes is None:
        return UNKNOWN_ARRAY
    axis = made(sizes, chosen(dtype, "float64"), ValueFacts(0, integral=True))
    return machine.call(function, *[axis] * len(sizes), **options)


@function("numpy.frombuffer", "numpy.fromfile", "numpy.fromstring")
def frombuffer(machine: Machine, buffer: Value, dtype: Value = None, *_: Value, **__: Value) -> Value:
    """``frombuffer(buffer, dtype)``: one axis of unknown size."""
    return made((machine.new_symbol("L"),), chosen(dtype, "float64"))


@function("numpy.load", "numpy.memmap", "numpy.lib.format.open_memmap")
def load(machine: Machine, file: Value, *_: Value, **options: Value) -> Value:
    """``load(file)``: what the file holds is not known; ``memmap`` says its shape."""
    shape = options.get("shape")
    dtype = options.get("dtype")
    if shape is None and dtype is None:
        return Unknown("numpy.load")
    return made(None if shape is None else shape_of(machine, shape), chosen(dtype, None))


@function("numpy.loadtxt", "numpy.genfromtxt")
def loadtxt(machine: Machine, fname: Value, dtype: Value = None, *_: Value, **options: Value) -> Value:
    """``loadtxt(fname)``: how many rows and columns there are, the file says."""
    return made(None, chosen(dtype, "float64") if options.get("names") is None else None)


@function("numpy.save", "numpy.savez", "numpy.savez_compressed", "numpy.savetxt")
def save(file: Value, *args: Value, **options: Value) -> None:
    """``save(file, arr)``."""


@function("numpy.set_printoptions", "numpy.seterr")
def setting(*args: Value, **options: Value) -> None:
    """A setting of the library that decides no shape."""


@function("numpy.finfo")
def finfo(machine: Machine, dtype: Value) -> Value:
    """``finfo(dtype)``."""
    given = dtype.dtype if isinstance(dtype, TensorFacts) else dtype_of(dtype)
    return Limits(given)


@function("numpy.iinfo")
def iinfo(machine: Machine, dtype: Value) -> Value:
    """``iinfo(dtype)``."""
    return finfo(machine, dtype)


_FLOAT_LIMITS = {
    "float16": (65504.0, 0.000977, 6.104e-05),
    "float32": (3.4028235e38, 1.1920929e-07, 1.1754944e-38),
    "float64": (1.7976931348623157e308, 2.220446049250313e-16, 2.2250738585072014e-308),
}


@model("numpy.finfo_object")
class Limits(Model):
    """What ``finfo`` and ``iinfo`` return."""

    def __init__(self, dtype: str | None) -> None:
        largest, step, tiny = _FLOAT_LIMITS.get(dtype or "", (None, None, None))
        self.max: Value = made((), dtype) if largest is None else scalar(largest, dtype)
        self.min: Value = made((), dtype) if largest is None else scalar(-largest, dtype)
        self.eps: Value = made((), dtype) if step is None else scalar(step, dtype)
        self.tiny: Value = made((), dtype) if tiny is None else scalar(tiny, dtype)
        self.smallest_normal = self.tiny
        self.bits: Value = Number("int")
        if dtype is not None and "int" in dtype:
            limits = ranges.of_dtype(ranges.WHOLE, dtype)
            self.max = Number("int") if limits.high is None else int(limits.high)
            self.min = Number("int") if limits.low is None else int(limits.low)


@function("numpy.vectorize")
def vectorize(machine: Machine, pyfunc: Value = None, *_: Value, **__: Value) -> Value:
    """``vectorize(pyfunc)``: what the function gives for one element decides the dtype."""

    def apply(machine: Machine, *args: Value) -> Value:
        from snugly.library.numpy.elementwise import apply as ufunc

        arrays = [as_array(machine, x) for x in args]
        one = as_array(
            machine, machine.call(pyfunc, *(made((), x.dtype, ranges.some_of(unordered(x.values))) for x in arrays))
        )
        shape = arrays[0].shape
        for other in arrays[1:]:
            together = ufunc(machine, "equal", made(shape, "bool"), other)
            shape = together.shape if isinstance(together, TensorFacts) else None
        return made(shape, one.dtype if one.shape == () else None, unordered(one.values))

    return Native(apply, "numpy.vectorize")
