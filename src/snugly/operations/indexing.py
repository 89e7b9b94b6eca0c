"""``tensor[key]``: integers, slices, ``None``, ``...``, masks and index tensors, as torch reads them."""

from __future__ import annotations

import math
from itertools import product as combinations
from typing import TYPE_CHECKING, Any

from snugly.facts import ranges, shapes
from snugly.facts.dims import Dim, Expr, less, same, symbol, symbols, value
from snugly.facts.dtypes import INTEGRAL
from snugly.facts.misfits import Misfit
from snugly.facts.records import dataclass, field, replace
from snugly.facts.scalars import Number
from snugly.facts.shapes import shown
from snugly.facts.tensors import TensorFacts, left_out
from snugly.facts.values import Meaning, ValueFacts
from snugly.operations.arguments import listed
from snugly.operations.registry import UNKNOWN, Repeated, operation
from snugly.operations.results import made

if TYPE_CHECKING:
    from snugly.facts.tensors import Shape

PLACE = "index of "
"""How the name of a symbol begins that stands for a whole number in a tensor."""
_SHIFTS = ("operator.add", "operator.sub")


@dataclass(frozen=True, slots=True)
class Span:
    """A slice of which only the length is known."""

    length: Dim


@dataclass(slots=True)
class _Reading:
    """What has been read of a key so far: the axes of the result, and where they came from."""

    facts: TensorFacts
    sizes: list[Dim | None] = field(default_factory=list)
    moves: dict[int, int] = field(default_factory=dict)  # old axis -> place, for axes that are still there
    whole: set[int] = field(default_factory=set)  # old axes that are kept from end to end
    picks: list[Any] = field(default_factory=list)  # per old axis, the positions kept; None where not listed
    advanced: list[tuple[Shape | None, int]] = field(default_factory=list)  # shape of an index tensor, place
    labels: list[str | None] = field(default_factory=list)  # labels of single axes that index tensors replace
    axis: int = 0
    unknown: bool = False
    masked: bool = False


@operation("operator.getitem", "torch.Tensor.__getitem__")
def getitem(input: TensorFacts, key: Any) -> TensorFacts:
    """``input[key]``.

    Raises:
        Misfit: ``IndexError`` for an index out of range, too many indices, a mask of another shape; ``ValueError`` for
            a negative step.
    """
    if input.shape is None:
        return _partly(input)
    reading = _read(input, _normal(key, len(input.shape)))
    if reading.unknown:
        return _partly(input)
    return _result(reading)


def _partly(input: TensorFacts) -> TensorFacts:
    """Return what holds for whatever part of a tensor: its range, dtype and device."""
    values = ranges.some_of(input.values)
    if values.axis is not None:
        values = replace(values, axis=None)
    return made(None, input.dtype, input, values=values)


def _normal(key: Any, rank: int) -> list[Any] | None:
    """Return one item for each axis that the key speaks of, ``...`` filled in; ``None`` where that is not known."""
    items = list(key) if isinstance(key, tuple) else [key]
    consumed = 0
    for item in items:
        count = _consumes(item)
        if count is None:
            return None
        consumed += count
    if consumed > rank:
        if rank == 0:
            message = (
                "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++"
                " to convert a 0-dim tensor to a number"
            )
        else:
            message = f"too many indices for tensor of dimension {rank}"
        raise Misfit(message, clause="too-many-indices", raises="IndexError", argument="key", rank=rank)
    fill = [slice(None)] * (rank - consumed)
    result: list[Any] = []
    seen = False
    for item in items:
        if item is ...:
            result.extend([] if seen else fill)
            seen = True
        else:
            result.append(item)
    return result if seen else result + fill


def _consumes(item: Any) -> int | None:
    """Return how many axes an item of a key speaks of."""
    if item is None or item is ... or isinstance(item, bool):
        return 0
    if isinstance(item, TensorFacts):
        if item.dtype in ("bool", "uint8"):
            return item.rank
        return None if item.dtype is None else 1
    if isinstance(item, Repeated):
        return None if isinstance(item.element, bool) or item.element is UNKNOWN else 1
    known = isinstance(item, int | Expr | Number | slice | Span | list | tuple)
    return 1 if known else None


def _read(input: TensorFacts, items: list[Any] | None) -> _Reading:
    reading = _Reading(input)
    if items is None:
        reading.unknown = True
        return reading
    for item in items:
        if item is None:
            reading.sizes.append(1)
        elif isinstance(item, slice):
            _read_slice(reading, item)
        elif isinstance(item, Span):
            _keep(reading, item.length, None)
        elif isinstance(item, bool):
            reading.unknown = True
        elif isinstance(item, int | Expr | Number) or _selects(item):
            _read_integer(reading, item)
        else:
            _read_indices(reading, item)
        if reading.unknown:
            break
    return reading


def _selects(item: Any) -> bool:
    """Tell whether an index tensor has no axes and acts like an integer."""
    return isinstance(item, TensorFacts) and item.shape == () and item.dtype in INTEGRAL and item.dtype != "uint8"


def _read_integer(reading: _Reading, item: Any) -> None:
    shape = reading.facts.shape or ()
    size = shape[reading.axis]
    place = item if isinstance(item, int | Expr) else None
    if place is not None and size is not None:
        check_index(place, size, reading.axis, shape)
    fixed = value(place)
    length = value(size)
    reading.picks.append([fixed % length] if fixed is not None and length else None)
    reading.axis += 1


def check_index(index: Dim, size: Dim, axis: int, shape: Shape) -> None:
    """Raise what torch does where an index is certainly out of range."""
    if less(index, size) is False or less(index, -size):
        message = f"index {index} is out of bounds for dimension {axis} with size {size}"
        details: dict[str, Any] = {"index": index, "size": size, "axis": axis, "shape": shape}
        raise Misfit(message, clause="index-range", raises="IndexError", argument="key", **details)


def _read_slice(reading: _Reading, item: slice) -> None:
    size = (reading.facts.shape or ())[reading.axis]
    if isinstance(item.step, int) and item.step <= 0 and reading.facts.kind != "ndarray":
        raise Misfit("step must be greater than zero", clause="slice-step", raises="ValueError", argument="key")
    start, stop, step = (edge_of(edge) for edge in (item.start, item.stop, item.step))
    length = slice_length(size, start, stop, step)
    if length is not None and any(symbol.name.startswith(PLACE) for symbol in symbols(length)):
        length = None
    full = (start in (None, 0) and stop is None and step in (None, 1)) or (
        length is not None and length == size and step != -1
    )
    if full:
        length = size
        reading.whole.add(reading.axis)
    fixed = value(size)
    plain = all(edge is None or isinstance(edge, int) for edge in (start, stop, step))
    few = plain and fixed is not None and fixed <= ranges.MOST_ELEMENTS
    _keep(reading, length, list(range(fixed or 0))[slice(start, stop, step)] if few else None)


def _keep(reading: _Reading, length: Dim | None, picks: list[int] | None) -> None:
    """Keep ``length`` positions of an axis, ``picks`` where they are listed."""
    reading.picks.append(picks)
    reading.moves[reading.axis] = len(reading.sizes)
    reading.sizes.append(length)
    reading.axis += 1


def edge_of(edge: Any) -> Any:
    """Return an edge of a slice as a ``Dim``, ``None`` for none, ``UNKNOWN`` for one that is not known."""
    if edge is None or isinstance(edge, int | Expr):
        return edge
    return _place(edge) if isinstance(edge, TensorFacts) else UNKNOWN


def _place(index: TensorFacts, depth: int = 4) -> Any:
    """Return a whole number that is a tensor as a symbol, so that ``x[i : i + 32]`` is known to have 32 rows."""
    values, origin = index.values, index.origin
    if values.elements is not None and len(values.elements) == 1:
        return values.elements[0]
    if origin is not None and origin.operation in _SHIFTS and len(origin.inputs) == 1 and depth:
        by = origin.options.get("other")
        base = _place(origin.inputs[0], depth - 1)
        if isinstance(by, int | Expr) and isinstance(base, int | Expr):
            return base + by if origin.operation == "operator.add" else base - by
    if index.shape != () or not values.integral or values.low is None or values.low < 0:
        return UNKNOWN
    high = None if values.high is None else int(values.high)
    return symbol(f"{PLACE}{id(index)}", int(values.low), high)


def slice_length(size: Dim | None, start: Any, stop: Any, step: Any) -> Dim | None:
    """Return how long ``range(size)[start:stop:step]`` is; any of them may be symbolic or ``UNKNOWN``."""
    if UNKNOWN in (start, stop, step):
        return None
    stride = 1 if step is None else step
    if not isinstance(stride, int) or stride == 0 or size is None:
        return _without_size(size, start, stop, stride)
    if stride < 0:
        return None if start is not None or stop is not None else (size - stride - 1) // -stride
    low = 0 if start is None else _clamped(start, size)
    high = size if stop is None else _clamped(stop, size)
    if low is None or high is None:
        return None
    empty = less(high, low)
    if empty:
        return 0
    if empty is None:
        return None
    return high - low if stride == 1 else (high - low + stride - 1) // stride


def _without_size(size: Dim | None, start: Any, stop: Any, stride: Any) -> Dim | None:
    """Return the length where it does not depend on a size that is not known."""
    if (
        size is None
        and isinstance(start, int)
        and isinstance(stop, int)
        and stride == 1
        and start < 0
        and start >= stop
    ):
        return 0
    return None


def _clamped(edge: Dim, size: Dim) -> Dim | None:
    """Return an edge counted from the front and moved into ``[0, size]``; ``None`` where it depends."""
    negative = less(edge, 0)
    if negative is None:
        return None
    place = edge + size if negative else edge
    if negative:
        before = less(place, 0)
        return None if before is None else (0 if before else place)
    beyond = less(size, place)
    if beyond is None:
        return None
    return size if beyond else place


def _read_indices(reading: _Reading, item: Any) -> None:
    """Read an index tensor, a mask, or a list of integers or truth values."""
    shape = reading.facts.shape or ()
    if isinstance(item, list | tuple | Repeated):
        item = _as_tensor(item)
    if not isinstance(item, TensorFacts):
        reading.unknown = True
        return
    if item.dtype in ("bool", "uint8"):
        _read_mask(reading, item)
        return
    if item.dtype is not None and item.dtype not in INTEGRAL:
        message = "tensors used as indices must be long, int, byte or bool tensors"
        raise Misfit(message, clause="index-dtype", raises="IndexError", argument="key", dtype=item.dtype)
    check_values(item.values, shape[reading.axis], reading.axis)
    label = reading.facts.axes[reading.axis] if reading.facts.axes is not None else None
    reading.labels.append(label if item.rank == 1 else None)
    reading.advanced.append((item.shape, len(reading.sizes)))
    reading.picks.append(None)
    reading.axis += 1


def check_values(values: ValueFacts, size: Dim | None, axis: int) -> None:
    """Raise what torch does where some index in a tensor is certainly out of range."""
    fixed = value(size)
    if fixed is not None and values.inside(-fixed, fixed - 1) is False:
        worst = values.high if values.high is not None and values.high >= fixed else values.low
        if values.elements is not None:
            worst = next((x for x in values.elements if not -fixed <= x < fixed), worst)
        message = f"index {worst} is out of bounds for dimension {axis} with size {size}"
        details: dict[str, Any] = {"index": worst, "size": size, "axis": axis}
        raise Misfit(message, clause="index-range", raises="IndexError", argument="key", **details)


def _as_tensor(item: Any) -> Any:
    """Return a list used as an index as the tensor that torch makes of it."""
    if isinstance(item, Repeated):
        return TensorFacts((item.length,), "int64") if isinstance(item.element, int | Expr | Number) else UNKNOWN
    items = listed(item)
    if not items:
        return UNKNOWN
    if all(isinstance(x, bool) for x in items):
        return TensorFacts((len(items),), "bool", values=ValueFacts(elements=tuple(items)))
    if all(isinstance(x, int) for x in items):
        return TensorFacts((len(items),), "int64", values=ValueFacts(min(items), max(items), elements=tuple(items)))
    return TensorFacts((len(items),), "int64") if all(isinstance(x, int | Expr | Number) for x in items) else UNKNOWN


def _read_mask(reading: _Reading, mask: TensorFacts) -> None:
    shape = reading.facts.shape or ()
    if mask.shape is None or not mask.shape:
        reading.unknown = True
        return
    for offset, size in enumerate(mask.shape):
        if same(size, shape[reading.axis + offset]) is False:
            message = (
                f"The shape of the mask {shown(mask.shape)} at index {offset} does not match the shape of the indexed"
                f" tensor {shown(shape)} at index {reading.axis + offset}"
            )
            details: dict[str, Any] = {"mask": mask.shape, "shape": shape}
            raise Misfit(message, clause="mask-shape", raises="IndexError", argument="key", **details)
    reading.masked = True
    elements = mask.values.elements
    count = None if elements is None else sum(map(bool, elements))
    label = reading.facts.axes[reading.axis] if reading.facts.axes is not None and len(mask.shape) == 1 else None
    reading.labels.append(label)
    reading.advanced.append(((count,), len(reading.sizes)))
    reading.picks.extend([None] * len(mask.shape))
    reading.axis += len(mask.shape)


def _result(reading: _Reading) -> TensorFacts:
    facts = reading.facts
    values = _values(reading)
    if not reading.advanced:
        return _placed(facts, tuple(reading.sizes), reading.moves, values, ())
    try:
        shape = shapes.broadcast(*[shape for shape, _ in reading.advanced])
    except Misfit as misfit:
        listing = ", ".join(shown(shape or ()) for shape, _ in reading.advanced)
        message = f"shape mismatch: indexing tensors could not be broadcast together with shapes {listing}"
        raise Misfit(message, clause="index-broadcast", raises="IndexError", argument="key") from misfit
    if shape is None:
        return _partly(facts)
    places = [place for _, place in reading.advanced]
    adjacent = all(place == places[0] for place in places)
    at = places[0] if adjacent else 0
    sizes = (*reading.sizes[:at], *shape, *reading.sizes[at:])
    moves = {old: new if new < at else new + len(shape) for old, new in reading.moves.items()}
    labels = [(at, reading.labels[0])] if len(reading.advanced) == 1 and len(shape) == 1 else []
    return _placed(facts, sizes, moves, values, labels)


def _placed(facts: TensorFacts, sizes: Shape, moves: dict[int, int], values: ValueFacts, labels: Any) -> TensorFacts:
    axes: list[str | None] | None = None
    if facts.axes is not None:
        axes = [None] * len(sizes)
        for old, new in moves.items():
            axes[new] = facts.axes[old]
        for place, label in labels:
            axes[place] = label
    if values.axis is not None:
        values = replace(values, axis=moves.get(values.axis))
    return made(sizes, facts.dtype, facts, values=values, axes=None if axes is None else tuple(axes))


def _values(reading: _Reading) -> ValueFacts:
    facts = reading.facts
    values = facts.values
    everything = len(reading.whole) == len(facts.shape or ())
    if everything:
        return values
    elements = None
    if values.elements is not None and all(pick is not None for pick in reading.picks):
        elements = _picked(values.elements, facts.shape or (), reading.picks)
    values = ranges.some_of(values) if _chooses_by_value(reading) else ranges.part_of(values)
    values = values if elements is None else replace(values, elements=elements)
    return values if values.axis is None or values.axis in reading.whole else single_class(values)


def _chooses_by_value(reading: _Reading) -> bool:
    """Tell whether a key may leave out some values on purpose: it is a mask, or it looks numbers up in a table."""
    source = reading.facts
    if reading.masked:
        return True
    looked_up = source.rank == 1 and any(shape is None or shape for shape, _ in reading.advanced)
    elements = source.values.elements
    wide = any(shape is None or len(shape) > 1 for shape, _ in reading.advanced)
    return looked_up and (wide or (elements is not None and len(set(elements)) == len(elements)))


def single_class(values: ValueFacts) -> ValueFacts:
    """Return what one column of a distribution is: a probability by itself."""
    meaning = {Meaning.PROBABILITIES: Meaning.BERNOULLI, Meaning.LOG_PROBABILITIES: Meaning.LOG_BERNOULLI,
               Meaning.ONE_HOT: Meaning.MASK}.get(values.meaning, values.meaning)  # type: ignore[arg-type]  # fmt: skip
    return replace(values, meaning=meaning, axis=None)


def _picked(elements: tuple[Any, ...], shape: Shape, picks: list[list[int]]) -> tuple[Any, ...] | None:
    sizes = [value(size) for size in shape]
    if None in sizes or math.prod(len(pick) for pick in picks) > ranges.MOST_ELEMENTS:
        return None
    strides = [math.prod(size or 0 for size in sizes[axis + 1 :]) for axis in range(len(sizes))]
    offsets = (sum(i * stride for i, stride in zip(place, strides, strict=True)) for place in combinations(*picks))
    return tuple(elements[offset] for offset in offsets)


@operation("operator.setitem", "torch.Tensor.__setitem__")
def setitem(input: TensorFacts, key: Any, value: Any) -> TensorFacts:
    """``input[key] = value``: the facts of ``input`` afterwards."""
    part = getitem(input, key)
    written = value.values if isinstance(value, TensorFacts) else ranges.constant(value)
    if isinstance(value, TensorFacts) and value.shape is not None and part.shape is not None:
        _check_written(part.shape, value.shape, key)
    new = ranges.cast(ranges.part_of(written), value.dtype if isinstance(value, TensorFacts) else None, input.dtype)
    values = ranges.after_writing(input.values, new, kept_written(input, key))
    if input.values.only((0,)) is True and new.only((1,)) is True and _picks_several(input, key):
        values = replace(values, meaning=Meaning.MASK)
    grad = True if isinstance(value, TensorFacts) and value.requires_grad else input.requires_grad
    return input.with_(values=replace(values, attained=False), requires_grad=grad, origin=None)


def _picks_several(facts: TensorFacts, key: Any) -> bool:
    """Tell whether a key is a list of places along the last axis, of which there may be more than one."""
    *places, last = key if isinstance(key, tuple) else (key,)
    if facts.rank != len(places) + 1 or not all(isinstance(place, int | Expr | Number) for place in places):
        return False
    index = _as_tensor(last) if isinstance(last, Repeated | list) else last
    if not isinstance(index, TensorFacts) or index.dtype in (None, "bool", "uint8") or index.rank != 1:
        return False
    count = index.size(0)
    return count is None or less(count, 2) is not True


def kept_written(facts: TensorFacts, key: Any) -> frozenset[float]:
    """Return which of the values written before are left where something else is written at ``key``."""
    items = key if isinstance(key, tuple) else (key,)
    if all(
        item is ... or item == slice(None) for item in items if not isinstance(item, TensorFacts | list)
    ) and not any(isinstance(item, TensorFacts | list) for item in items):
        return frozenset()
    gone = [left_out(facts, item) for item in items if isinstance(item, TensorFacts)]
    return facts.values.written.difference(*gone)


def _check_written(part: Shape, given: Shape, key: Any) -> None:
    """Raise what torch does where a value cannot be expanded to the part that is written."""
    given = given[next((i for i, size in enumerate(given) if same(size, 1) is not True), len(given)) :]
    try:
        shapes.expand(given, part)
    except Misfit as misfit:
        items = key if isinstance(key, tuple) else (key,)
        if any(isinstance(item, TensorFacts | list) for item in items):
            message = (
                f"shape mismatch: value tensor of shape {shown(given)} cannot be broadcast to"
                f" indexing result of shape {shown(part)}"
            )
        else:
            message = misfit.message
        raise Misfit(message, clause="setitem-shape", argument="value", part=part, value=given) from misfit
