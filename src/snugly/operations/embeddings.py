"""Tables that are looked up by index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts import ranges
from snugly.facts.dims import same, value
from snugly.facts.misfits import Misfit
from snugly.facts.records import replace
from snugly.facts.shapes import shown
from snugly.operations.registry import operation
from snugly.operations.results import gradient, made

if TYPE_CHECKING:
    from snugly.facts.tensors import TensorFacts

_F = "torch.nn.functional."
_INDICES = ("int64", "int32")


def _check_indices(input: TensorFacts, weight: TensorFacts, kernel: str) -> None:
    """Raise what torch does for indices of a wrong dtype or out of range."""
    if input.dtype is not None and input.dtype not in _INDICES:
        name = {
            "float32": "torch.FloatTensor",
            "float64": "torch.DoubleTensor",
            "float16": "torch.HalfTensor",
            "bool": "CPUBoolType",
            "uint8": "torch.ByteTensor",
            "int16": "torch.ShortTensor",
            "int8": "torch.CharTensor",
            "bfloat16": "torch.BFloat16Tensor",
        }.get(input.dtype, input.dtype)
        message = (
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got"
            f" {name} instead (while checking arguments for {kernel})"
        )
        raise Misfit(message, clause="embedding-dtype", argument="input", dtype=input.dtype)
    rows = value(weight.size(0))
    if rows is not None and input.values.inside(0, rows - 1) is False:
        message = "index out of range in self"
        details: dict[str, Any] = {"rows": rows, "low": input.values.low, "high": input.values.high}
        raise Misfit(message, clause="embedding-range", raises="IndexError", argument="input", **details)


@operation(_F + "embedding", "torch.embedding")
def embedding(
    input: TensorFacts,
    weight: TensorFacts,
    padding_idx: Any = None,
    max_norm: Any = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> TensorFacts:
    """The rows of a table: a new last axis."""
    del max_norm, norm_type, scale_grad_by_freq, sparse
    _check_indices(input, weight, "embedding")
    rows = value(weight.size(0))
    if isinstance(padding_idx, int) and rows is not None and not -rows <= padding_idx < rows:
        message = "Padding_idx must be within num_embeddings"
        raise Misfit(message, clause="embedding-padding", raises="AssertionError", argument="padding_idx")
    shape = None if input.shape is None else (*input.shape, weight.size(1))
    values = replace(ranges.some_of(weight.values), axis=None)
    result = made(shape, weight.dtype, weight, values=values)
    axes = None if shape is None else (*(input.axes or (None,) * (len(shape) - 1)), "features")
    return result.with_(axes=axes, requires_grad=gradient(weight.dtype, (weight,)))


@operation(_F + "embedding_bag")
def embedding_bag(
    input: TensorFacts,
    weight: TensorFacts,
    offsets: TensorFacts | None = None,
    max_norm: Any = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: TensorFacts | None = None,
    include_last_offset: bool = False,
    padding_idx: Any = None,
) -> TensorFacts:
    """The mean, sum or largest of several rows of a table for each bag."""
    del max_norm, norm_type, scale_grad_by_freq, mode, sparse, padding_idx
    if per_sample_weights is not None and per_sample_weights.shape is not None and input.shape is not None:
        _check_weights(input, per_sample_weights)
    width = weight.size(1)
    if input.rank == 2:
        if offsets is not None:
            message = (
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of"
                " fixed length sequences. However, found offsets of type <class 'torch.Tensor'>"
            )
            raise Misfit(message, clause="embedding-offsets", raises="ValueError", argument="offsets")
        bags = input.size(0)
    elif input.rank == 1:
        if offsets is None:
            message = "offsets has to be a 1D Tensor but got None"
            raise Misfit(message, clause="embedding-offsets", raises="ValueError", argument="offsets")
        bags = offsets.size(0)
        if bags is not None and include_last_offset is not False:
            bags = bags - 1 if include_last_offset is True else None
    elif input.rank is None:
        bags = None
    else:
        message = f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.rank}"
        raise Misfit(message, clause="rank", raises="ValueError", argument="input", shape=input.shape)
    _check_indices(input, weight, "embedding_bag")
    return made((bags, width), weight.dtype, weight, per_sample_weights, axes=(None, "features"))


def _check_weights(input: TensorFacts, weights: TensorFacts) -> None:
    a, b = input.shape or (), weights.shape or ()
    if len(a) != len(b) or any(same(x, y) is False for x, y in zip(a, b, strict=True)):
        message = (
            f"embedding_bag: If per_sample_weights ({shown(b)}) is not None, then it must have the"
            " same shape as the input"
            f" ({shown(a)})"
        )
        raise Misfit(message, clause="embedding-weights", raises="ValueError", argument="per_sample_weights")
