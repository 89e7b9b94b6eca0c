"""Tensors made from data: ``torch.tensor`` and its kin, and the classes such as ``torch.LongTensor``.

Source: ``torch/csrc/utils/tensor_new.cpp`` of torch 2.13. Python floats have the default dtype, integers ``int64``,
numpy scalars and arrays their own; lists are promoted over their items.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from snugly.facts import ranges
from snugly.facts.dims import Dim, Expr, bounds, longest, product, same
from snugly.facts.dtypes import canonical_dtype, promote_types
from snugly.facts.misfits import Misfit
from snugly.facts.records import dataclass, replace
from snugly.facts.scalars import Number, linear_members, meant
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import NOTHING_KNOWN, ValueFacts
from snugly.operations.arguments import chosen_device, sizes_of
from snugly.operations.registry import UNKNOWN, Repeated, operation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from snugly.facts.tensors import Shape

LISTED = 4096
DISTINCT = 64
DEFAULT = "float32"
_NUMBERS = {bool: "bool", int: "int64", float: DEFAULT, complex: "complex64"}
_KINDS = {"bool": "bool", "int": "int64", "float": DEFAULT, "complex": "complex64"}


@dataclass(frozen=True, slots=True)
class Data:
    """What nested data are: the shape, the dtype that torch infers, and the elements."""

    shape: Shape | None
    dtype: str | None
    values: ValueFacts = NOTHING_KNOWN


NO_DATA = Data(None, None)


def read(data: Any, *, inside: bool = False) -> Data:
    """Read what ``torch.tensor`` is given.

    Args:
        data: a number, a list of such data, facts of a tensor or an array, ``Repeated`` or ``UNKNOWN``.
        inside: whether it is an item of a list, where a tensor must be one number.

    Raises:
        Misfit: torch makes no tensor of it.
    """
    if isinstance(data, bool | int | float | complex):
        return Data((), _NUMBERS[type(data)], known_values((data,)))
    if isinstance(data, Expr):
        low, high = bounds(data)
        known = linear_members(data)
        values = replace(_bounded(low, high, integral=True), members=known, written=meant(known))
        return Data((), "int64", values)
    if isinstance(data, Number):
        integral = True if data.type in ("int", "bool") else None
        values = replace(
            _bounded(data.low, data.high, integral=integral),
            most=longest(data.of),
            members=data.members,
            written=data.chosen(),
        )
        return Data((), _KINDS.get(data.type), values)
    if isinstance(data, TensorFacts):
        return _read_tensor(data, inside=inside)
    if isinstance(data, list | tuple):
        return _read_items(data)
    if isinstance(data, Repeated):
        item = read(data.element, inside=True) if data.element is not UNKNOWN else NO_DATA
        shape = None if item.shape is None else (data.length, *item.shape)
        return Data(shape, item.dtype, replace(item.values, elements=None, attained=False))
    return _refuse(data)


def _refuse(data: Any) -> Data:
    if data is None:
        message = "Could not infer dtype of NoneType"
        raise Misfit(message, clause="tensor-data", argument="data")
    if isinstance(data, str):
        message = "new(): invalid data type 'str'"
        raise Misfit(message, clause="tensor-data", raises="TypeError", argument="data")
    return NO_DATA


def _read_tensor(facts: TensorFacts, *, inside: bool) -> Data:
    if facts.kind == "ndarray" or not inside:
        return Data(facts.shape, facts.dtype, facts.values)
    count = None if facts.shape is None else product(facts.shape)
    if same(count, 1) is False:
        message = "only one element tensors can be converted to Python scalars"
        raise Misfit(message, clause="tensor-of-tensors", raises="ValueError", argument="data", shape=facts.shape)
    return Data((), facts.dtype, facts.values)


def _read_items(items: Sequence[Any]) -> Data:
    if not items:
        return Data((0,), DEFAULT, known_values(()))
    if all(type(item) in _NUMBERS for item in items):
        dtypes = {_NUMBERS[type(item)] for item in items}
        return Data((len(items),), _promote(dtypes), known_values(tuple(items)))
    parts = [read(item, inside=True) for item in items]
    shape: Shape | None = parts[0].shape
    for part in parts[1:]:
        shape = _common(shape, part.shape)
    dtype = None if any(part.dtype is None for part in parts) else _promote({part.dtype or "" for part in parts})
    whole = None if shape is None else (len(items), *shape)
    return Data(whole, dtype, _together([part.values for part in parts]))


def _common(first: Shape | None, other: Shape | None) -> Shape | None:
    """Return the sizes that two items share; those that certainly differ are a misfit."""
    if first is None or other is None:
        return None
    if 0 in first:  # the sizes are those of the first item, and nothing is read that could differ
        return first
    if len(first) != len(other):
        message = "not a sequence"
        raise Misfit(message, clause="ragged-data", raises="TypeError", argument="data")
    sizes: list[Dim | None] = []
    for axis, (a, b) in enumerate(zip(first, other, strict=True), start=1):
        if same(a, b) is False:
            message = f"expected sequence of length {a} at dim {axis} (got {b})"
            raise Misfit(message, clause="ragged-data", raises="ValueError", argument="data", expected=a, got=b)
        sizes.append(a if same(a, b) else None)
    return tuple(sizes)


def _promote(dtypes: set[str]) -> str:
    result, *others = sorted(dtypes)
    for other in others:
        result = promote_types(result, other)
    return result


def known_values(elements: tuple[Any, ...]) -> ValueFacts:
    """Return the facts of elements that are all known."""
    if any(isinstance(x, complex) for x in elements):
        return ValueFacts(elements=elements if len(elements) <= LISTED else None)
    distinct = frozenset(elements) if elements else frozenset()
    ordered = [x for x in distinct if not math.isnan(x)]
    finite = all(math.isfinite(x) for x in distinct)
    whole = len(ordered) == len(distinct)
    return ValueFacts(
        low=min(ordered) if ordered and whole else None,
        high=max(ordered) if ordered and whole else None,
        integral=all(float(x).is_integer() for x in distinct if math.isfinite(x)) and finite,
        members=distinct if len(distinct) <= DISTINCT else None,
        elements=elements if len(elements) <= LISTED else None,
        finite=finite,
        attained=bool(ordered),
    )


def _bounded(low: float | None, high: float | None, *, integral: bool | None) -> ValueFacts:
    return ValueFacts(low, high, integral=integral, finite=True if integral else None)


def _together(parts: list[ValueFacts]) -> ValueFacts:
    """Return what holds for the elements of all parts."""
    elements: tuple[Any, ...] | None = ()
    for part in parts:
        elements = None if elements is None or part.elements is None else (*elements, *part.elements)
        if elements is None or len(elements) > LISTED:
            elements = None
            break
    if elements is not None:
        return known_values(elements)
    return ranges.union(*parts) if parts else NOTHING_KNOWN


def made(data: Any, dtype: Any, device: Any, requires_grad: Any) -> TensorFacts:
    """Return the tensor that ``torch.tensor`` makes of data."""
    found = read(data)
    chosen = found.dtype if dtype is None else (canonical_dtype(dtype) if isinstance(dtype, str) else None)
    own = data.device if isinstance(data, TensorFacts) and data.kind != "ndarray" else "cpu"
    where = chosen_device(device, own)
    gradient = requires_grad if isinstance(requires_grad, bool) else None
    values = ranges.cast(found.values, found.dtype, chosen)
    axes = data.axes if isinstance(data, TensorFacts) else None
    return TensorFacts(found.shape, chosen, where, gradient, values, axes)


@operation("torch.tensor")
def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: Any = False, pin_memory: Any = False
) -> TensorFacts:
    return made(data, dtype, device, requires_grad)


@operation("torch.as_tensor", "torch.asarray")
def as_tensor(
    data: Any, dtype: Any = None, device: Any = None, *, copy: Any = None, requires_grad: Any = False
) -> TensorFacts:
    kept = data.requires_grad if isinstance(data, TensorFacts) and data.kind != "ndarray" else requires_grad
    return made(data, dtype, device, kept)


@operation("torch.scalar_tensor")
def scalar_tensor(
    s: Any, *, dtype: Any = None, device: Any = None, layout: Any = None, requires_grad: Any = False
) -> TensorFacts:
    return made(s, DEFAULT if dtype is None else dtype, device, requires_grad)


def _class_call(dtype: str) -> Callable[..., TensorFacts]:
    def call(*args: Any, device: Any = None) -> TensorFacts:
        if not args:
            return TensorFacts((0,), dtype, requires_grad=False)
        if len(args) == 1 and not isinstance(args[0], int | Expr | Number):
            return _from_one(args[0], dtype)
        shape = tuple(size if isinstance(size, int | Expr) else None for size in args)
        return TensorFacts(shape, dtype, requires_grad=False)

    return call


def _from_one(data: Any, dtype: str) -> TensorFacts:
    if isinstance(data, TensorFacts) and data.shape == ():
        return TensorFacts(None, dtype)
    if isinstance(data, tuple) and all(isinstance(item, int | Expr) for item in data):
        return TensorFacts(None, dtype, requires_grad=False)  # a torch.Size is sizes, a tuple is data
    if data is UNKNOWN:
        return TensorFacts(None, dtype)
    found = read(data)
    return TensorFacts(
        found.shape,
        dtype,
        requires_grad=data.requires_grad if isinstance(data, TensorFacts) else False,
        values=ranges.cast(found.values, found.dtype, dtype),
        axes=data.axes if isinstance(data, TensorFacts) else None,
    )


for _name, _dtype in (
    ("Tensor", DEFAULT),
    ("FloatTensor", "float32"),
    ("DoubleTensor", "float64"),
    ("HalfTensor", "float16"),
    ("BFloat16Tensor", "bfloat16"),
    ("ByteTensor", "uint8"),
    ("CharTensor", "int8"),
    ("ShortTensor", "int16"),
    ("IntTensor", "int32"),
    ("LongTensor", "int64"),
    ("BoolTensor", "bool"),
):
    operation(f"torch.{_name}", f"torch.cuda.{_name}")(_class_call(_dtype))


@operation("torch.Tensor.new_tensor")
def new_tensor(
    input: TensorFacts, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: Any = False
) -> TensorFacts:
    """Make a tensor of data, of the dtype and device of another."""
    return made(
        data, input.dtype if dtype is None else dtype, input.device if device is None else device, requires_grad
    )


@operation("torch.sparse_coo_tensor", "torch.sparse.FloatTensor")
def sparse_coo_tensor(
    indices: TensorFacts,
    values: Any,
    size: Any = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: Any = False,
    check_invariants: Any = None,
    is_coalesced: Any = None,
) -> TensorFacts:
    """Make a sparse tensor of a size; without one, its sizes depend on the indices."""
    given = read(values)
    shape = None if size is None else sizes_of((size,))
    chosen = given.dtype if dtype is None else (canonical_dtype(dtype) if isinstance(dtype, str) else None)
    gradient = requires_grad if isinstance(requires_grad, bool) else None
    return TensorFacts(shape, chosen, device if isinstance(device, str) else None, gradient)


@operation("torch.Tensor.to_sparse")
def other_layout(input: TensorFacts, *args: Any, **options: Any) -> TensorFacts:
    """Change the layout: the sizes stay."""
    return input.with_()
