"""``binary_cross_entropy`` and ``binary_cross_entropy_with_logits``: independent yes-or-no answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.contracts.arithmetic import (
    TWO_BOOLS,
    Node,
    Sizes,
    broadcast,
    either,
    in_place,
    is_one,
    listed,
    number,
    reduce,
    require_kernel,
    require_no_grad,
    require_real_autograd,
    result_type,
    same_sizes,
    scalar_type,
    shown,
    subtract,
    torch_size,
)
from snugly.contracts.contract import REDUCE, REDUCTION, SIZE_AVERAGE, Contract, Mode, declare, optional_tensor, tensors
from snugly.facts.dims import Dim, same
from snugly.facts.dtypes import FLOATING

if TYPE_CHECKING:
    from snugly.contracts.trace import Trace

_SAME_SHAPE = {"input": "*", "target": "*", "weight": "*"}


def binary_cross_entropy(trace: Trace) -> Node:
    """Check a call of ``binary_cross_entropy``."""
    reduction = trace.checked(trace.reduction())
    input, target = trace.tensor("input"), trace.tensor("target")
    trace.mode = "probabilities"
    trace.require(
        same_sizes(target.shape, input.shape),
        "ValueError",
        lambda: (
            f"Using a target size ({torch_size(target.shape)}) that is different to the input size "
            f"({torch_size(input.shape)}) is deprecated. Please ensure they have the same size."
        ),
        "target-shape",
        "target",
        input=input.shape,
        target=target.shape,
    )
    weight = trace.optional("weight")
    if weight is not None:
        weight = _expanded_weight(trace, target, weight)
    loss = _probability_kernel(trace, input, target)
    if weight is not None:
        loss = in_place(trace, Node(loss.shape, loss.dtype, loss.grad), weight)
    return reduce(trace, loss, reduction)


def _expanded_weight(trace: Trace, target: Node, weight: Node) -> Node:
    """Expand the weight as ``torch.broadcast_shapes`` says. Source: ``torch/functional.py``."""
    sizes: list[Dim | None] = [1] * max(0, weight.rank - target.rank)
    sizes += target.shape
    for axis in range(-1, -1 - weight.rank, -1):
        sizes[axis] = _expanded_size(trace, tuple(sizes), weight, axis)
    return Node(tuple(sizes), weight.dtype, weight.grad, name="weight")


def _expanded_size(trace: Trace, sizes: Sizes, weight: Node, axis: int) -> Dim | None:
    size, mine = sizes[axis], weight.shape[axis]
    equal = same(size, mine)
    if equal or is_one(mine):
        return size
    if is_one(size):
        return mine
    trace.require(
        False if equal is False and is_one(mine) is False and is_one(size) is False else None,
        "RuntimeError",
        lambda: (
            f"Attempting to broadcast a dimension of length {shown(mine)} at {axis}! "
            f"Mismatching argument at index 1 had {torch_size(weight.shape)}; but expected shape should be "
            f"broadcastable to {listed(sizes)}"
        ),
        "weight-shape",
        "weight",
        weight=weight.shape,
        target=trace.tensor("target").shape,
    )
    return None


def _probability_kernel(trace: Trace, input: Node, target: Node) -> Node:
    require_no_grad(trace, trace.optional("weight"), "binary_cross_entropy")
    trace.require(
        None if input.dtype is None or target.dtype is None else input.dtype == target.dtype,
        "RuntimeError",
        lambda: f"Found dtype {scalar_type(target.dtype)} but expected {scalar_type(input.dtype)}",
        "target-dtype",
        "target",
        expected=input.dtype,
        found=target.dtype,
    )
    require_kernel(trace, input, "binary_cross_entropy")
    for node in (input, target):
        trace.require(
            node.values.inside(0, 1),
            "RuntimeError",
            f"all elements of {node.name} should be between 0 and 1",
            "probability-range",
            node.name,
        )
    return Node(input.shape, input.dtype, either(input.grad, target.grad))


def binary_cross_entropy_with_logits(trace: Trace) -> Node:
    """Check a call of ``binary_cross_entropy_with_logits``."""
    reduction = trace.checked(trace.reduction())
    input, target = trace.tensor("input"), trace.tensor("target")
    trace.mode = "logits"
    trace.require(
        same_sizes(target.shape, input.shape),
        "ValueError",
        lambda: f"Target size ({torch_size(target.shape)}) must be the same as input size ({torch_size(input.shape)})",
        "target-shape",
        "target",
        input=input.shape,
        target=target.shape,
    )
    return reduce(trace, _logits_kernel(trace, input, target), reduction)


def _logits_kernel(trace: Trace, input: Node, target: Node) -> Node:
    """Follow ``binary_cross_entropy_with_logits`` in ``aten/src/ATen/native/Loss.cpp``."""
    for name in ("weight", "pos_weight"):
        require_no_grad(trace, trace.optional(name), "binary_cross_entropy_with_logits")
    require_kernel(trace, input, "log_sigmoid_cpu")
    log_sigmoid = Node(input.shape, input.dtype, input.grad, name="input")
    weight, pos_weight = trace.optional("weight"), trace.optional("pos_weight")
    if pos_weight is not None:
        shifted = subtract(trace, pos_weight, number("int64"))
        scaled = _multiply(trace, shifted, target)
        log_weight = Node(scaled.shape, result_type(scaled, number("int64")), scaled.grad, name="pos_weight")
        log_sigmoid = in_place(trace, log_sigmoid, log_weight)
    trace.require(
        None if target.dtype is None else target.dtype != "bool", "RuntimeError", TWO_BOOLS, "bool-arithmetic", "target"
    )
    one_minus = Node(target.shape, target.dtype, target.grad, name="target")
    loss = in_place(trace, one_minus, input)
    loss = in_place(trace, loss, log_sigmoid)
    if weight is not None:
        loss = in_place(trace, loss, weight)
    require_real_autograd(trace, loss, "binary_cross_entropy_with_logits")
    return loss


def _multiply(trace: Trace, a: Node, b: Node) -> Node:
    return Node(broadcast(trace, a.shape, b.shape, a.name), result_type(a, b), either(a.grad, b.grad), name=a.name)


declare(
    Contract(
        "torch.nn.functional.binary_cross_entropy",
        (*tensors("input", "target"), optional_tensor("weight"), SIZE_AVERAGE, REDUCE, REDUCTION),
        (
            Mode(
                "probabilities",
                _SAME_SHAPE,
                {"input": FLOATING},
                "*",
                {"input": "between 0 and 1", "target": "between 0 and 1"},
            ),
        ),
        binary_cross_entropy,
    ),
    Contract(
        "torch.nn.functional.binary_cross_entropy_with_logits",
        (
            *tensors("input", "target"),
            optional_tensor("weight"),
            SIZE_AVERAGE,
            REDUCE,
            REDUCTION,
            optional_tensor("pos_weight"),
        ),
        (Mode("logits", {**_SAME_SHAPE, "pos_weight": "*"}, {"input": FLOATING}, "*"),),
        binary_cross_entropy_with_logits,
    ),
)
