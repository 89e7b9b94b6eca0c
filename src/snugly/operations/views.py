"""Views and reshaping: the same elements under another shape, and which axes provably stay themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts import shapes
from snugly.facts.dims import Dim, less, product, same
from snugly.facts.misfits import Misfit, require
from snugly.facts.ranges import some_of
from snugly.facts.shapes import normal_axis, shown
from snugly.facts.tensors import TensorFacts
from snugly.operations.arguments import Axes, axes_of, axis_of, integer, listed, sizes_of
from snugly.operations.registry import UNKNOWN, operation
from snugly.operations.results import both, rearranged, unordered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from snugly.facts.tensors import Shape


def _reshaped(input: TensorFacts, sizes: Shape | None) -> TensorFacts:
    shape = shapes.reshape(input.shape, sizes)
    moves = None if shape is None or input.shape is None else shapes.kept_axes(input.shape, shape)
    return rearranged(input, shape, moves)


def permuted(input: TensorFacts, order: Sequence[int]) -> TensorFacts:
    """Return a view with the axes in another order."""
    if input.shape is None:
        return rearranged(input, None, None)
    result = rearranged(input, tuple(input.shape[axis] for axis in order), {old: new for new, old in enumerate(order)})
    return result if list(order) == sorted(order) else _disordered(result, input)


def _disordered(result: TensorFacts, input: TensorFacts) -> TensorFacts:
    """Forget the listed elements of a view whose order is another one than that of the input."""
    if input.values.elements is None or (input.shape is not None and sum(size != 1 for size in input.shape) <= 1):
        return result
    return result.with_(values=unordered(result.values))


@operation("torch.Tensor.view", "torch.view_copy")
def view(input: TensorFacts, *shape: Any, dtype: str | None = None) -> TensorFacts:
    """The same elements in another shape, one size may be ``-1``; or the same bytes in another dtype."""
    if len(shape) == 1 and isinstance(shape[0], str):
        dtype = shape[0]
    if dtype is not None:
        return TensorFacts(None, dtype, input.device, None)
    return _reshaped(input, sizes_of(shape))


@operation("torch.Tensor.reshape")
def tensor_reshape(input: TensorFacts, *shape: Any) -> TensorFacts:
    """The same elements in another shape."""
    return _reshaped(input, sizes_of(shape))


@operation("torch.reshape")
def reshape(input: TensorFacts, shape: Any) -> TensorFacts:
    """The same elements in another shape."""
    return _reshaped(input, sizes_of((shape,)))


@operation("torch.Tensor.view_as", "torch.Tensor.reshape_as")
def view_as(input: TensorFacts, other: TensorFacts) -> TensorFacts:
    """The same elements in the shape of another tensor."""
    return _reshaped(input, other.shape)


@operation("torch.Tensor.resize_as_")
def resize_as_(input: TensorFacts, the_template: TensorFacts) -> TensorFacts:
    """Give a tensor the shape of another; elements may come or go."""
    return input.with_shape(*the_template.shape) if the_template.shape is not None else input.with_(shape=None)


@operation(*both("flatten"))
def flatten(input: TensorFacts, start_dim: int = 0, end_dim: int = -1) -> TensorFacts:
    """Join the axes from ``start_dim`` to ``end_dim`` into one."""
    if input.shape is None:
        both_known = integer(start_dim) == 0 and integer(end_dim) == -1
        return rearranged(input, (None,) if both_known else None, None)
    if not input.shape:
        return rearranged(input, (1,), {})
    start, end = axis_of(start_dim, len(input.shape)), axis_of(end_dim, len(input.shape))
    if start is None or end is None:
        return rearranged(input, None, None)
    if start > end:
        message = "flatten() has invalid args: start_dim cannot come after end_dim"
        raise Misfit(message, clause="flatten-order", argument="start_dim")
    joined = product(input.shape[start : end + 1])
    shape = (*input.shape[:start], joined, *input.shape[end + 1 :])
    moves = {
        axis: axis if axis < start else axis - end + start
        for axis in range(len(input.shape))
        if not start <= axis <= end
    }
    if start == end:
        moves[start] = start
    return rearranged(input, shape, moves)


@operation(*both("ravel"))
def ravel(input: TensorFacts) -> TensorFacts:
    """All elements in one axis."""
    return flatten(input)


@operation(*both("unflatten"))
def unflatten(input: TensorFacts, dim: int, sizes: Any) -> TensorFacts:
    """Split an axis into several."""
    axis = axis_of(dim, input.rank)
    wanted = sizes_of((sizes,))
    if axis is None or input.shape is None or wanted is None:
        return rearranged(input, None, None)
    old = input.shape[axis]
    try:
        found = shapes.reshape((old,), wanted) or ()
    except Misfit as misfit:
        message = (
            f"unflatten: Provided sizes {shown(wanted)} don't multiply up to the size of dim {axis}"
            f" ({old}) in the input tensor"
        )
        raise Misfit(message, clause="unflatten", argument="sizes", sizes=wanted, size=old) from misfit
    grown = len(found) - 1
    moves = {i: i if i < axis else i + grown for i in range(len(input.shape)) if i != axis}
    return rearranged(input, (*input.shape[:axis], *found, *input.shape[axis + 1 :]), moves)


@operation(*both("squeeze"), "torch.Tensor.squeeze_")
def squeeze(input: TensorFacts, dim: Axes = None) -> TensorFacts:
    """Drop axes of size one: all of them, or those named. Others that are named stay."""
    axes = None if dim is None else axes_of(dim, input.rank)
    if input.shape is None or (dim is not None and axes is None):
        return rearranged(input, None, None)
    stay = shapes.squeeze(input.shape, axes)
    if stay is None:
        return rearranged(input, None, None)
    return rearranged(input, tuple(input.shape[axis] for axis in stay), {old: new for new, old in enumerate(stay)})


@operation(*both("unsqueeze"), "torch.Tensor.unsqueeze_")
def unsqueeze(input: TensorFacts, dim: int) -> TensorFacts:
    """Put in an axis of size one."""
    if input.shape is None or (axis := integer(dim)) is None:
        return rearranged(input, None, None)
    place = normal_axis(axis, len(input.shape) + 1)
    shape = (*input.shape[:place], 1, *input.shape[place:])
    return rearranged(input, shape, {old: old if old < place else old + 1 for old in range(len(input.shape))})


@operation("torch.Tensor.permute")
def tensor_permute(input: TensorFacts, *dims: Any) -> TensorFacts:
    """The axes in another order."""
    return permute(input, dims[0] if len(dims) == 1 and not isinstance(dims[0], int) else dims)


@operation("torch.permute")
def permute(input: TensorFacts, dims: Any) -> TensorFacts:
    """The axes in another order, each named once."""
    order = listed(dims)
    if order is None:
        return rearranged(input, None, None)
    if input.rank is None:
        return rearranged(input, (None,) * len(order), None)
    if len(order) != input.rank:
        message = (
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired"
            f" ordering of dimensions i.e. input.dim() = {input.rank} is not equal to len(dims) = {len(order)}"
        )
        raise Misfit(message, clause="permute-rank", argument="dims", rank=input.rank, dims=order)
    axes = [axis_of(dim, input.rank) for dim in order]
    if None in axes:
        return rearranged(input, (None,) * len(order), None)
    if len(set(axes)) != len(axes):
        raise Misfit(
            "permute(): duplicate dims are not allowed.", clause="permute-repeated", argument="dims", dims=order
        )
    return permuted(input, [axis for axis in axes if axis is not None])


@operation(
    *both("transpose", "swapaxes", "swapdims"),
    "torch.Tensor.transpose_",
    "torch.Tensor.swapaxes_",
    "torch.Tensor.swapdims_",
)
def transpose(input: TensorFacts, dim0: int, dim1: int) -> TensorFacts:
    """Two axes exchanged."""
    if input.rank is None:
        return rearranged(input, None, None)
    first, second = axis_of(dim0, input.rank), axis_of(dim1, input.rank)
    if first is None or second is None:
        return rearranged(input, (None,) * input.rank, None)
    order = list(range(input.rank))
    if order:
        order[first], order[second] = order[second], order[first]
    return permuted(input, order)


@operation(*both("t"), "torch.Tensor.t_")
def t(input: TensorFacts) -> TensorFacts:
    """The transpose of a matrix; a vector is its own."""
    if input.rank is None:
        return rearranged(input, None, None)
    if input.rank > 2:
        message = f"t() expects a tensor with <= 2 dimensions, but self is {input.rank}D"
        raise Misfit(message, clause="rank", argument="input", rank=input.rank)
    return permuted(input, range(input.rank)[::-1])


@operation("torch.Tensor.T", "torch.Tensor.H")
def reversed_axes(input: TensorFacts) -> TensorFacts:
    """The axes in reverse order (``.T``); of a matrix the transpose."""
    return rearranged(input, None, None) if input.rank is None else permuted(input, range(input.rank)[::-1])


@operation("torch.Tensor.mT", "torch.Tensor.mH", "torch.adjoint", "torch.Tensor.adjoint")
def matrix_transpose(input: TensorFacts) -> TensorFacts:
    """The last two axes exchanged."""
    require(
        None if input.rank is None else input.rank >= 2,
        f"tensor.mT is only supported on matrices or batches of matrices. Got {input.rank}-D tensor.",
        clause="rank",
        argument="input",
    )
    return transpose(input, -2, -1)


@operation(*both("movedim", "moveaxis"))
def movedim(input: TensorFacts, source: Axes, destination: Axes) -> TensorFacts:
    """Move axes to other places; the others keep their order."""
    origins, targets = axes_of(source, input.rank), axes_of(destination, input.rank)
    if input.rank is None or origins is None or targets is None:
        return rearranged(input, None if input.rank is None else (None,) * input.rank, None)
    if len(origins) != len(targets):
        message = (
            "movedim: Invalid source or destination dims: source"
            f" ({shown(origins)} dims) should contain the same number of dims as destination ({shown(targets)} dims)"
        )
        raise Misfit(message, clause="movedim", argument="destination")
    rest = iter(axis for axis in range(input.rank) if axis not in origins)
    placed = dict(zip(targets, origins, strict=True))
    return permuted(input, [placed[place] if place in placed else next(rest) for place in range(input.rank)])


@operation("torch.Tensor.expand")
def expand(input: TensorFacts, *size: Any, implicit: bool = False) -> TensorFacts:
    """Axes of size one repeated without copying, new axes in front; ``-1`` keeps a size."""
    del implicit
    return _expanded(input, shapes.expand(input.shape, sizes_of(size)))


@operation("torch.Tensor.expand_as")
def expand_as(input: TensorFacts, other: TensorFacts) -> TensorFacts:
    """Expanded to the shape of another tensor."""
    return _expanded(input, shapes.expand(input.shape, other.shape))


@operation("torch.broadcast_to", "torch.Tensor.broadcast_to")
def broadcast_to(input: TensorFacts, size: Any) -> TensorFacts:
    """Expanded to a shape."""
    return _expanded(input, shapes.expand(input.shape, sizes_of((size,))))


def _expanded(input: TensorFacts, shape: Shape | None) -> TensorFacts:
    if input.shape is None or shape is None:
        return rearranged(input, shape, None).with_(values=unordered(rearranged(input, shape, None).values))
    fresh = len(shape) - len(input.shape)
    moves = {axis: axis + fresh for axis in range(len(input.shape))}
    result = rearranged(input, shape, moves)
    return result if shape == input.shape else result.with_(values=unordered(result.values))


@operation("torch.broadcast_tensors")
def broadcast_tensors(*tensors: Any) -> list[TensorFacts] | object:
    """Every tensor expanded to the shape that all broadcast to."""
    items = listed(tensors[0]) if len(tensors) == 1 and not isinstance(tensors[0], TensorFacts) else tensors
    if items is None or not all(isinstance(item, TensorFacts) for item in items):
        return UNKNOWN
    shape = shapes.broadcast(*[item.shape for item in items])
    return [_expanded(item, shape) for item in items]


@operation("torch.broadcast_shapes")
def broadcast_shapes(*sizes: Any) -> object:
    """The shape that shapes broadcast to."""
    shape = shapes.broadcast(*[sizes_of((size,)) for size in sizes])
    return UNKNOWN if shape is None or None in shape else shape


def _each(tensors: tuple[Any, ...], function: Callable[[TensorFacts], TensorFacts]) -> Any:
    """Apply a function to one tensor, to each of several, or to each of a list."""
    items = listed(tensors[0]) if len(tensors) == 1 else tensors
    if items is None:
        return function(tensors[0]) if isinstance(tensors[0], TensorFacts) else UNKNOWN
    return tuple(function(item if isinstance(item, TensorFacts) else TensorFacts()) for item in items)


@operation("torch.atleast_1d")
def at_least_1d(*tensors: Any) -> Any:
    """At least one axis for each."""
    return _each(tensors, atleast_1d)


@operation("torch.atleast_2d")
def at_least_2d(*tensors: Any) -> Any:
    """At least two axes for each."""
    return _each(tensors, atleast_2d)


@operation("torch.atleast_3d")
def at_least_3d(*tensors: Any) -> Any:
    """At least three axes for each."""
    return _each(tensors, atleast_3d)


def atleast_1d(input: TensorFacts) -> TensorFacts:
    """At least one axis."""
    return rearranged(input, (1,), {}) if input.shape == () else input.with_(origin=None)


def atleast_2d(input: TensorFacts) -> TensorFacts:
    """At least two axes, the new ones in front."""
    if input.rank is None:
        return rearranged(input, None, None)
    fresh = max(0, 2 - input.rank)
    return rearranged(input, (*(1,) * fresh, *(input.shape or ())), {axis: axis + fresh for axis in range(input.rank)})


def atleast_3d(input: TensorFacts) -> TensorFacts:
    """At least three axes: a vector gets one on each side, a matrix one behind."""
    shape = input.shape
    if shape is None or len(shape) > 2:
        return rearranged(input, shape, {axis: axis for axis in range(len(shape or ()))})
    if len(shape) == 2:
        return rearranged(input, (*shape, 1), {0: 0, 1: 1})
    return rearranged(input, (1, shape[0], 1), {0: 1}) if shape else rearranged(input, (1, 1, 1), {})


@operation(*both("diagonal"), "torch.linalg.diagonal")
def diagonal(input: TensorFacts, offset: int = 0, dim1: int = 0, dim2: int = 1) -> TensorFacts:
    """The diagonal of two axes, as a new last axis."""
    if input.shape is None:
        return rearranged(input, None, None)
    first, second = axis_of(dim1, len(input.shape)), axis_of(dim2, len(input.shape))
    shift = integer(offset)
    if first is None or second is None:
        return rearranged(input, (None,) * (len(input.shape) - 1), None)
    if first == second:
        message = f"diagonal dimensions cannot be identical {dim1}, {dim2}"
        raise Misfit(message, clause="axis-repeated", argument="dim2")
    stay = [axis for axis in range(len(input.shape)) if axis not in (first, second)]
    length = diagonal_length(input.shape[first], input.shape[second], shift)
    result = rearranged(
        input, (*(input.shape[axis] for axis in stay), length), {old: new for new, old in enumerate(stay)}
    )
    return result.with_(values=some_of(result.values))


def diagonal_length(rows: Dim | None, columns: Dim | None, offset: int | None) -> Dim | None:
    """Return how long a diagonal of a matrix is."""
    if rows is None or columns is None or offset is None:
        return None
    rows, columns = (rows, columns - offset) if offset >= 0 else (rows + offset, columns)
    if same(rows, columns):
        length: Dim | None = rows
    else:
        smaller = less(rows, columns)
        length = None if smaller is None else (rows if smaller else columns)
    if length is None or less(length, 0) is None:
        return None
    return 0 if less(length, 0) else length


@operation(
    *both("clone"),
    "torch.Tensor.contiguous",
    "torch.Tensor.pin_memory",
    "torch.Tensor.share_memory_",
    "torch.Tensor.coalesce",
    "torch.Tensor.to_dense",
)
def clone(input: TensorFacts) -> TensorFacts:
    """The same elements in the same shape."""
    return rearranged(input, input.shape, {axis: axis for axis in range(len(input.shape or ()))})


@operation(*both("detach"), "torch.Tensor.detach_", "torch.Tensor.data", "torch.detach_copy")
def detach(input: TensorFacts) -> TensorFacts:
    """The same elements, cut off from the graph."""
    return clone(input).with_(requires_grad=False)


@operation("torch.Tensor.requires_grad_")
def requires_grad_(input: TensorFacts, requires_grad: bool = True) -> TensorFacts:
    """Ask for gradients, or not."""
    return input.with_(requires_grad=requires_grad if isinstance(requires_grad, bool) else None)
