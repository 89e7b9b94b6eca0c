"""Sums, means, extremes, counts: over all elements or along axes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from snugly.facts import ranges, shapes
from snugly.facts.dims import Dim, product, value
from snugly.facts.dtypes import COMPLEX
from snugly.facts.records import replace
from snugly.facts.values import NOTHING_KNOWN, ValueFacts
from snugly.interpreter.values import Number, Sequence, Unknown, Value
from snugly.library.numpy.arranging import indices_below
from snugly.library.numpy.arrays import as_array, listed, made, shape_of, size_of, unordered
from snugly.library.numpy.promotion import averaged, chosen, promote, summed
from snugly.library.numpy.shaping import normal, normal_axes
from snugly.library.plain import bounds
from snugly.library.registry import function

if TYPE_CHECKING:
    from collections.abc import Callable

    from snugly.facts.tensors import Shape, TensorFacts
    from snugly.interpreter.machine import Machine


def reduced(machine: Machine, array: TensorFacts, axis: Value, keepdims: Value) -> tuple[Shape | None, Dim | None]:
    """Return the shape after a reduction and how many elements go into one."""
    keep = keepdims is True or keepdims == 1
    if array.shape is None:
        return (() if axis is None and not keep else None), None
    rank = len(array.shape)
    axes = tuple(range(rank)) if axis is None else normal_axes(machine, axis, rank)
    if axes is None:
        return None, None
    return shapes.without(array.shape, axes, keepdim=keep), product(array.shape[place] for place in axes)


def _sum(a: ValueFacts, count: Dim | None) -> ValueFacts:
    least, most = (None, None) if count is None else bounds(count)
    low = None if a.low is None or (a.low < 0 and most is None) else min(a.low * (least or 0), a.low * (most or 0))
    high = None if a.high is None or (a.high > 0 and most is None) else max(a.high * (least or 0), a.high * (most or 0))
    if a.low is not None and a.low >= 0:
        low = a.low * (least or 0)
    if a.high is not None and a.high <= 0:
        high = a.high * (least or 0)
    return ValueFacts(low, high, integral=a.integral)


def _average(a: ValueFacts, _: Dim | None) -> ValueFacts:
    return ValueFacts(a.low, a.high)


def _extreme(a: ValueFacts, _: Dim | None) -> ValueFacts:
    return ranges.some_of(unordered(a))


def _spread(*_: object) -> ValueFacts:
    return ValueFacts(0)


def _any_number(*_: object) -> ValueFacts:
    return NOTHING_KNOWN


def _same(dtype: str | None) -> str | None:
    return dtype


def _real(dtype: str | None) -> str | None:
    return {"complex64": "float32", "complex128": "float64"}.get(dtype or "", averaged(dtype))


_EXACT: dict[str, Callable[..., object]] = {
    "sum": sum,
    "prod": math.prod,
    "max": max,
    "min": min,
    "mean": lambda x: sum(x) / len(x),
}
_REDUCTIONS: dict[str, tuple[Callable[[str | None], str | None], Callable[..., ValueFacts]]] = {
    "sum": (summed, _sum),
    "prod": (summed, _any_number),
    "mean": (averaged, _average),
    "median": (averaged, _average),
    "std": (_real, _spread),
    "var": (_real, _spread),
    "max": (_same, _extreme),
    "min": (_same, _extreme),
    "ptp": (_same, _spread),
}
_NAMES = {
    "amax": "max",
    "amin": "min",
    "product": "prod",
    **{f"nan{name}": name for name in _REDUCTIONS if name != "ptp"},
}


def reduce(
    machine: Machine, name: str, a: Value, axis: Value = None, dtype: Value = None, keepdims: Value = False
) -> Value:
    """Apply a reduction by its numpy name."""
    array = as_array(machine, a)
    to_dtype, to_values = _REDUCTIONS[name]
    shape, count = reduced(machine, array, axis, keepdims)
    result_dtype = chosen(dtype, to_dtype(array.dtype))
    exact = _exactly(name, array, shape, result_dtype)
    values = exact if exact is not None else to_values(replace(array.values, elements=None), count)
    if array.values.elements is not None and exact is None:
        values = to_values(unordered(array.values), count)
    if name in ("sum", "prod") and count is None:
        values = (
            ranges.WHOLE if values.integral else NOTHING_KNOWN if values.low is None else replace(values, high=None)
        )
    if result_dtype in COMPLEX:
        values = NOTHING_KNOWN
    return made(shape, result_dtype, values)


def _exactly(name: str, array: TensorFacts, shape: Shape | None, dtype: str | None) -> ValueFacts | None:
    """Compute a reduction to one number of elements that are all known."""
    elements = array.values.elements
    if name not in _EXACT or not elements or shape is None or any(size != 1 for size in shape):
        return None
    if dtype not in ("int64", "float64", "bool") or any(isinstance(x, complex) for x in elements):
        return None
    result = _EXACT[name](elements)
    if dtype == "float64":
        result = float(result)  # type: ignore[arg-type]
    if dtype == "int64" and isinstance(result, int) and not -(2**63) <= result < 2**63:
        return None
    return listed((result,))


def _declare(name: str) -> None:
    target = _NAMES.get(name, name)

    def reduction(
        machine: Machine,
        a: Value,
        axis: Value = None,
        dtype: Value = None,
        out: Value = None,
        keepdims: Value = False,
        **_: Value,
    ) -> Value:
        return reduce(machine, target, a, axis, dtype, keepdims)

    def without_dtype(
        machine: Machine, a: Value, axis: Value = None, out: Value = None, keepdims: Value = False, **_: Value
    ) -> Value:
        return reduce(machine, target, a, axis, None, keepdims)

    takes_dtype = target in ("sum", "prod", "mean", "std", "var")
    function(f"numpy.{name}", f"numpy.ndarray.{name}")(reduction if takes_dtype else without_dtype)


for _name in (*_REDUCTIONS, *_NAMES):
    _declare(_name)


@function("numpy.prod", "numpy.product")
def prod(
    machine: Machine,
    a: Value,
    axis: Value = None,
    dtype: Value = None,
    out: Value = None,
    keepdims: Value = False,
    **_: Value,
) -> Value:
    """``prod(a)``: of sizes too, symbolic ones included."""
    if isinstance(a, tuple | Sequence) and axis is None:
        items = machine.iterate(a).items
        sizes = None if items is None else [size_of(item) for item in items]
        if sizes and None not in sizes:
            result = product(sizes)
            if value(result) is None:
                return result
    return reduce(machine, "prod", a, axis, dtype, keepdims)


@function("numpy.average")
def average(
    machine: Machine, a: Value, axis: Value = None, weights: Value = None, returned: Value = False, **_: Value
) -> Value:
    """``average(a, axis=None, weights=None)``."""
    result = reduce(machine, "mean", a, axis)
    if weights is not None:
        result = result.with_(dtype=promote(result.dtype, as_array(machine, weights).dtype), values=NOTHING_KNOWN)
    return (result, result) if returned is True else result


@function("numpy.percentile", "numpy.quantile", "numpy.nanpercentile", "numpy.nanquantile")
def percentile(
    machine: Machine,
    a: Value,
    q: Value,
    axis: Value = None,
    out: Value = None,
    *_: Value,
    keepdims: Value = False,
    **__: Value,
) -> Value:
    """``percentile(a, q, axis=None)``: the axes of ``q`` come first."""
    array, wanted = as_array(machine, a), as_array(machine, q)
    shape, _count = reduced(machine, array, axis, keepdims)
    full = None if shape is None or wanted.shape is None else (*wanted.shape, *shape)
    dtype = averaged(array.dtype)
    return made(full, dtype if wanted.shape == () or dtype == "float64" else None, _average(array.values, None))


def _truth(machine: Machine, a: Value, axis: Value, keepdims: Value) -> Value:
    array = as_array(machine, a)
    return made(reduced(machine, array, axis, keepdims)[0], "bool", ranges.TRUTHS)


@function("numpy.all", "numpy.any", "numpy.ndarray.all", "numpy.ndarray.any", "numpy.alltrue", "numpy.sometrue")
def all_or_any(
    machine: Machine, a: Value, axis: Value = None, out: Value = None, keepdims: Value = False, **_: Value
) -> Value:
    """``all(a)`` and ``any(a)``."""
    return _truth(machine, a, axis, keepdims)


@function("numpy.allclose", "numpy.array_equal", "numpy.array_equiv", "numpy.may_share_memory", "numpy.shares_memory")
def allclose(machine: Machine, a: Value, b: Value, *_: Value, **__: Value) -> Value:
    """One truth value about two arrays."""
    return Number("bool")


@function("numpy.count_nonzero")
def count_nonzero(machine: Machine, a: Value, axis: Value = None, *, keepdims: Value = False) -> Value:
    """``count_nonzero(a)``."""
    array = as_array(machine, a)
    shape, count = reduced(machine, array, axis, keepdims)
    return made(shape, "int64", ValueFacts(0, None if count is None else bounds(count)[1], integral=True))


@function(
    "numpy.argmax", "numpy.argmin", "numpy.ndarray.argmax", "numpy.ndarray.argmin", "numpy.nanargmax", "numpy.nanargmin"
)
def argmax(machine: Machine, a: Value, axis: Value = None, out: Value = None, *, keepdims: Value = False) -> Value:
    """``argmax(a, axis=None)``: class indices below the size of the axis."""
    array = as_array(machine, a)
    shape, count = reduced(machine, array, axis, keepdims)
    place = None if axis is None or array.rank is None else normal(axis, array.rank)
    size = count if axis is None else None if place is None or array.shape is None else array.shape[place]
    return made(shape, "int64", indices_below(size))


def _cumulative(machine: Machine, a: Value, axis: Value, dtype: Value) -> Value:
    array = as_array(machine, a)
    shape: Shape | None = (array.numel,) if axis is None else array.shape
    elements = array.values.elements
    result_dtype = chosen(dtype, summed(array.dtype))
    if elements is not None and array.rank == 1 and result_dtype in ("int64", "float64"):
        totals: list[float] = []
        for element in elements:
            totals.append((totals[-1] if totals else 0) + element)
        return made(shape, result_dtype, listed(totals))
    low = 0 if array.values.low is not None and array.values.low >= 0 else None
    return made(shape, result_dtype, ValueFacts(low, integral=array.values.integral))


@function("numpy.cumsum", "numpy.ndarray.cumsum", "numpy.nancumsum")
def cumsum(machine: Machine, a: Value, axis: Value = None, dtype: Value = None, out: Value = None) -> Value:
    """``cumsum(a, axis=None)``."""
    return _cumulative(machine, a, axis, dtype)


@function("numpy.cumprod", "numpy.ndarray.cumprod")
def cumprod(machine: Machine, a: Value, axis: Value = None, dtype: Value = None, out: Value = None) -> Value:
    """``cumprod(a, axis=None)``."""
    array = as_array(machine, a)
    return made((array.numel,) if axis is None else array.shape, chosen(dtype, summed(array.dtype)))


@function("numpy.maximum.accumulate", "numpy.minimum.accumulate", "numpy.add.accumulate")
def accumulate(machine: Machine, array: Value, axis: Value = 0, dtype: Value = None, out: Value = None) -> Value:
    """``maximum.accumulate(array)``."""
    found = as_array(machine, array)
    return made(found.shape, None)


@function("numpy.bincount")
def bincount(machine: Machine, x: Value, /, weights: Value = None, minlength: Value = 0) -> Value:
    """``bincount(x)``: as long as the largest label and one more, or ``minlength``."""
    array = as_array(machine, x)
    values = unordered(array.values)
    fewest = size_of(minlength)
    length: Dim | None = None
    exact: tuple[int, ...] | None = None
    if isinstance(fewest, int) and values.high is not None and (values.attained or values.high < fewest):
        length = max(int(values.high) + 1, fewest)
    elif isinstance(fewest, int):
        length = machine.new_symbol("K", fewest)
    if array.values.elements is not None and isinstance(length, int) and length <= 1024 and weights is None:
        exact = tuple(array.values.elements.count(i) for i in range(length))
    dtype = "int64" if weights is None else "float64"
    facts = ValueFacts(0, None if array.numel is None else bounds(array.numel)[1], integral=True)
    return made((length,), dtype, listed(exact) if exact else facts if weights is None else NOTHING_KNOWN)


@function("numpy.histogram")
def histogram(machine: Machine, a: Value, bins: Value = 10, *_: Value, **__: Value) -> Value:
    """``histogram(a, bins=10)``: counts and edges."""
    count = size_of(bins)
    if count is None:
        edges = shape_of(machine, bins)
        count = None if edges is None or len(edges) < 2 else len(edges) - 1
    edges_dtype = averaged(as_array(machine, a).dtype)
    return made((count,), None, ValueFacts(0)), made((None if count is None else count + 1,), edges_dtype)


@function("numpy.histogram2d")
def histogram2d(machine: Machine, x: Value, y: Value, bins: Value = 10, *_: Value, **__: Value) -> Value:
    """``histogram2d(x, y, bins=10)``."""
    count = size_of(bins)
    edges = made((None if count is None else count + 1,), "float64")
    return made((count, count), "float64", ValueFacts(0)), edges, edges


@function("numpy.corrcoef", "numpy.cov")
def corrcoef(machine: Machine, x: Value, y: Value = None, *_: Value, **__: Value) -> Value:
    """``corrcoef(x, y=None)``: a square matrix, one row for each variable."""
    array = as_array(machine, x)
    if y is None and array.rank == 2:
        return made((array.size(0), array.size(0)), promote(array.dtype, "float64"))
    both = y is not None and array.rank == 1 and as_array(machine, y).rank == 1
    return made((2, 2) if both else None, None)


@function("numpy.trapz", "numpy.trapezoid")
def trapezoid(machine: Machine, y: Value, x: Value = None, dx: Value = 1.0, axis: Value = -1) -> Value:
    """``trapezoid(y, axis=-1)``."""
    array = as_array(machine, y)
    return made(reduced(machine, array, axis, False)[0], averaged(array.dtype))


@function("numpy.ndim")
def ndim(machine: Machine, a: Value) -> Value:
    """``ndim(a)``."""
    rank = as_array(machine, a).rank
    return Unknown("numpy.ndim") if rank is None else rank


@function("numpy.size")
def size(machine: Machine, a: Value, axis: Value = None) -> Value:
    """``size(a, axis=None)``."""
    array = as_array(machine, a)
    found = array.numel if axis is None else None if size_of(axis) is None else array.size(int(axis))
    return Unknown("numpy.size") if found is None else found


@function("numpy.shape")
def shape(machine: Machine, a: Value) -> Value:
    """``shape(a)``."""
    return machine.get(as_array(machine, a), "shape")
