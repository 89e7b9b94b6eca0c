"""``linear_cross_entropy``: a linear layer and ``cross_entropy`` in one call, new in torch 2.13."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.contracts.arithmetic import (
    CPP_TYPES,
    Node,
    any_empty,
    either,
    require_cast,
    require_kernel,
    same_sizes,
    scalar_type,
    shown,
    tupled,
)
from snugly.contracts.chunks import chunked, taken
from snugly.contracts.classification import CLASS_INDICES, CLASS_PROBABILITIES, class_cross_entropy
from snugly.contracts.contract import Contract, Mode, Parameter, declare, optional_tensor, tensors
from snugly.facts.dims import same
from snugly.facts.dtypes import FLOATING

if TYPE_CHECKING:
    from snugly.contracts.trace import Trace

MULTIPLIED = ("uint8", "int8", "int16", "int32", "int64", *FLOATING, "complex64", "complex128")


def linear_cross_entropy(trace: Trace) -> Node:
    """Check a call of ``linear_cross_entropy``."""
    input, matrix, target = trace.tensor("input"), trace.tensor("linear_weight"), trace.tensor("target")
    bias = trace.optional("linear_bias")
    _require_shapes(trace, input, matrix, bias)
    logits_shape = (*input.shape[:-1], *matrix.shape[:-1])
    ignored = trace.option("ignore_index", None)
    given = trace.call.options.get("ignore_index") is not None
    if given and trace.decide(same_sizes(target.shape, logits_shape)):
        message = "ignore_index cannot be specified when target contains probabilities"
        trace.reject("RuntimeError", message, "ignore-index-with-probabilities", "ignore_index", ignore_index=ignored)
    reduction = trace.reduction(legacy=False)
    if taken(trace, matrix, target, reduction):
        trace.mode = "class indices"
        return chunked(trace, input, matrix, bias, target, reduction, ignored if given else -100)
    logits = linear(trace, input, matrix, bias)
    logits = Node(logits_shape, logits.dtype, logits.grad, name="input")
    reduction = trace.checked(reduction)
    return class_cross_entropy(trace, logits, target, reduction, ignored if given else -100)


def _require_shapes(trace: Trace, input: Node, matrix: Node, bias: Node | None) -> None:
    trace.require(
        input.rank in (1, 2),
        "RuntimeError",
        f"expected input with dimensionality 1 or 2, got {input.rank}",
        "input-rank",
        "input",
        shape=input.shape,
    )
    trace.require(
        matrix.rank >= 2,
        "RuntimeError",
        f"expected linear_weight with dimensionality at least 2, got {matrix.rank}",
        "linear-weight-rank",
        "linear_weight",
        shape=matrix.shape,
    )
    features, expected = input.shape[-1], matrix.shape[-1]
    trace.require(
        same(features, expected),
        "RuntimeError",
        lambda: (
            "expected equal input and linear_weight last dimensions (in_features), got "
            f"{shown(features)} and {shown(expected)}, respectively"
        ),
        "features",
        "linear_weight",
        input=input.shape,
        linear_weight=matrix.shape,
    )
    if bias is not None:
        trace.require(
            same_sizes(bias.shape, matrix.shape[:-1]),
            "RuntimeError",
            lambda: f"expected linear_bias shape {tupled(matrix.shape[:-1])}, got {tupled(bias.shape)}",
            "linear-bias-shape",
            "linear_bias",
            linear_bias=bias.shape,
            linear_weight=matrix.shape,
        )
    trace.require(
        matrix.rank == 2 or input.rank == 2,
        "RuntimeError",
        lambda: (
            f"K-dimensional loss defined by linear_weight shape {tupled(matrix.shape)} requires batched input, "
            f"(N, {shown(features)}), got unbatched input with shape {tupled(input.shape)}"
        ),
        "input-rank",
        "input",
        input=input.shape,
        linear_weight=matrix.shape,
    )


def linear(trace: Trace, input: Node, matrix: Node, bias: Node | None) -> Node:
    """Check ``torch.nn.functional.linear`` on sizes that fit."""
    if bias is not None:
        trace.require(
            None if matrix.dtype is None or bias.dtype is None else matrix.dtype == bias.dtype,
            "RuntimeError",
            lambda: (
                f"self and mat2 must have the same dtype, but got {scalar_type(bias.dtype)} "
                f"and {scalar_type(matrix.dtype)}"
            ),
            "linear-bias-dtype",
            "linear_bias",
            linear_weight=matrix.dtype,
            linear_bias=bias.dtype,
        )
    trace.require(
        None if input.dtype is None or matrix.dtype is None else input.dtype == matrix.dtype,
        "RuntimeError",
        lambda: _dtype_message(input, matrix, bias),
        "linear-weight-dtype",
        "linear_weight",
        input=input.dtype,
        linear_weight=matrix.dtype,
    )
    grad = either(input.grad, matrix.grad, False if bias is None else bias.grad)
    if input.dtype == "bool" or input.dtype is None:
        _require_product(trace, input, matrix, bias)
    return Node((*input.shape[:-1], matrix.shape[0]), input.dtype, grad, name="input")


def _dtype_message(input: Node, matrix: Node, bias: Node | None) -> str:
    a, b = scalar_type(input.dtype), scalar_type(matrix.dtype)
    if bias is None:
        a, b = CPP_TYPES.get(input.dtype or "", a), CPP_TYPES.get(matrix.dtype or "", b)
        return f"expected m1 and m2 to have the same dtype, but got: {a} != {b}"
    return f"mat1 and mat2 must have the same dtype, but got {a} and {b}"


def _require_product(trace: Trace, input: Node, matrix: Node, bias: Node | None) -> None:
    """Require a matrix product of booleans, which torch has only where there is nothing to multiply."""
    if trace.decide(any_empty((*input.shape[:-1], *matrix.shape[:-1]))):
        return
    if not trace.decide(any_empty(input.shape[-1:])):
        require_kernel(trace, input, "addmm_impl_cpu_", MULTIPLIED)
    elif bias is not None:
        require_cast(trace, "int64" if input.dtype == "bool" else None, input.dtype, "input")


_LAYER = {"input": "F | N F", "linear_weight": "C F", "linear_bias": "C"}

declare(
    Contract(
        "torch.nn.functional.linear_cross_entropy",
        (
            *tensors("input", "linear_weight", "target"),
            optional_tensor("linear_bias", keyword_only=True),
            optional_tensor("weight", keyword_only=True),
            Parameter("reduction", "mean", keyword_only=True),
            Parameter("ignore_index", None, keyword_only=True),
            Parameter("label_smoothing", 0.0, keyword_only=True),
            Parameter("options", None, keyword_only=True),
        ),
        (
            Mode(
                CLASS_INDICES.name,
                {**_LAYER, "target": "| N", "weight": "C"},
                CLASS_INDICES.dtypes,
                "| N",
                CLASS_INDICES.values,
            ),
            Mode(
                CLASS_PROBABILITIES.name,
                {**_LAYER, "target": "C | N C", "weight": "C"},
                CLASS_PROBABILITIES.dtypes,
                "| N",
                CLASS_PROBABILITIES.values,
            ),
        ),
        linear_cross_entropy,
    ),
)
