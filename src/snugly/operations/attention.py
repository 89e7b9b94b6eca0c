"""Attention of several heads: what ``torch.nn.MultiheadAttention`` checks and returns.

Source: ``multi_head_attention_forward`` and ``_mha_shape_check`` in ``torch/nn/functional.py`` of torch 2.13.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.dims import Dim, same
from snugly.facts.misfits import Misfit, require
from snugly.facts.shapes import shown
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import Meaning, ValueFacts
from snugly.operations.arguments import flag, whole
from snugly.operations.registry import operation
from snugly.operations.results import gradient

if TYPE_CHECKING:
    from snugly.facts.tensors import Shape


def _check_ranks(query: TensorFacts, key: TensorFacts, value: TensorFacts, padding: Any, mask: Any) -> None:
    rank = query.rank
    if rank is None:
        return
    if rank not in (2, 3):
        message = f"query should be unbatched 2D or batched 3D tensor but received {rank}-D query tensor"
        raise Misfit(message, clause="query-rank", raises="AssertionError", argument="query", rank=rank)
    kind = "batched (3-D)" if rank == 3 else "unbatched (2-D)"
    for name, facts in (("key", key), ("value", value)):
        if facts.rank is not None and facts.rank != rank:
            message = (
                f"For {kind} `query`, expected `key` and `value` to be {rank}-D"
                f" but found {key.rank}-D and {value.rank}-D tensors respectively"
            )
            raise Misfit(message, clause="key-rank", raises="AssertionError", argument=name, rank=rank)
    if isinstance(padding, TensorFacts) and padding.rank is not None and padding.rank != rank - 1:
        message = (
            f"For {kind} `query`, expected `key_padding_mask` to be `None` or {rank - 1}-D"
            f" but found {padding.rank}-D tensor instead"
        )
        raise Misfit(message, clause="mask-rank", raises="AssertionError", argument="key_padding_mask")
    if isinstance(mask, TensorFacts) and mask.rank is not None and mask.rank not in (2, 3):
        message = (
            f"For {kind} `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found {mask.rank}-D tensor instead"
        )
        raise Misfit(message, clause="mask-rank", raises="AssertionError", argument="attn_mask")


def _time_first(facts: TensorFacts, batch_first: bool | None) -> Shape | None:
    """Return a shape as ``(time, batch, features)``; an input without a batch has one of size 1."""
    shape = facts.shape
    if shape is None:
        return None
    if len(shape) == 2:
        return shape[0], 1, shape[1]
    if batch_first is None:
        return None, None, shape[2]
    return (shape[1], shape[0], shape[2]) if batch_first else shape


def _check_sizes(query: Shape | None, key: Shape | None, value: Shape | None, width: Dim | None, packed: bool) -> None:
    if query is not None:
        message = f"was expecting embedding dimension of {width}, but got {query[2]}"
        equal = same(query[2], width)
        require(equal, message, clause="embedding-size", raises="AssertionError", argument="query", expected=width)
    if key is not None and value is not None:
        pairs = list(zip(key, value, strict=True))[: 3 if packed else 2]
        if any(same(a, b) is False for a, b in pairs):
            message = f"key shape {_size(key)} does not match value shape {_size(value)}"
            if not packed:
                message = f"key's sequence and batch dims {_size(key[:2])} do not match value's {_size(value[:2])}"
            raise Misfit(message, clause="key-value", raises="AssertionError", argument="value")
    if query is not None and key is not None:
        message = f"shape '{shown(query)}' is invalid: key and query differ in their batch size"
        equal = same(query[1], key[1])
        require(equal, message, clause="attention-batch", argument="key", expected=query[1], got=key[1])


def _size(shape: Shape) -> str:
    return f"torch.Size({shown(shape)})"


def _check_mask(mask: Any, query: Shape | None, key: Shape | None, heads: Dim | None) -> None:
    if not isinstance(mask, TensorFacts) or mask.shape is None or query is None or key is None:
        return
    rows = None if query[1] is None or heads is None else query[1] * heads
    expected: Shape = (query[0], key[0]) if len(mask.shape) == 2 else (rows, query[0], key[0])
    if any(same(a, b) is False for a, b in zip(mask.shape, expected, strict=True)):
        wanted = "(" + ", ".join("?" if size is None else str(size) for size in expected) + ")"
        message = f"The shape of the {len(mask.shape)}D attn_mask is {_size(mask.shape)}, but should be {wanted}."
        raise Misfit(message, clause="mask-size", argument="attn_mask", expected=expected, got=mask.shape)


def _check_padding(padding: Any, key: Shape | None) -> None:
    if not isinstance(padding, TensorFacts) or padding.shape is None or key is None or len(padding.shape) != 2:
        return
    for axis, (own, expected, what) in enumerate(
        zip(padding.shape, (key[1], key[0]), ("batch size", "sequence length"), strict=True)
    ):
        message = f"Expected key_padded_mask.shape[{axis}] to be {expected}, but got {own}"
        equal = same(own, expected)
        require(
            equal, message, clause="mask-size", raises="AssertionError", argument="key_padding_mask", what=what, axis=axis
        )


@operation("torch.nn.MultiheadAttention")
def multihead_attention(
    query: TensorFacts,
    key: TensorFacts,
    value: TensorFacts,
    *,
    embed_dim: Any,
    num_heads: Any,
    weight: TensorFacts,
    key_padding_mask: Any = None,
    need_weights: Any = True,
    attn_mask: Any = None,
    average_attn_weights: Any = True,
    batch_first: Any = False,
    packed: bool = True,
    extra_keys: int = 0,
) -> tuple[TensorFacts, Any]:
    """Return the outputs and the attention weights.

    Args:
        embed_dim: the width of queries and outputs.
        num_heads: the number of heads.
        weight: the projection of the outputs: it carries the dtype and whether gradients flow.
        packed: whether keys and values are as wide as the queries.
        extra_keys: how many keys the layer adds by itself.
    """
    _check_ranks(query, key, value, key_padding_mask, attn_mask)
    first = flag(batch_first)
    shapes = [_time_first(facts, first) for facts in (query, key, value)]
    heads = whole(num_heads)
    _check_sizes(shapes[0], shapes[1], shapes[2], whole(embed_dim), packed)
    _check_mask(attn_mask, shapes[0], shapes[1], heads)
    _check_padding(key_padding_mask, shapes[1])
    dtype = weight.dtype or query.dtype
    grad = gradient(dtype, (query, key, value, weight))
    width = whole(embed_dim)
    shape = None if query.shape is None else (*query.shape[:-1], width)
    axes = None if shape is None else (*(query.axes or (None,) * len(shape))[:-1], "features")
    output = TensorFacts(shape, dtype, query.device, grad, axes=axes)
    if flag(need_weights) is False:
        return output, None
    scores = TensorFacts(_weights_shape(query, shapes, heads, average_attn_weights, extra_keys), dtype, query.device, grad)
    values = ValueFacts(low=0.0)
    if scores.shape is not None and key_padding_mask is None and attn_mask is None:
        values = ValueFacts(low=0.0, meaning=Meaning.PROBABILITIES, axis=len(scores.shape) - 1)
    return output, scores.with_(values=values)


def _weights_shape(
    query: TensorFacts, shapes: list[Shape | None], heads: Dim | None, averaged: Any, extra: int
) -> Shape | None:
    first, keys = shapes[0], shapes[1]
    if first is None or query.shape is None or flag(averaged) is None:
        return None
    length = None if keys is None or keys[0] is None else keys[0] + extra
    batch: Shape = (first[1],) if len(query.shape) == 3 else ()
    own: Shape = () if flag(averaged) else (heads,)
    return (*batch, *own, first[0], length)
