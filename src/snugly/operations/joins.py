"""Joining tensors, and taking them apart."""

from __future__ import annotations

import itertools
import math
from typing import Any

from snugly.facts import ranges, shapes
from snugly.facts.dims import Dim, less, same, value
from snugly.facts.misfits import Misfit
from snugly.facts.shapes import normal_axis, shown
from snugly.facts.tensors import Shape, TensorFacts
from snugly.facts.values import ValueFacts
from snugly.operations.arguments import axis_of, flag, integer, listed, promoted, whole
from snugly.operations.indexing import getitem, single_class, slice_length
from snugly.operations.registry import UNKNOWN, Repeated, operation
from snugly.operations.results import both, made
from snugly.operations.views import atleast_1d, atleast_2d, atleast_3d, unsqueeze

_MOST_PIECES = 1024


def _tensors(tensors: Any) -> list[TensorFacts] | None:
    items = listed(tensors)
    if items is None and isinstance(tensors, TensorFacts) and tensors.shape:
        count = value(tensors.shape[0])
        items = None if count is None or count > _MOST_PIECES else (getitem(tensors, 0),) * count
    if items is None:
        return None
    return [item if isinstance(item, TensorFacts) else TensorFacts() for item in items]


def _joined_values(parts: list[TensorFacts], axis: int | None) -> ValueFacts:
    values = ranges.union(*map(_present, parts))
    if values.axis is not None and values.axis == axis:
        return single_class(values)
    return values


def _present(part: TensorFacts) -> ValueFacts:
    """Return what is known of the elements that a part adds: an empty one adds none, whatever is said of them."""
    values = ranges.of_dtype(part.values, part.dtype)
    return values.unordered() if value(part.numel) else ranges.part_of(values)


def _element(tensors: Any) -> TensorFacts | None:
    """Return what each of a run of tensors is, where they are not listed."""
    if isinstance(tensors, Repeated) and isinstance(tensors.element, TensorFacts):
        return tensors.element
    return None


@operation("torch.cat", "torch.concat", "torch.concatenate")
def cat(tensors: Any, dim: int = 0) -> TensorFacts:
    """Joined along an axis that is already there; the other sizes must be equal."""
    items = _tensors(tensors)
    if items is None:
        return _cat_many(tensors, dim)
    if not items:
        message = "torch.cat(): expected a non-empty list of Tensors"
        raise Misfit(message, clause="empty-list", raises="ValueError", argument="tensors")
    for position, item in enumerate(items):
        if item.shape == ():
            message = f"zero-dimensional tensor (at position {position}) cannot be concatenated"
            raise Misfit(message, clause="cat-scalar", argument="tensors", position=position)
    kept = [item for item in items if item.shape != (0,)] or items
    axis = integer(dim)
    if axis is None:
        rank = next((item.rank for item in kept if item.rank is not None), None)
        return made(None if rank is None else (None,) * rank, promoted(*items), *items)
    shape = shapes.concatenate([item.shape for item in kept], axis)
    place = None if shape is None else normal_axis(axis, len(shape))
    labels = _common_labels(kept)
    return made(shape, promoted(*items), *items, values=_joined_values(items, place), axes=labels)


def _cat_many(tensors: Any, dim: object) -> TensorFacts:
    element = _element(tensors)
    axis = integer(dim)
    if element is None or element.shape is None or axis is None:
        return TensorFacts(None, None if element is None else element.dtype)
    place = normal_axis(axis, len(element.shape))
    size = element.shape[place]
    total = None if size is None or tensors.length is None else size * tensors.length
    shape = (*element.shape[:place], total, *element.shape[place + 1 :])
    return made(shape, element.dtype, element, values=_joined_values([element], place), axes=element.axes)


def _common_labels(items: list[TensorFacts]) -> tuple[str | None, ...] | None:
    labels = items[0].axes
    if labels is None or any(item.axes is None or len(item.axes) != len(labels) for item in items):
        return None
    return tuple(
        label if all(item.axes is not None and item.axes[axis] == label for item in items) else None
        for axis, label in enumerate(labels)
    )


@operation("torch.stack")
def stack(tensors: Any, dim: int = 0) -> TensorFacts:
    """Joined along a new axis; all shapes must be equal."""
    items = _tensors(tensors)
    if items is None:
        return _stack_many(tensors, dim)
    if not items:
        raise Misfit("stack expects a non-empty TensorList", clause="empty-list", argument="tensors")
    merged: Shape | None = items[0].shape
    for entry, item in enumerate(items[1:], 1):
        if merged is None or item.shape is None:
            merged = merged if item.shape is None else item.shape
            continue
        if len(item.shape) != len(merged) or any(same(a, b) is False for a, b in zip(merged, item.shape, strict=True)):
            message = (
                f"stack expects each tensor to be equal size, but got {shown(items[0].shape or merged)} at entry 0"
                f" and {shown(item.shape)} at entry {entry}"
            )
            details: dict[str, Any] = {"first": merged, "shape": item.shape, "entry": entry}
            raise Misfit(message, clause="stack-sizes", argument="tensors", **details)
        merged = tuple(shapes.known_same(a, b) for a, b in zip(merged, item.shape, strict=True))
    axis = integer(dim)
    values = _joined_values(items, None)
    return _stacked(merged, axis, len(items), promoted(*items), items, values)


def _stack_many(tensors: Any, dim: object) -> TensorFacts:
    element = _element(tensors)
    if element is None:
        return TensorFacts()
    values = _joined_values([element], None)
    return _stacked(element.shape, integer(dim), tensors.length, element.dtype, [element], values)


def _stacked(
    shape: Shape | None,
    axis: int | None,
    count: Dim | None,
    dtype: str | None,
    items: list[TensorFacts],
    values: ValueFacts,
) -> TensorFacts:
    if shape is None or axis is None:
        return made(None if shape is None else (None,) * (len(shape) + 1), dtype, *items)
    place = normal_axis(axis, len(shape) + 1)
    labels = _common_labels(items)
    axes = None if labels is None else (*labels[:place], None, *labels[place:])
    if values.axis is not None and values.axis >= place:
        values = ValueFacts(
            values.low,
            values.high,
            values.integral,
            values.members,
            None,
            values.finite,
            False,
            values.meaning,
            values.axis + 1,
        )
    return made((*shape[:place], count, *shape[place:]), dtype, *items, values=values, axes=axes)


def _refuse_none(tensors: Any, name: str) -> None:
    if listed(tensors) == ():
        raise Misfit(f"{name} expects a non-empty TensorList", clause="empty-list", argument="tensors")


@operation("torch.hstack")
def hstack(tensors: Any) -> TensorFacts:
    """Joined along the second axis, vectors along the first."""
    _refuse_none(tensors, "hstack")
    items = _tensors(tensors)
    if items is None:
        return TensorFacts()
    lifted = [atleast_1d(item) for item in items]
    rank = lifted[0].rank if lifted else 1
    return TensorFacts() if rank is None else cat(lifted, 0 if rank == 1 else 1)


@operation("torch.vstack", "torch.row_stack")
def vstack(tensors: Any) -> TensorFacts:
    """Joined along the first axis, vectors as rows."""
    _refuse_none(tensors, "vstack")
    items = _tensors(tensors)
    return TensorFacts() if items is None else cat([atleast_2d(item) for item in items], 0)


@operation("torch.dstack")
def dstack(tensors: Any) -> TensorFacts:
    """Joined along the third axis."""
    _refuse_none(tensors, "dstack")
    items = _tensors(tensors)
    return TensorFacts() if items is None else cat([atleast_3d(item) for item in items], 2)


@operation("torch.column_stack")
def column_stack(tensors: Any) -> TensorFacts:
    """Vectors as columns, joined along the second axis."""
    items = _tensors(tensors)
    if items is None:
        return TensorFacts()
    columns = [
        unsqueeze(item, 1) if item.rank == 1 else (atleast_2d(item) if item.rank == 0 else item) for item in items
    ]
    return hstack(columns)


@operation("torch.block_diag")
def block_diag(*tensors: Any) -> TensorFacts:
    """Matrices along a diagonal."""
    items = [atleast_2d(item) if isinstance(item, TensorFacts) else TensorFacts() for item in tensors]
    rows: Dim | None = 0
    columns: Dim | None = 0
    for item in items:
        rows = None if rows is None or item.size(0) is None else rows + item.size(0)  # type: ignore[operator]
        columns = None if columns is None or item.size(1) is None else columns + item.size(1)  # type: ignore[operator]
    return made((rows, columns), promoted(*items) if items else "float32", *items)


def _piece(input: TensorFacts, axis: int, size: Dim | None) -> TensorFacts:
    shape = None if input.shape is None else (*input.shape[:axis], size, *input.shape[axis + 1 :])
    values = ranges.part_of(input.values)
    if values.axis == axis and values.axis is not None:
        values = single_class(values)
    return made(shape, input.dtype, input, values=values, axes=input.axes)


def _pieces(input: TensorFacts, axis: int, sizes: list[Dim | None]) -> tuple[TensorFacts, ...]:
    """Return consecutive pieces along an axis, with their own elements where those are listed."""
    if input.values.elements is None:
        return tuple(_piece(input, axis, size) for size in sizes)
    result: list[TensorFacts] = []
    start: Dim | None = 0
    for size in sizes:
        if start is None or size is None:
            return tuple(_piece(input, axis, each) for each in sizes)
        key = (*(slice(None),) * axis, slice(start, start + size))
        result.append(getitem(input, key))
        start = start + size
    return tuple(result)


@operation(*both("split"), "torch.functional.split")
def split(tensor: TensorFacts, split_size_or_sections: Any, dim: int = 0, *, split_size: Any = None) -> Any:
    """Pieces of one size (the last may be smaller), or of the sizes in a list, which must add up."""
    wanted = split_size_or_sections if split_size is None else split_size
    axis = axis_of(dim, tensor.rank)
    size = None if axis is None else tensor.size(axis)
    sections = listed(wanted)
    if sections is not None:
        return _split_sections(tensor, [whole(section) for section in sections], axis, size)
    length = whole(wanted)
    if axis is None:
        return Repeated(made(None, tensor.dtype, tensor), None)
    if length == 0 and same(size, 0) is False:
        message = f"split_size can only be 0 if dimension size is 0, but got dimension size of {size}"
        raise Misfit(message, clause="split-size", argument="split_size_or_sections", size=size)
    return _equal_pieces(tensor, axis, size, length)


def _split_sections(tensor: TensorFacts, sections: list[Dim | None], axis: int | None, size: Dim | None) -> Any:
    total: Dim | None = 0
    for section in sections:
        total = None if total is None or section is None else total + section
    if same(total, size) is False:
        message = (
            f"split_with_sizes expects split_sizes to sum exactly to {size} (input tensor's size at dimension {axis}),"
            f" but got split_sizes={shown(sections)}"
        )
        details: dict[str, Any] = {"axis": axis, "size": size, "sections": tuple(sections)}
        raise Misfit(message, clause="split-sizes", argument="split_size_or_sections", **details)
    if axis is None:
        return tuple(made(None, tensor.dtype, tensor) for _ in sections)
    return _pieces(tensor, axis, sections)


def _equal_pieces(tensor: TensorFacts, axis: int, size: Dim | None, length: Dim | None) -> Any:
    known, step = value(size), value(length)
    if known is not None and step is not None and step > 0 and -(-known // step) <= _MOST_PIECES:
        sizes: list[Dim | None] = [min(step, known - start) for start in range(0, known, step)] or [known]
        if sizes == [known]:
            sizes = [size]
        return _pieces(tensor, axis, sizes)
    if size is not None and length is not None and less(0, length) and same(size % length, 0):
        pieces = size // length
        count = value(pieces)
        if count is not None and count <= _MOST_PIECES:
            return tuple(_piece(tensor, axis, length) for _ in range(count))
        return Repeated(_piece(tensor, axis, length), pieces)
    return Repeated(_piece(tensor, axis, None), None)


@operation("torch.split_with_sizes", "torch.Tensor.split_with_sizes")
def split_with_sizes(input: TensorFacts, split_sizes: Any, dim: int = 0) -> Any:
    """Pieces of the sizes in a list."""
    return split(input, split_sizes, dim)


@operation(*both("chunk"))
def chunk(input: TensorFacts, chunks: int, dim: int = 0) -> Any:
    """At most that many pieces of equal size, the last one smaller."""
    count = integer(chunks)
    if count is not None and count <= 0:
        message = f"chunk expects `chunks` to be greater than 0, got: {count}"
        raise Misfit(message, clause="chunk-count", argument="chunks")
    axis = axis_of(dim, input.rank)
    if axis is None or count is None:
        return Repeated(made(None, input.dtype, input), None)
    size = input.size(axis)
    if size == 0:
        return tuple(_piece(input, axis, 0) for _ in range(count))
    if size is not None and value(size) is None and same(size % count, 0):
        return tuple(_piece(input, axis, size // count) for _ in range(count))
    if value(size) is None:
        return Repeated(_piece(input, axis, None), None) if count != 1 else (input.with_(origin=None),)
    return _equal_pieces(input, axis, size, -(-(value(size) or 0) // count))


@operation(*both("tensor_split"))
def tensor_split(input: TensorFacts, indices_or_sections: Any, dim: int = 0) -> Any:
    """Exactly that many pieces, sizes as equal as can be; or pieces that end at indices."""
    axis = axis_of(dim, input.rank)
    if axis is None:
        return Repeated(made(None, input.dtype, input), None)
    size = input.size(axis)
    edges = listed(indices_or_sections)
    if isinstance(indices_or_sections, TensorFacts) and indices_or_sections.rank == 1:
        edges = indices_or_sections.values.elements
        if edges is None:
            return Repeated(_piece(input, axis, None), None)
    if edges is not None:
        bounds = [0, *edges, None]
        sizes = [slice_length(size, low, high, None) for low, high in itertools.pairwise(bounds)]
        return tuple(_piece(input, axis, length) for length in sizes)
    count, known = integer(indices_or_sections), value(size)
    if count is None:
        return Repeated(_piece(input, axis, None), None)
    if count <= 0:
        message = f"number of sections must be larger than 0, got {count}"
        raise Misfit(message, clause="chunk-count", argument="indices_or_sections")
    if known is None:
        return tuple(_piece(input, axis, None) for _ in range(count))
    return _pieces(input, axis, [known // count + (i < known % count) for i in range(count)])


def _require_axes(input: TensorFacts, least: int, name: str) -> None:
    if input.rank is not None and input.rank < least:
        message = (
            f"torch.{name} requires a tensor with at least {least} dimension, but got a tensor with"
            f" {input.rank} dimensions!"
        )
        raise Misfit(message, clause="rank", argument="input", shape=input.shape)


@operation(*both("hsplit"))
def hsplit(input: TensorFacts, indices_or_sections: Any) -> Any:
    """``tensor_split`` along the second axis, of a vector along its only one."""
    _require_axes(input, 1, "hsplit")
    return tensor_split(input, indices_or_sections, 0 if input.rank == 1 else 1)


@operation(*both("vsplit"))
def vsplit(input: TensorFacts, indices_or_sections: Any) -> Any:
    """``tensor_split`` along the first axis."""
    _require_axes(input, 2, "vsplit")
    return tensor_split(input, indices_or_sections, 0)


@operation(*both("dsplit"))
def dsplit(input: TensorFacts, indices_or_sections: Any) -> Any:
    """``tensor_split`` along the third axis."""
    _require_axes(input, 3, "dsplit")
    return tensor_split(input, indices_or_sections, 2)


@operation("builtins.iter", "torch.Tensor.__iter__")
def iterate(input: TensorFacts) -> Any:
    """The slices along the first axis, each without it."""
    if input.shape == ():
        raise Misfit("iteration over a 0-d tensor", clause="rank", raises="TypeError", argument="input")
    return unbind(input, 0)


@operation(*both("unbind"))
def unbind(input: TensorFacts, dim: int = 0) -> Any:
    """The slices along an axis, each without it."""
    if input.shape == ():
        message = "Dimension specified as 0 but tensor has no dimensions"
        raise Misfit(message, clause="rank", raises="IndexError", argument="input")
    axis = axis_of(dim, input.rank)
    if axis is None or input.shape is None:
        return Repeated(made(None, input.dtype, input, values=ranges.some_of(input.values)), None)
    count = value(input.shape[axis])
    front = (slice(None),) * axis
    if count is not None and count <= _MOST_PIECES and isinstance(input.shape[axis], int):
        if input.values.elements is not None:
            return tuple(getitem(input, (*front, i)) for i in range(count))
        return (getitem(input, (*front, 0)),) * count if count else ()
    element = made(
        shapes.without(input.shape, [axis]),
        input.dtype,
        input,
        values=_selected(input, axis),
        axes=_labels(input, axis),
    )
    return Repeated(element, input.shape[axis])


def _selected(input: TensorFacts, axis: int) -> ValueFacts:
    values = ranges.part_of(input.values)
    if values.axis is None:
        return values
    if values.axis == axis:
        return single_class(values)
    moved = values.axis - 1 if values.axis > axis else values.axis
    return ValueFacts(
        values.low, values.high, values.integral, values.members, None, values.finite, False, values.meaning, moved
    )


def _labels(input: TensorFacts, axis: int) -> tuple[str | None, ...] | None:
    return None if input.axes is None else (*input.axes[:axis], *input.axes[axis + 1 :])


@operation(*both("narrow", "narrow_copy"))
def narrow(input: TensorFacts, dim: int, start: Any, length: Any) -> TensorFacts:
    """A piece of an axis."""
    axis = axis_of(dim, input.rank)
    if axis is None:
        return made(None if input.rank is None else (None,) * input.rank, input.dtype, input)
    size, first, count = input.size(axis), whole(start), whole(length)
    if size is not None and first is not None and count is not None:
        begin = first + size if less(first, 0) else first
        if less(size, begin) or less(begin, 0):
            message = f"start out of range (expected to be in range of [-{size}, {size}], but got {first})"
            raise Misfit(message, clause="narrow-range", raises="IndexError", argument="start", start=first, size=size)
        if less(size, begin + count):
            message = f"start ({first}) + length ({count}) exceeds dimension size ({size})."
            raise Misfit(message, clause="narrow-range", argument="length", start=first, length=count, size=size)
    return _piece(input, axis, count)


@operation(*both("select"))
def select(input: TensorFacts, dim: int, index: Any) -> TensorFacts:
    """One slice along an axis, without it."""
    axis = axis_of(dim, input.rank)
    if axis is None or input.shape is None:
        return made(None if input.rank is None else (None,) * (input.rank - 1), input.dtype, input)
    place, size = whole(index), input.shape[axis]
    if place is not None and size is not None and (less(place, size) is False or less(place, -size)):
        message = f"select(): index {place} out of range for tensor of size {shown(input.shape)} at dimension {axis}"
        raise Misfit(message, clause="index-range", raises="IndexError", argument="index", index=place, size=size)
    shape = shapes.without(input.shape, [axis])
    return made(shape, input.dtype, input, values=_selected(input, axis), axes=_labels(input, axis))


@operation("torch.meshgrid", "torch.functional.meshgrid")
def meshgrid(*tensors: Any, indexing: str | None = None) -> Any:
    """Coordinates of a grid: one tensor for each axis, all of the shape of the grid."""
    items = _tensors(tensors[0] if len(tensors) == 1 and not isinstance(tensors[0], TensorFacts) else tensors)
    if items is None:
        return UNKNOWN
    sizes = [item.size(0) if item.rank else (1 if item.rank == 0 else None) for item in items]
    if indexing == "xy" and len(sizes) > 1:
        sizes[:2] = sizes[1], sizes[0]
    elif indexing not in (None, "ij", "xy"):
        sizes = [None] * len(sizes)
    return tuple(made(tuple(sizes), item.dtype, item, values=ranges.some_of(item.values)) for item in items)


@operation("torch.cartesian_prod")
def cartesian_prod(*tensors: Any) -> TensorFacts:
    """All combinations, one a row."""
    items = _tensors(tensors) or []
    total: Dim | None = 1
    for item in items:
        size = item.size(0)
        total = None if total is None or size is None else total * size
    if len(items) == 1:
        return items[0].with_(origin=None)
    return made((total, len(items)), promoted(*items), *items)


@operation("torch.combinations")
def combinations(input: TensorFacts, r: Any = 2, with_replacement: bool = False) -> TensorFacts:
    """All choices of ``r`` elements of a vector, one a row."""
    if input.rank is not None and input.rank != 1:
        message = f"Expect a 1D vector, but got shape {shown(input.shape or ())}"
        raise Misfit(message, clause="rank", argument="input", shape=input.shape)
    size, chosen, again = value(input.size(0)), integer(r), flag(with_replacement)
    rows: int | None = None
    if size is not None and chosen is not None and again is not None:
        rows = math.comb(size + chosen - 1, chosen) if again and size + chosen else math.comb(size, chosen)
    return made((rows, chosen), input.dtype, input, values=ranges.some_of(input.values))
