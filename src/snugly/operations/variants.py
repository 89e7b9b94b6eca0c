"""What torch offers under a second name or in a rarer form of an operation that is declared elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.dims import less, same
from snugly.facts.scalars import Number
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import NOTHING_KNOWN
from snugly.operations import activations, creation, joins, resampling, views
from snugly.operations.arguments import axes_of, axis_of, promoted, sizes_of
from snugly.operations.pointwise import combined, floating
from snugly.operations.reductions import reduced
from snugly.operations.registry import UNKNOWN, operation
from snugly.operations.results import both, in_place, made
from snugly.operations.unary import elementwise

if TYPE_CHECKING:
    from collections.abc import Callable

_COPIES: dict[str, Callable[..., Any]] = {
    "expand_copy": views.expand,
    "permute_copy": views.permute,
    "squeeze_copy": views.squeeze,
    "t_copy": views.t,
    "transpose_copy": views.transpose,
    "unsqueeze_copy": views.unsqueeze,
    "unbind_copy": joins.unbind,
    "alias_copy": views.clone,
    "unsafe_split": joins.split,
    "unsafe_chunk": joins.chunk,
    "diagonal_copy": views.diagonal,
    "split_with_sizes_copy": joins.split_with_sizes,
    "unfold_copy": resampling.tensor_unfold,
}

for _name, _function in _COPIES.items():
    operation(f"torch.{_name}")(_function)
for _name in ("unsafe_split", "unsafe_chunk"):
    operation(f"torch.Tensor.{_name}")(_COPIES[_name])
operation("torch.ops.aten._safe_softmax.default")(activations.softmax)


@operation("torch.trapezoid", "torch.trapz")
def trapezoid(y: TensorFacts, x: TensorFacts | None = None, *, dx: Any = None, dim: int = -1) -> TensorFacts:
    """The integral along an axis."""
    del dx
    whole = y if x is None or x.rank == 1 else combined(promoted(y, x), NOTHING_KNOWN, y, x)
    dtype = promoted(y, x) if x is not None else y.dtype
    return reduced(whole, dim, False, floating(dtype))


@operation(*both("diff"))
def diff(
    input: TensorFacts, n: Any = 1, dim: int = -1, prepend: TensorFacts | None = None, append: TensorFacts | None = None
) -> TensorFacts:
    """Differences of neighbours along an axis, ``n`` times."""
    axis = axis_of(dim, input.rank)
    if n == 0:
        return input.with_(origin=None)
    parts = [part for part in (prepend, input, append) if part is not None]
    whole = joins.cat(parts, dim) if len(parts) > 1 else input
    if axis is None or whole.shape is None or not isinstance(n, int):
        return made(None, whole.dtype, input)
    size = whole.shape[axis]
    left = None if size is None else size - n
    empty = less(left, 0)
    if empty is not False:
        left = 0 if empty else None
    return made((*whole.shape[:axis], left, *whole.shape[axis + 1 :]), whole.dtype, *parts, axes=input.axes)


@operation(*both("renorm"), "torch.Tensor.renorm_")
def renorm(input: TensorFacts, p: float, dim: int, maxnorm: float) -> TensorFacts:
    """Slices scaled down to a norm."""
    del p, maxnorm
    axis_of(dim, input.rank)
    return elementwise(input, input.dtype, NOTHING_KNOWN)


@in_place("torch.Tensor.igamma_", "torch.Tensor.igammac_")
@operation(*both("igamma", "igammac"), "torch.special.gammainc", "torch.special.gammaincc")
def igamma(input: TensorFacts, other: TensorFacts) -> TensorFacts:
    """Incomplete gamma functions."""
    return combined(floating(promoted(input, other)), NOTHING_KNOWN, input, other)


@operation("torch.special.ndtr")
def ndtr(input: TensorFacts) -> TensorFacts:
    """The normal distribution function."""
    return elementwise(input, floating(input.dtype), NOTHING_KNOWN)


@operation("torch.Tensor.sum_to_size")
def sum_to_size(input: TensorFacts, *size: Any) -> TensorFacts:
    """Summed down to a shape that broadcasts to this one."""
    shape = sizes_of(size)
    dtype = input.dtype if input.dtype != "bool" else None  # bool as it came, int64 where something was summed
    return made(shape, dtype, input)


@operation("torch.Tensor.resize_", "torch.Tensor.resize")
def resize_(input: TensorFacts, *sizes: Any) -> TensorFacts:
    """Another shape; elements may come or go."""
    return input.with_(shape=sizes_of(sizes), values=NOTHING_KNOWN, axes=None, origin=None)


@operation("torch.nn.functional.upsample_nearest", "torch.nn.functional.upsample_bilinear")
def upsample_nearest(input: TensorFacts, size: Any = None, scale_factor: Any = None) -> TensorFacts:
    """``interpolate`` under its old name."""
    return resampling.interpolate(input, size, scale_factor)


@operation("torch.Tensor.grad")
def grad(input: TensorFacts) -> TensorFacts:
    """The gradient: as large as the tensor."""
    return TensorFacts(input.shape, input.dtype, input.device, False, axes=input.axes)


@operation(
    "torch.Tensor.is_contiguous",
    "torch.Tensor.is_pinned",
    "torch.Tensor.is_shared",
    "torch.Tensor.is_coalesced",
    "torch.Tensor.is_set_to",
    "torch.Tensor.is_same_size",
)
def is_contiguous(input: TensorFacts, *rest: Any, **options: Any) -> object:
    """A question about memory: not known."""
    del input, rest, options
    return Number("bool")


@operation("torch.is_complex", "torch.Tensor.is_complex")
def is_complex(input: TensorFacts) -> object:
    """Whether the dtype is complex."""
    return UNKNOWN if input.dtype is None else input.dtype.startswith("complex")


@operation("torch.cumulative_trapezoid")
def cumulative_trapezoid(y: TensorFacts, x: TensorFacts | None = None, *, dx: Any = None, dim: int = -1) -> TensorFacts:
    """Running integrals along an axis, one shorter."""
    del dx
    result = diff(y if x is None or x.rank == 1 else combined(promoted(y, x), NOTHING_KNOWN, y, x), 1, dim)
    return result.with_(dtype=floating(promoted(y, x) if x is not None else y.dtype))


@operation("torch.unravel_index")
def unravel_index(indices: TensorFacts, shape: Any) -> Any:
    """Flat positions as positions along each axis."""
    sizes = sizes_of((shape,))
    if sizes is None or any(same(size, 0) for size in sizes):
        return UNKNOWN
    return tuple(made(indices.shape, "int64", indices, axes=indices.axes) for _ in sizes)


@operation("torch.gradient")
def gradient(input: TensorFacts, *, spacing: Any = 1, dim: Any = None, edge_order: int = 1) -> Any:
    """Slopes along each axis, as many tensors of the same shape as there are axes."""
    del spacing, edge_order
    if input.rank is None:
        return UNKNOWN
    axes = range(input.rank) if dim is None else axes_of(dim, input.rank)
    if axes is None:
        return UNKNOWN
    return tuple(made(input.shape, floating(input.dtype), input) for _ in axes)


@operation("torch.empty_strided", "torch.empty_permuted")
def empty_strided(
    size: Any, stride: Any, *, dtype: str | None = None, device: str | None = None, requires_grad: bool = False
) -> TensorFacts:
    """Memory as it is found, laid out in a given order."""
    del stride
    return creation.empty(size=size, dtype=dtype, device=device, requires_grad=requires_grad)
