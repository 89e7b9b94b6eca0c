"""What operations do to shapes, on symbolic sizes and with three-valued comparison.

A shape is a tuple of sizes (``None`` for one that is not known); a function here raises ``Misfit`` only where torch
raises for every size that the symbols can have, and its answer holds wherever torch does not raise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.dims import Dim, Expr, divides, less, product, same, value
from snugly.facts.misfits import Misfit, require

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from snugly.facts.tensors import Shape


def shown(shape: Sequence[Dim | None]) -> str:
    """Write a shape as torch's messages do: ``[8, 16, 32, 32]``."""
    return "[" + ", ".join("?" if size is None else str(size) for size in shape) + "]"


def crossed(shape: Iterable[Dim | None]) -> str:
    """Write sizes as ``8x16``, or with ``?``."""
    return "x".join("?" if size is None else str(size) for size in shape)


def normal_axis(axis: int, rank: int) -> int:
    """Return ``axis`` counted from the front.

    Raises:
        Misfit: an ``IndexError`` of torch; a scalar takes the axes -1 and 0.
    """
    span = max(rank, 1)
    if -span <= axis < span:
        return axis + span if axis < 0 else axis
    message = f"Dimension out of range (expected to be in range of [{-span}, {span - 1}], but got {axis})"
    raise Misfit(message, clause="axis-range", raises="IndexError", argument="dim", axis=axis, rank=rank)


def known_same(a: Dim | None, b: Dim | None) -> Dim | None:
    """Return what is known of a size that is both ``a`` and ``b``; the one with a name is kept."""
    if a is None or b is None:
        return b if a is None else a
    if isinstance(a, int) and isinstance(b, Expr) and value(b) is None:
        return a
    return b if isinstance(a, int) or (value(a) is None and value(b) is not None) else a


def broadcast_size(a: Dim | None, b: Dim | None) -> tuple[Dim | None, bool]:
    """Return the size that two sizes broadcast to, and whether they certainly cannot."""
    if a is b or (isinstance(a, int) and isinstance(b, int) and a == b):
        return a, False
    one_a, one_b = same(a, 1), same(b, 1)
    if one_a:
        return b, False
    if one_b:
        return a, False
    equal = same(a, b)
    if equal:
        return known_same(a, b), False
    if equal is False and one_a is False and one_b is False:
        return None, True
    if one_a is False and one_b is False:
        return known_same(a, b), False
    if one_a is False:
        return a, False
    return (b, False) if one_b is False else (None, False)


def broadcast(*shapes: Shape | None) -> Shape | None:
    """Return the shape that all broadcast to, aligned at the last axis.

    Raises:
        Misfit: ``The size of tensor a (10) must match the size of tensor b (32) at non-singleton dimension 1``.
    """
    result = shapes[0]
    for shape in shapes[1:]:
        if result is None or shape is None:
            return None
        if result != shape:
            result = _broadcast_pair(result, shape)
    return result


def _broadcast_pair(a: Shape, b: Shape) -> Shape:
    rank = max(len(a), len(b))
    sizes: list[Dim | None] = []
    for axis in range(-1, -rank - 1, -1):  # torch names the last axis that differs
        if -axis > len(a) or -axis > len(b):
            sizes.append(b[axis] if -axis > len(a) else a[axis])
            continue
        size, clash = broadcast_size(a[axis], b[axis])
        if clash:
            message = (
                f"The size of tensor a ({a[axis]}) must match the size of tensor b ({b[axis]})"
                f" at non-singleton dimension {axis + rank}"
            )
            raise Misfit(message, clause="broadcast", argument="other", a=a, b=b, axis=axis + rank)
        sizes.append(size)
    return tuple(reversed(sizes))


def expand(shape: Shape | None, sizes: Shape | None) -> Shape | None:
    """Return the shape after ``Tensor.expand(*sizes)``; ``-1`` keeps a size."""
    if sizes is None:
        return None
    if shape is None:
        return tuple(None if size == -1 else size for size in sizes)
    fresh = len(sizes) - len(shape)
    if fresh < 0:
        message = (
            f"expand(torch.FloatTensor{{{shown(shape)}}}, size={shown(sizes)}): the number of sizes provided"
            f" ({len(sizes)}) must be greater or equal to the number of dimensions in the tensor ({len(shape)})"
        )
        raise Misfit(message, clause="expand-rank", shape=shape, sizes=sizes)
    result: list[Dim | None] = []
    for axis, size in enumerate(sizes):
        if axis < fresh:
            if size == -1:
                message = (
                    f"The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension {axis}"
                )
                raise Misfit(message, clause="expand-leading", shape=shape, sizes=sizes)
            result.append(size)
            continue
        old = shape[axis - fresh]
        if size == -1:
            result.append(old)
            continue
        if same(old, 1) is False and same(old, size) is False:
            message = (
                f"The expanded size of the tensor ({size}) must match the existing size ({old}) at non-singleton"
                f" dimension {axis}.  Target sizes: {shown(sizes)}.  Tensor sizes: {shown(shape)}"
            )
            raise Misfit(message, clause="expand-size", shape=shape, sizes=sizes, axis=axis)
        result.append(known_same(old, size) if same(old, 1) is False else size)
    return tuple(result)


def reshape(shape: Shape | None, sizes: Shape | None) -> Shape | None:
    """Return the shape after ``view`` or ``reshape``; one size may be ``-1``.

    Raises:
        Misfit: ``shape '[-1, 400]' is invalid for input of size 51200``.
    """
    if sizes is None:
        return None
    inferred = [axis for axis, size in enumerate(sizes) if size == -1]
    if len(inferred) > 1:
        raise Misfit("only one dimension can be inferred", clause="view-inferred-twice", sizes=sizes)
    for axis, size in enumerate(sizes):
        if isinstance(size, int) and size < -1:
            message = f"invalid shape dimension {size} at index {axis} of shape {shown(sizes)}"
            raise Misfit(message, clause="view-negative", sizes=sizes)
    count = None if shape is None else product(shape)
    unsure = inferred or [axis for axis, size in enumerate(sizes) if size is None]
    rest = product(size for size in sizes if size is not None and size != -1)
    if inferred and any(size is None for size in sizes):
        _check_count(shape, sizes, count, divides(rest, count))
        return tuple(None if size == -1 else size for size in sizes)
    if len(unsure) == 1:
        return _infer(shape, sizes, count, rest, unsure[0])
    if not unsure:
        _check_count(shape, sizes, count, same(rest, count))
    return _keep_names(shape, sizes)


def _infer(shape: Shape | None, sizes: Shape, count: Dim | None, rest: Dim | None, axis: int) -> Shape:
    if rest == 0 and sizes[axis] == -1 and count == 0:
        message = (
            f"cannot reshape tensor of 0 elements into shape {shown(sizes)} because the unspecified dimension size -1"
            " can be any value and is ambiguous"
        )
        raise Misfit(message, clause="view-ambiguous", sizes=sizes)
    fits = same(count, 0) if rest == 0 else divides(rest, count)
    _check_count(shape, sizes, count, fits)
    found = None if count is None or rest is None or same(rest, 0) is not False else count // rest
    if found is None and shape is not None and rest is not None:
        found = _cancelled(shape, sizes, axis)
    return _keep_names(shape, (*sizes[:axis], found, *sizes[axis + 1 :]))


def _cancelled(shape: Shape, sizes: Shape, axis: int) -> Dim | None:
    """Infer a size where some sizes are not known, or may be zero, by striking out equal ones on both sides."""
    left = list(shape)
    for position, size in enumerate(sizes):
        if position == axis:
            continue
        if size is None or size not in left or same(size, 0) is not False:
            return None
        left.remove(size)
    return product(left)


def _check_count(shape: Shape | None, sizes: Shape, count: Dim | None, fits: bool | None) -> None:  # noqa: FBT001
    if fits is False:
        message = f"shape '{shown(sizes)}' is invalid for input of size {count}"
        raise Misfit(message, clause="view-size", argument="shape", shape=shape, sizes=sizes, count=count)


def _keep_names(shape: Shape | None, sizes: Shape) -> Shape:
    """Let an axis that is provably left alone keep its named size: the batch of 32 stays the batch."""
    if shape is None:
        return sizes
    result = list(sizes)
    for old, new in kept_axes(shape, sizes).items():
        result[new] = known_same(shape[old], sizes[new])
    return tuple(result)


def kept_axes(old: Shape, new: Shape) -> dict[int, int]:
    """Return the axes that a reshape provably leaves alone, as old axis to new axis.

    They are those with equal sizes from the front, up to the first difference, and from the end.
    """
    kept: dict[int, int] = {}
    front = 0
    while front < min(len(old), len(new)) and same(old[front], new[front]):
        kept[front] = front
        front += 1
    back = 1
    while back <= min(len(old), len(new)) - front and same(old[-back], new[-back]):
        kept[len(old) - back] = len(new) - back
        back += 1
    return kept


def squeeze(shape: Shape | None, axes: Sequence[int] | None = None) -> tuple[int, ...] | None:
    """Return which axes stay after ``squeeze``; ``None`` where it depends on a size that is not known."""
    if shape is None:
        return None
    named = range(len(shape)) if axes is None else {normal_axis(axis, len(shape)) for axis in axes}
    stay: list[int] = []
    for axis, size in enumerate(shape):
        single = same(size, 1) if axis in named else False
        if single is None:
            return None
        if not single:
            stay.append(axis)
    return tuple(stay)


def without(shape: Shape | None, axes: Iterable[int], *, keepdim: bool = False) -> Shape | None:
    """Return the shape after a reduction over ``axes`` (non-negative)."""
    if shape is None:
        return None
    gone = set(axes)
    if keepdim:
        return tuple(1 if axis in gone else size for axis, size in enumerate(shape))
    return tuple(size for axis, size in enumerate(shape) if axis not in gone)


def concatenate(shapes: Sequence[Shape | None], dim: int) -> Shape | None:
    """Return the shape of ``torch.cat`` of tensors of these shapes, none of them the legacy empty ``(0,)``.

    Raises:
        Misfit: ``Sizes of tensors must match except in dimension 1. Expected size 2 but got size 3 for tensor number 1
            in the list.``
    """
    known = [shape for shape in shapes if shape is not None]
    if not known:
        return None
    first = known[0]
    axis = normal_axis(dim, len(first))
    merged = list(first)
    total: Dim | None = 0
    for number, shape in enumerate(shapes):
        if shape is None:
            total = None
            continue
        if len(shape) != len(first):
            message = f"Tensors must have same number of dimensions: got {len(first)} and {len(shape)}"
            raise Misfit(message, clause="cat-rank", argument="tensors", number=number, first=first, shape=shape)
        for other, size in enumerate(shape):
            if other == axis:
                total = None if total is None or size is None else total + size
                continue
            if same(size, merged[other]) is False:
                message = (
                    f"Sizes of tensors must match except in dimension {axis}. Expected size {merged[other]}"
                    f" but got size {size} for tensor number {number} in the list."
                )
                details: dict[str, Any] = {"axis": axis, "at": other, "number": number, "first": first, "shape": shape}
                raise Misfit(message, clause="cat-sizes", argument="tensors", **details)
            merged[other] = known_same(merged[other], size)
    merged[axis] = total
    return tuple(merged)


def matmul(a: Shape | None, b: Shape | None) -> Shape | None:
    """Return the shape of ``torch.matmul`` of two shapes of any rank from 1 up."""
    if a is None or b is None:
        return None
    if not a or not b:
        message = f"both arguments to matmul need to be at least 1D, but they are {len(a)}D and {len(b)}D"
        raise Misfit(message, clause="matmul-rank", a=a, b=b)
    inner = b[0] if len(b) == 1 else b[-2]
    if same(a[-1], inner) is False:
        raise Misfit(_matmul_message(a, b), clause="matmul-inner-sizes", argument="other", a=a, b=b)
    batch = broadcast(a[:-2], b[:-2]) or ()
    rows = a[-2:-1] if len(a) > 1 else ()
    columns = b[-1:] if len(b) > 1 else ()
    return (*batch, *rows, *columns)


def _matmul_message(a: Shape, b: Shape) -> str:
    """Torch's text for inner sizes that differ: it names the kernel that the ranks lead to."""
    if len(a) == 1 and len(b) == 1:
        return (
            f"inconsistent tensor size, expected tensor {shown(a)} and src {shown(b)} to have the same number of"
            f" elements, but got {a[0]} and {b[0]} elements respectively"
        )
    rows = product(a[:-1])
    if len(b) == 1:
        return f"size mismatch, got input ({_mark(rows)}), mat ({_mark(rows)}x{a[-1]}), vec ({b[0]})"
    if len(b) == 2:
        return f"mat1 and mat2 shapes cannot be multiplied ({_mark(rows)}x{a[-1]} and {b[0]}x{_mark(b[1])})"
    batch = broadcast(a[:-2], b[:-2]) or ()
    if len(a) == 1:
        batch = b[:-2]
    flat = _mark(product(batch))
    return (
        f"Expected size for first two dimensions of batch2 tensor to be: [{flat}, {a[-1]}] but got: [{flat}, {b[-2]}]."
    )


def _mark(size: Dim | None) -> str:
    return "?" if size is None else str(size)


def window_size(
    size: Dim | None,
    kernel: Dim | None,
    stride: Dim | None = 1,
    padding: Dim | None = 0,
    dilation: Dim | None = 1,
    *,
    ceil: bool = False,
    after: Dim | None = None,
) -> Dim | None:
    """Return how many windows of ``kernel`` fit along an axis: the output size of a convolution or a pooling.

    With ``ceil`` a last window may hang over the end, if it starts inside the input or the padding before it.
    ``after`` is the padding at the end, where it differs from that at the front.
    """
    if size is None or kernel is None or stride is None or padding is None or dilation is None:
        return None
    if same(stride, 0) is not False:
        return None
    room = size + padding + (padding if after is None else after) - dilation * (kernel - 1) - 1
    if not ceil:
        return room // stride + 1
    count = (room + stride - 1) // stride + 1
    overhang = less((count - 1) * stride, size + padding)
    if overhang is None:
        return None
    return count if overhang else count - 1


def transposed_size(
    size: Dim | None,
    kernel: Dim | None,
    stride: Dim | None = 1,
    padding: Dim | None = 0,
    output_padding: Dim | None = 0,
    dilation: Dim | None = 1,
) -> Dim | None:
    """Return the output size of a transposed convolution along an axis."""
    if None in (size, kernel, stride, padding, output_padding, dilation):
        return None
    return (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1  # type: ignore[operator]


def require_same(a: Dim | None, b: Dim | None, message: str, **parts: object) -> None:
    """Raise ``Misfit`` where two sizes certainly differ."""
    require(same(a, b), message, **parts)
