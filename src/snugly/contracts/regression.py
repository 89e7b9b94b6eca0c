"""``mse_loss``, ``l1_loss``, ``smooth_l1_loss`` and ``huber_loss``: element against element.

All four broadcast input and target with a warning instead of refusing different shapes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.contracts.arithmetic import (
    Node,
    absolute,
    binary,
    broadcast,
    divide,
    either,
    mean,
    reduce,
    require_cast,
    require_kernel,
    result_type,
    same_sizes,
    scalar_type,
    subtract,
    total,
)
from snugly.contracts.contract import (
    REDUCE,
    REDUCTION,
    SIZE_AVERAGE,
    Contract,
    Mode,
    Parameter,
    declare,
    optional_tensor,
    tensors,
)
from snugly.facts.dtypes import FLOATING

if TYPE_CHECKING:
    from snugly.contracts.trace import Trace

PLAIN = Mode("elementwise", {"input": "*", "target": "*"}, {"input": FLOATING}, "*")
ELEMENTWISE = Mode("elementwise", {"input": "*", "target": "*", "weight": "*"}, {"input": FLOATING}, "*")


def expanded(trace: Trace) -> tuple[Node, Node]:
    """Broadcast input and target against each other, as ``torch.broadcast_tensors`` does."""
    input, target = trace.tensor("input"), trace.tensor("target")
    equal = same_sizes(input.shape, target.shape)
    trace.mode = "elementwise" if equal else "broadcast"
    if equal:
        return input, target
    shape = broadcast(trace, input.shape, target.shape, "target")
    return _reshaped(input, shape), _reshaped(target, shape)


def _reshaped(node: Node, shape: tuple[object, ...]) -> Node:
    return Node(shape, node.dtype, node.grad, name=node.name, values=node.values)  # type: ignore[arg-type]


def require_weight_size(trace: Trace, weight: Node, input: Node) -> None:
    """Require that the weight of an elementwise loss has the size of the input, not of the broadcast shape."""
    trace.require(
        same_sizes(weight.shape, input.shape),
        "ValueError",
        "Weights and input must have the same size.",
        "weight-shape",
        "weight",
        weight=weight.shape,
        input=input.shape,
    )


def _weighted(trace: Trace, errors: Node, weight: Node, reduction: str, *, plain_mean: bool = False) -> Node:
    weighted = binary(trace, errors, weight)
    if reduction == "none":
        return weighted
    if reduction == "sum":
        return total(trace, weighted)
    if reduction == "mean":
        return mean(trace, weighted) if plain_mean else divide(trace, total(trace, weighted), total(trace, weight))
    message = f"Invalid reduction mode: {reduction}. Expected one of 'none', 'mean', 'sum'."
    return trace.bad_reduction(reduction, message)


def mse_loss(trace: Trace) -> Node:
    """Check a call of ``mse_loss``."""
    reduction = trace.reduction()
    input, target = expanded(trace)
    weight = trace.optional("weight")
    if weight is not None:
        require_weight_size(trace, weight, trace.tensor("input"))
        return _weighted(trace, subtract(trace, input, target), weight, reduction)
    reduction = trace.checked(reduction)
    errors = binary(trace, input, target)
    require_kernel(trace, errors, "mse_cpu")
    return reduce(trace, errors, reduction)


def l1_loss(trace: Trace) -> Node:
    """Check a call of ``l1_loss``."""
    reduction = trace.reduction()
    input, target = expanded(trace)
    weight = trace.optional("weight")
    if weight is not None:
        require_weight_size(trace, weight, trace.tensor("input"))
        return _weighted(trace, absolute(subtract(trace, input, target)), weight, reduction)
    return absolute_error(trace, input, target, trace.checked(reduction))


def absolute_error(trace: Trace, input: Node, target: Node, reduction: str) -> Node:
    """Check ``torch._C._nn.l1_loss`` on expanded tensors."""
    return reduce(trace, absolute(subtract(trace, input, target)), reduction)


def smooth_l1_loss(trace: Trace) -> Node:
    """Check a call of ``smooth_l1_loss``."""
    reduction = trace.reduction()
    input, target = expanded(trace)
    beta = trace.option("beta", 1.0)
    if trace.decide(None if beta is None else beta == 0):
        return absolute_error(trace, input, target, trace.checked(reduction))
    reduction = trace.checked(reduction)
    trace.require(
        None if beta is None else beta >= 0,
        "RuntimeError",
        "smooth_l1_loss does not support negative values for beta.",
        "beta-range",
        "beta",
        beta=beta,
    )
    errors = binary(trace, input, target)
    require_kernel(trace, errors, "smooth_l1_cpu")
    return reduce(trace, errors, reduction)


def huber_loss(trace: Trace) -> Node:
    """Check a call of ``huber_loss``."""
    input, target = expanded(trace)
    weight = trace.optional("weight")
    reduction = trace.reduction(legacy=False)
    if weight is None:
        reduction = trace.checked(reduction)
        return reduce(trace, _huber(trace, input, target), reduction)
    require_weight_size(trace, weight, trace.tensor("input"))
    return _weighted(trace, _huber(trace, input, target), weight, reduction, plain_mean=True)


def _huber(trace: Trace, input: Node, target: Node) -> Node:
    delta = trace.option("delta", 1.0)
    trace.require(
        None if delta is None else delta > 0,
        "RuntimeError",
        "huber_loss does not support non-positive values for delta.",
        "delta-range",
        "delta",
        delta=delta,
    )
    common = Node(input.shape, result_type(input, target), False, name="target")
    require_cast(trace, common.dtype, input.dtype, "target")
    require_kernel(trace, common, "huber_cpu")
    result = Node(input.shape, input.dtype, either(input.grad, target.grad))
    first, second = (input, target) if input.grad is not False else (target, input)
    trace.backward(
        result.grad,
        None if input.dtype is None or target.dtype is None else input.dtype == target.dtype,
        "RuntimeError",
        lambda: f"Found dtype {scalar_type(second.dtype)} but expected {scalar_type(first.dtype)}",
        "backward-dtype",
        "target",
    )
    return result


_PARAMETERS = (*tensors("input", "target"), SIZE_AVERAGE, REDUCE, REDUCTION)

declare(
    Contract("torch.nn.functional.mse_loss", (*_PARAMETERS, optional_tensor("weight")), (ELEMENTWISE,), mse_loss),
    Contract("torch.nn.functional.l1_loss", (*_PARAMETERS, optional_tensor("weight")), (ELEMENTWISE,), l1_loss),
    Contract("torch.nn.functional.smooth_l1_loss", (*_PARAMETERS, Parameter("beta", 1.0)), (PLAIN,), smooth_l1_loss),
    Contract(
        "torch.nn.functional.huber_loss",
        (*tensors("input", "target"), REDUCTION, Parameter("delta", 1.0), optional_tensor("weight")),
        (ELEMENTWISE,),
        huber_loss,
    ),
)
