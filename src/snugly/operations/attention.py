"""Attention, and distances and similarities between rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts import ranges, shapes
from snugly.facts.dims import Dim, same
from snugly.facts.dtypes import real_of
from snugly.facts.misfits import Misfit
from snugly.facts.shapes import shown
from snugly.facts.values import NOTHING_KNOWN, ValueFacts
from snugly.operations.arguments import axis_of, flag, integer, promoted
from snugly.operations.pointwise import combined, floating
from snugly.operations.products import linear
from snugly.operations.reductions import reduced
from snugly.operations.registry import operation
from snugly.operations.results import made

if TYPE_CHECKING:
    from snugly.facts.tensors import TensorFacts

_F = "torch.nn.functional."


@operation(_F + "scaled_dot_product_attention", "torch._C._nn.scaled_dot_product_attention")
def scaled_dot_product_attention(
    query: TensorFacts,
    key: TensorFacts,
    value: TensorFacts,
    attn_mask: TensorFacts | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> TensorFacts:
    """``softmax(query @ key.T) @ value`` over the last two axes."""
    del dropout_p, scale
    dtypes = [facts.dtype for facts in (query, key, value)]
    if None not in dtypes and len(set(dtypes)) > 1:
        message = (
            "Expected query, key, and value to have the same dtype, but got query.dtype:"
            f" {dtypes[0]} key.dtype: {dtypes[1]} and value.dtype: {dtypes[2]} instead."
        )
        raise Misfit(message, clause="dtype-mismatch", argument="key", dtypes=tuple(dtypes))
    if attn_mask is not None and is_causal is True:
        message = "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True"
        raise Misfit(message, clause="option", argument="attn_mask")
    if query.shape is None or key.shape is None or value.shape is None:
        shape = None if query.shape is None or value.shape is None else (*query.shape[:-1], value.shape[-1])
        return made(shape, query.dtype, query, key, value)
    if min(map(len, (query.shape, key.shape, value.shape))) < 2:
        message = (
            "Expected query, key, and value to all be  at least 2 dimensional, but got query.dim():"
            f" {len(query.shape)}, key.dim(): {len(key.shape)} and value.dim(): {len(value.shape)} instead."
        )
        raise Misfit(message, clause="rank", argument="query")
    turned = (*key.shape[:-2], key.shape[-1], key.shape[-2])
    grouped = flag(enable_gqa) is not False
    front = query.shape[:-2] if grouped else None
    scores = shapes.matmul(query.shape[-2:] if grouped else query.shape, turned[-2:] if grouped else turned)
    if attn_mask is not None and attn_mask.shape is not None and scores is not None and not grouped:
        shapes.broadcast(attn_mask.shape, scores)
    result = shapes.matmul(scores, value.shape[-2:] if grouped else value.shape)
    shape = None if result is None else ((*front, *result) if front is not None else result)
    axes = None if query.axes is None or shape is None or len(query.axes) != len(shape) else (*query.axes[:-1], None)
    return made(shape, query.dtype, query, key, value, axes=axes)


@operation(_F + "multi_head_attention_forward")
def multi_head_attention_forward(
    query: TensorFacts,
    key: TensorFacts,
    value: TensorFacts,
    embed_dim_to_check: Any,
    num_heads: Any,
    in_proj_weight: TensorFacts | None = None,
    in_proj_bias: TensorFacts | None = None,
    bias_k: TensorFacts | None = None,
    bias_v: TensorFacts | None = None,
    add_zero_attn: bool = False,
    dropout_p: float = 0.0,
    out_proj_weight: TensorFacts | None = None,
    out_proj_bias: TensorFacts | None = None,
    training: bool = True,
    key_padding_mask: TensorFacts | None = None,
    need_weights: bool = True,
    attn_mask: TensorFacts | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: TensorFacts | None = None,
    k_proj_weight: TensorFacts | None = None,
    v_proj_weight: TensorFacts | None = None,
    static_k: TensorFacts | None = None,
    static_v: TensorFacts | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[TensorFacts, TensorFacts | None]:
    """Attention of several heads, time first (``L N E``): the output and, where wanted, the weights."""
    del in_proj_bias, dropout_p, training, use_separate_proj_weight, k_proj_weight, v_proj_weight, static_v, is_causal
    _check_heads(query, key, value, embed_dim_to_check, num_heads)
    extra = (bias_k is not None) + (add_zero_attn is True)
    batched = None if query.rank is None else query.rank == 3
    source = key.size(0) if static_k is None else static_k.size(1)
    _check_masks(query, key, key_padding_mask, attn_mask, num_heads)
    inputs = (query, key, value, in_proj_weight, q_proj_weight, bias_v)
    projected = made(query.shape, query.dtype, *inputs, axes=query.axes)
    output = projected if out_proj_weight is None else linear(projected, out_proj_weight, out_proj_bias)
    if flag(need_weights) is False:
        return output, None
    steps = None if source is None else source + extra
    heads = () if flag(average_attn_weights) is not False else (integer(num_heads),)
    shape = None
    if batched is not None:
        shape = (query.size(1), *heads, query.size(0), steps) if batched else (*heads, query.size(0), steps)
    return output, made(shape, query.dtype, *inputs, values=ValueFacts(0, None))


def _check_heads(query: TensorFacts, key: TensorFacts, value: TensorFacts, embed: Any, heads: Any) -> None:
    if query.rank is not None and query.rank not in (2, 3):
        message = f"query should be unbatched 2D or batched 3D tensor but received {query.rank}-D query tensor"
        raise Misfit(message, clause="rank", raises="AssertionError", argument="query", shape=query.shape)
    for name, facts in (("key", key), ("value", value)):
        if None not in (query.rank, facts.rank) and query.rank != facts.rank:
            kind = "batched 3-D" if query.rank == 3 else "unbatched 2-D"
            message = (
                f"For {kind} `query`, expected `key` and `value` to be {query.rank}-D but found"
                f" {key.rank}-D and {value.rank}-D"
                " tensors respectively"
            )
            raise Misfit(message, clause="rank", raises="AssertionError", argument=name, shape=facts.shape)
    wanted = integer(embed)
    if same(query.size(-1), wanted) is False:
        message = f"was expecting embedding dimension of {wanted}, but got {query.size(-1)}"
        raise Misfit(
            message,
            clause="attention-features",
            raises="AssertionError",
            argument="query",
            shape=query.shape,
            expected=wanted,
        )
    count = integer(heads)
    if wanted is not None and count and wanted % count:
        message = f"embed_dim {wanted} not divisible by num_heads {count}"
        raise Misfit(message, clause="attention-heads", raises="AssertionError", argument="num_heads")
    if query.rank == 3 and (same(key.size(1), query.size(1)) is False):
        heads_text = f"{count}" if count is not None else "?"
        rows = None if key.shape is None else key.shape
        message = (
            f"shape '[{key.size(0)}, {_scaled(query.size(1), count)}, {_head(wanted, count)}]' is"
            f" invalid for input of size {key.numel}"
        )
        raise Misfit(message, clause="attention-batch", argument="key", query=query.shape, key=rows, heads=heads_text)
    if (
        key.shape is not None
        and value.shape is not None
        and any(same(a, b) is False for a, b in zip(key.shape[:2], value.shape[:2], strict=True))
    ):
        message = (
            f"key shape torch.Size({shown(key.shape)}) does not match value shape torch.Size({shown(value.shape)})"
        )
        raise Misfit(
            message,
            clause="attention-key-value",
            raises="AssertionError",
            argument="value",
            key=key.shape,
            value=value.shape,
        )


def _scaled(size: Dim | None, count: int | None) -> Dim | None:
    return None if size is None or count is None else size * count


def _head(size: int | None, count: int | None) -> int | None:
    return None if size is None or not count else size // count


def _check_masks(
    query: TensorFacts, key: TensorFacts, padding: TensorFacts | None, mask: TensorFacts | None, num_heads: Any
) -> None:
    batched = query.rank == 3
    if padding is not None and padding.shape is not None and batched and key.shape is not None:
        wanted = (key.shape[1], key.shape[0])
        if len(padding.shape) != 2:
            message = (
                "For batched 3-D `query`, expected `key_padding_mask` to be `None` or 2-D but found"
                f" {len(padding.shape)}-D tensor instead"
            )
            raise Misfit(message, clause="attention-padding-mask", raises="AssertionError", argument="key_padding_mask")
        if any(same(a, b) is False for a, b in zip(padding.shape, wanted, strict=True)):
            message = f"expecting key_padding_mask shape of {tuple(wanted)}, but got torch.Size({shown(padding.shape)})"
            raise Misfit(
                message,
                clause="attention-padding-mask",
                raises="AssertionError",
                argument="key_padding_mask",
                given=padding.shape,
                expected=wanted,
            )
    if mask is None or mask.shape is None or not batched or query.shape is None:
        return
    wanted_mask = (query.size(0), key.size(0))
    if len(mask.shape) == 2 and any(same(a, b) is False for a, b in zip(mask.shape, wanted_mask, strict=True)):
        message = (
            f"The shape of the 2D attn_mask is torch.Size({shown(mask.shape)}), but should be"
            f" ({wanted_mask[0]}, {wanted_mask[1]})."
        )
        raise Misfit(message, clause="attention-mask", argument="attn_mask", given=mask.shape, expected=wanted_mask)
    if len(mask.shape) == 3:
        full = (_scaled(query.size(1), integer(num_heads)), *wanted_mask)
        if any(same(a, b) is False for a, b in zip(mask.shape, full, strict=True)):
            message = (
                f"The shape of the 3D attn_mask is torch.Size({shown(mask.shape)}), but should be"
                f" ({', '.join(map(str, full))})."
            )
            raise Misfit(message, clause="attention-mask", argument="attn_mask", given=mask.shape, expected=full)


@operation(_F + "cosine_similarity", "torch.cosine_similarity")
def cosine_similarity(x1: TensorFacts, x2: TensorFacts, dim: int = 1, eps: float = 1e-8) -> TensorFacts:
    """The cosine between vectors along an axis."""
    del eps
    together = combined(promoted(x1, x2), NOTHING_KNOWN, x1, x2)
    return reduced(together, dim, False, floating(together.dtype), ranges.between(-1, 1))


@operation(_F + "pairwise_distance", "torch.pairwise_distance")
def pairwise_distance(
    x1: TensorFacts, x2: TensorFacts, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> TensorFacts:
    """The distance between rows, pair by pair."""
    del p, eps
    together = combined(promoted(x1, x2), NOTHING_KNOWN, x1, x2)
    dtype = floating(together.dtype)
    return reduced(together, -1, keepdim, None if dtype is None else real_of(dtype), ranges.NON_NEGATIVE)


@operation("torch.cdist", "torch.functional.cdist")
def cdist(x1: TensorFacts, x2: TensorFacts, p: float = 2.0, compute_mode: Any = None) -> TensorFacts:
    """The distance between all pairs of rows."""
    del p, compute_mode
    for number, facts in ((1, x1), (2, x2)):
        if facts.rank is not None and facts.rank < 2:
            message = f"cdist only supports at least 2D tensors, X{number} got: {facts.rank}D"
            raise Misfit(message, clause="rank", argument=f"x{number}", shape=facts.shape)
    if same(x1.size(-1), x2.size(-1)) is False:
        message = f"X1 and X2 must have the same number of columns. X1: {x1.size(-1)} X2: {x2.size(-1)}"
        raise Misfit(message, clause="matmul-inner-sizes", argument="x2", a=x1.shape, b=x2.shape)
    if x1.shape is None or x2.shape is None:
        return made(None, x1.dtype, x1, x2, values=ranges.NON_NEGATIVE)
    batch = shapes.broadcast(x1.shape[:-2], x2.shape[:-2]) or ()
    return made((*batch, x1.shape[-2], x2.shape[-2]), x1.dtype or x2.dtype, x1, x2, values=ranges.NON_NEGATIVE)


@operation("torch.pdist", _F + "pdist")
def pdist(input: TensorFacts, p: float = 2.0) -> TensorFacts:
    """The distance between all pairs of rows of one matrix, each pair once."""
    del p
    rows = input.size(0)
    count = None if rows is None else rows * (rows - 1) // 2
    return made((count,), input.dtype, input, values=ranges.NON_NEGATIVE)


@operation("torch.cov", "torch.Tensor.cov", "torch.corrcoef", "torch.Tensor.corrcoef")
def cov(
    input: TensorFacts, *, correction: int = 1, fweights: TensorFacts | None = None, aweights: TensorFacts | None = None
) -> TensorFacts:
    """Covariances (or correlations) of rows."""
    del correction, fweights, aweights
    if input.rank is not None and input.rank > 2:
        message = f"cov(): expected input to have two or fewer dimensions but got an input with {input.rank} dimensions"
        raise Misfit(message, clause="rank", argument="input", shape=input.shape)
    shape = None if input.rank is None else (() if input.rank < 2 else (input.size(0), input.size(0)))
    if shape is not None and len(shape) == 2:
        single = same(shape[0], 1)
        shape = None if single is None else (() if single else shape)
    return made(shape, floating(input.dtype), input)


@operation("torch.cross", "torch.Tensor.cross", "torch.linalg.cross")
def cross(input: TensorFacts, other: TensorFacts, dim: int | None = None) -> TensorFacts:
    """The cross product of vectors of three."""
    result = combined(promoted(input, other), NOTHING_KNOWN, input, other)
    axis = axis_of(dim, result.rank) if dim is not None else None
    if axis is not None and same(result.size(axis), 3) is False:
        message = (
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {input.size(axis)} and {other.size(axis)}"
        )
        raise Misfit(message, clause="cross-size", argument="input", a=input.shape, b=other.shape)
    return result


@operation("torch.linalg.vecdot")
def vecdot(x: TensorFacts, y: TensorFacts, dim: int = -1) -> TensorFacts:
    """The products of vectors along an axis."""
    return reduced(combined(promoted(x, y), NOTHING_KNOWN, x, y), dim, False, promoted(x, y))
