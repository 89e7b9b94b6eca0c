"""Operators of which torch's kernels for tensors without memory cannot say what comes out; the shadows know it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from snugly.runtime.preflight.shadows import Shadows

    Special = Callable[[Shadows, tuple[Any, ...], Mapping[str, Any]], Any]


@cache
def special() -> Mapping[Any, Special]:
    """Return what answers an operator, by operator; ``NotImplemented`` is left to torch."""
    import torch

    aten = torch.ops.aten
    return {
        aten.lift_fresh.default: _written_out,
        aten.lift_fresh_copy.default: _written_out,
        aten.as_strided.default: _as_strided,
        aten._reshape_alias.default: _as_strided,
        aten.nonzero.default: _nonzero,
        aten.masked_select.default: _masked_select,
        aten.index.Tensor: _index,
        aten.index_put.default: _index_put,
        aten.index_put_.default: _index_put,
        aten._index_put_impl_.default: _index_put,
    }


def _written_out(shadows: Shadows, args: tuple[Any, ...], _: Mapping[str, Any]) -> Any:
    """``torch.tensor([…])``: a tensor whose elements are in the source."""
    return shadows.constant(args[0])


def _as_strided(shadows: Shadows, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """A view of what lies in memory around it, of which a shadow's own sizes say nothing."""
    tensor, *more = shadows.given(args)
    size, stride = (
        more[at] if at < len(more) else shadows.given(kwargs[name]) for at, name in ((0, "size"), (1, "stride"))
    )
    form = shadows.forms.form(tensor.form.dtype, tuple(size), tuple(stride))
    return shadows.make(form, tensor.memory, tensor.place)


def _nonzero(shadows: Shadows, args: tuple[Any, ...], _: Mapping[str, Any]) -> Any:
    import torch

    (mask,) = shadows.given(args)
    return shadows.dense(torch.int64, (shadows.counted(mask), len(mask.form.sizes)), mask.place)


def _masked_select(shadows: Shadows, args: tuple[Any, ...], _: Mapping[str, Any]) -> Any:
    tensor, mask = shadows.given(args)
    return shadows.dense(tensor.form.dtype, (shadows.counted(mask),), tensor.place)


def _index(shadows: Shadows, args: tuple[Any, ...], _: Mapping[str, Any]) -> Any:
    """Indexing; a mask among the indices takes as many elements as it has trues."""
    tensor, indices = shadows.given(args)
    if not any(_is_mask(each) for each in indices):
        return NotImplemented
    import torch

    places: list[Any] = []
    for each in indices:
        if _is_mask(each):
            axes = len(each.form.sizes)
            _check_mask(tensor, each, len(places), shadows)
            count = shadows.counted(each)
            places += [shadows.dense(torch.int64, (count,), each.place) for _ in range(axes)]
        else:
            places.append(each)
    return shadows.run(torch.ops.aten.index.Tensor, (tensor, places), {})


def _check_mask(tensor: Any, mask: Any, start: int, shadows: Shadows) -> None:
    """Refuse a mask that has other sizes than what it is taken from, as torch does."""
    axes = len(mask.form.sizes)
    if start + axes > len(tensor.form.sizes):
        msg = f"too many indices for tensor of dimension {len(tensor.form.sizes)}"
        raise IndexError(msg)
    for at in range(axes):
        if not shadows.alike(tensor.form.sizes[start + at], mask.form.sizes[at]):
            mask_shape, shape = (list(each.form.at(shadows.formation.lead).shape) for each in (mask, tensor))
            msg = (
                f"The shape of the mask {mask_shape} at index {at} does not match the shape of the indexed tensor "
                f"{shape} at index {start + at}"
            )
            raise IndexError(msg)


def _is_mask(value: Any) -> bool:
    import torch

    return isinstance(value, torch.Tensor) and value.dtype in {torch.bool, torch.uint8}


def _index_put(shadows: Shadows, args: tuple[Any, ...], _: Mapping[str, Any]) -> Any:
    """Writing through indices; whether a mask takes as many elements as are written, only elements can say."""
    tensor, indices, *_ = shadows.given(args)
    if not any(_is_mask(each) for each in indices):
        return NotImplemented
    return tensor
