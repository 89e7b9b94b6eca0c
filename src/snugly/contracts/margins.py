"""Margin losses of a score against a label.

``hinge_embedding_loss``, ``soft_margin_loss``, ``multilabel_soft_margin_loss``, ``multilabel_margin_loss`` and
``multi_margin_loss``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.contracts.arithmetic import (
    NEGATED_BOOL,
    ONE_BOOL,
    TWO_BOOLS,
    Node,
    any_empty,
    binary,
    broadcast,
    clamp,
    count,
    divide,
    in_place,
    listed,
    mean,
    number,
    reduce,
    require_cast,
    require_kernel,
    require_no_grad,
    require_real_autograd,
    same_sizes,
    scalar_type,
    shown,
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
from snugly.contracts.labels import labels_inside
from snugly.facts.dims import Dim, bounds, same
from snugly.facts.dtypes import COMPLEX, FLOATING

if TYPE_CHECKING:
    from snugly.contracts.trace import Trace

PRECISE = ("float32", "float64")
_SIGNS = {"target": "1 or -1"}
_RANGES = {"uint8": (0, 255), "int8": (-128, 127), "int16": (-(2**15), 2**15 - 1), "int32": (-(2**31), 2**31 - 1)}
_CPP_TYPES = {"uint8": "uint8_t", "int8": "int8_t", "int16": "int16_t", "int32": "int"}


def hinge_embedding_loss(trace: Trace) -> Node:
    """Check a call of ``hinge_embedding_loss``."""
    reduction = trace.checked(trace.reduction())
    input, target = trace.tensor("input"), trace.tensor("target")
    trace.mode = "signs" if same_sizes(input.shape, target.shape) else "broadcast"
    _require_margin_fits(trace, input)
    trace.require(_not_bool(input), "RuntimeError", TWO_BOOLS, "bool-arithmetic", "input")
    clamp(trace, input)
    shape = broadcast(trace, target.shape, input.shape, "target")
    return reduce(trace, Node(shape, input.dtype, input.grad), reduction)


def _not_bool(node: Node) -> bool | None:
    return None if node.dtype is None else node.dtype != "bool"


def _require_margin_fits(trace: Trace, input: Node) -> None:
    margin = trace.option("margin", 1.0)
    if input.dtype not in _RANGES:
        return
    low, high = _RANGES[input.dtype]
    trace.require(
        None if margin is None else low <= margin <= high,
        "RuntimeError",
        f"value cannot be converted to type {_CPP_TYPES[input.dtype]} without overflow",
        "margin-range",
        "margin",
        margin=margin,
    )


def soft_margin_loss(trace: Trace) -> Node:
    """Check a call of ``soft_margin_loss``."""
    reduction = trace.checked(trace.reduction())
    input, target = trace.tensor("input"), trace.tensor("target")
    trace.mode = "signs" if same_sizes(input.shape, target.shape) else "broadcast"
    require_no_grad(trace, target, "soft_margin_loss")
    trace.require(_not_bool(input), "RuntimeError", NEGATED_BOOL, "bool-arithmetic", "input")
    result = in_place(trace, input, target)
    require_cast(trace, None if input.dtype is None else _exponential(input.dtype), input.dtype, "input")
    require_real_autograd(trace, result, "soft_margin_loss")
    trace.backward(result.grad, _not_bool(target), "RuntimeError", NEGATED_BOOL, "bool-arithmetic", "target")
    return reduce(trace, Node(result.shape, result.dtype, result.grad), reduction)


def _exponential(dtype: str) -> str:
    return dtype if dtype in FLOATING or dtype in COMPLEX else "float32"


def multilabel_soft_margin_loss(trace: Trace) -> Node:
    """Check a call of ``multilabel_soft_margin_loss``, which is composed in Python."""
    reduction = trace.reduction()
    input, target = trace.tensor("input"), trace.tensor("target")
    trace.mode = "multi-hot" if same_sizes(input.shape, target.shape) else "broadcast"
    require_kernel(trace, input, "log_sigmoid_cpu")
    loss = binary(trace, target, input)
    trace.require(_not_bool(target), "RuntimeError", ONE_BOOL, "bool-arithmetic", "target")
    weight = trace.optional("weight")
    if weight is not None:
        loss = binary(trace, loss, weight)
    if input.rank == 0:
        message = "Dimension specified as -1 but tensor has no dimensions"
        trace.reject("IndexError", message, "input-rank", "input", shape=input.shape)
    axis = input.rank - 1
    loss = divide(trace, total(trace, loss, (*loss.shape[:axis], *loss.shape[axis + 1 :])), number("int64"))
    if reduction == "mean":
        return mean(trace, loss)
    if reduction == "sum":
        return total(trace, loss)
    if reduction != "none":
        trace.bad_reduction(reduction, f"{reduction} is not valid")
    return loss


def _require_scores(trace: Trace, input: Node) -> None:
    if input.rank <= 2:
        empty = None if input.rank == 0 else same(input.shape[-1], 0)
        fits = True if input.rank == 0 else (None if empty is None else not empty)
    else:
        fits = False
    trace.require(
        fits,
        "RuntimeError",
        lambda: f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {listed(input.shape)}",
        "input-shape",
        "input",
        shape=input.shape,
    )


def _require_long(trace: Trace, target: Node) -> None:
    trace.require(
        None if target.dtype is None else target.dtype == "int64",
        "RuntimeError",
        lambda: f"expected scalar type Long but found {scalar_type(target.dtype)}",
        "target-dtype",
        "target",
        dtype=target.dtype,
        allowed=("int64",),
    )


def multi_margin_loss(trace: Trace) -> Node:
    """Check a call of ``multi_margin_loss``."""
    reduction = trace.checked(trace.reduction())
    trace.mode = "class indices"
    _require_power(trace)
    input, target, weight = trace.tensor("input"), trace.tensor("target"), trace.optional("weight")
    if weight is not None:
        message = "weight must be one-dimensional"
        trace.require(weight.rank == 1, "ValueError", message, "weight-shape", "weight", weight=weight.shape)
    require_no_grad(trace, weight, "multi_margin_loss")
    _require_scores(trace, input)
    samples: Dim | None = input.shape[0] if input.rank == 2 else 1
    classes: Dim | None = input.shape[-1] if input.rank else 1
    trace.require(
        same(count(target.shape), samples) if target.rank <= 1 else False,
        "RuntimeError",
        lambda: (
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples "
            f"(batch size). Expected target size [{shown(samples)}], but got {listed(target.shape)}. "
            f"Input has shape {listed(input.shape)}."
        ),
        "batch-size",
        "target",
        input=input.shape,
        target=target.shape,
    )
    if weight is not None:
        trace.require(
            same(weight.shape[0], classes),
            "RuntimeError",
            lambda: f"inconsistent weight size, expected {shown(classes)} but got {listed(weight.shape)}",
            "weight-shape",
            "weight",
            classes=classes,
            weight=weight.shape,
        )
    result = Node(target.shape if reduction == "none" and target.rank else (), input.dtype, input.grad)
    if not trace.decide(any_empty(input.shape)):
        _multi_margin_kernel(trace, input, target, classes)
    require_real_autograd(trace, result, "multi_margin_loss")
    return result


def _require_power(trace: Trace) -> None:
    power = trace.option("p", 1)
    trace.require(
        None if power is None else power in (1, 2), "ValueError", "only p == 1 and p == 2 supported", "p", "p", p=power
    )


def _multi_margin_kernel(trace: Trace, input: Node, target: Node, classes: Dim | None) -> None:
    require_kernel(trace, input, "multi_margin_loss_cpu_kernel", PRECISE)
    _require_long(trace, target)
    weight = trace.optional("weight")
    if weight is not None:
        trace.require(
            None if weight.dtype is None or input.dtype is None else weight.dtype == input.dtype,
            "RuntimeError",
            lambda: f"expected scalar type {scalar_type(input.dtype)} but found {scalar_type(weight.dtype)}",
            "weight-dtype",
            "weight",
            expected=input.dtype,
            found=weight.dtype,
        )
    trace.require(
        labels_inside(target, classes, None),
        "RuntimeError",
        "target out of range",
        "label-range",
        "target",
        classes=classes,
    )


def multilabel_margin_loss(trace: Trace) -> Node:
    """Check a call of ``multilabel_margin_loss``; a row of labels ends at its first -1."""
    reduction = trace.checked(trace.reduction())
    trace.mode = "label lists"
    input, target = trace.tensor("input"), trace.tensor("target")
    _require_scores(trace, input)
    classes: Dim | None = input.shape[-1] if input.rank else 1
    if input.rank <= 1:
        fits = same(count(target.shape), classes) if target.rank <= 1 else False
    else:
        fits = same_sizes(target.shape, input.shape)
    trace.require(
        fits,
        "RuntimeError",
        lambda: f"inconsistent target size: {listed(target.shape)} for input of size: {listed(input.shape)}",
        "target-shape",
        "target",
        input=input.shape,
        target=target.shape,
    )
    result = Node(input.shape[:1] if reduction == "none" and target.rank > 1 else (), input.dtype, input.grad)
    if not trace.decide(any_empty(input.shape)):
        _multilabel_kernel(trace, input, target, classes)
    require_real_autograd(trace, result, "multilabel_margin_loss_forward")
    return result


def _multilabel_kernel(trace: Trace, input: Node, target: Node, classes: Dim | None) -> None:
    trace.require(
        None if target.dtype is None else target.dtype not in COMPLEX,
        "NotImplementedError",
        f"\"min_all\" not implemented for '{scalar_type(target.dtype)}'",
        "target-dtype",
        "target",
    )
    low, high = (None, None) if classes is None else bounds(classes)
    inside: bool | None = None
    if high is not None and target.values.inside(-1, high - 1) is False:
        inside = False
    elif low is not None and target.values.inside(-1, low - 1):
        inside = True
    message = "argument #2 'target' is out of range"
    trace.require(inside, "RuntimeError", message, "label-range", "target", classes=classes)
    require_kernel(trace, input, "multilabel_margin_loss_forward_out_frame", PRECISE)
    _require_long(trace, target)


_PAIR = tensors("input", "target")
_LEGACY = (SIZE_AVERAGE, REDUCE, REDUCTION)
_SAME = {"input": "*", "target": "*"}

declare(
    Contract(
        "torch.nn.functional.hinge_embedding_loss",
        (*_PAIR, Parameter("margin", 1.0), *_LEGACY),
        (Mode("signs", _SAME, {"input": FLOATING}, "*", _SIGNS),),
        hinge_embedding_loss,
    ),
    Contract(
        "torch.nn.functional.soft_margin_loss",
        (*_PAIR, *_LEGACY),
        (Mode("signs", _SAME, {"input": FLOATING}, "*", _SIGNS),),
        soft_margin_loss,
    ),
    Contract(
        "torch.nn.functional.multilabel_soft_margin_loss",
        (*_PAIR, optional_tensor("weight"), *_LEGACY),
        (Mode("multi-hot", {"input": "*N C", "target": "*N C", "weight": "C"}, {"input": FLOATING}, "*N"),),
        multilabel_soft_margin_loss,
    ),
    Contract(
        "torch.nn.functional.multilabel_margin_loss",
        (*_PAIR, *_LEGACY),
        (
            Mode(
                "label lists",
                {"input": "C | N C", "target": "C | N C"},
                {"input": PRECISE, "target": ("int64",)},
                "| N",
                {"target": "class indices, then -1"},
            ),
        ),
        multilabel_margin_loss,
    ),
    Contract(
        "torch.nn.functional.multi_margin_loss",
        (*_PAIR, Parameter("p", 1), Parameter("margin", 1.0), optional_tensor("weight"), *_LEGACY),
        (
            Mode(
                "class indices",
                {"input": "C | N C", "target": "| N", "weight": "C"},
                {"input": PRECISE, "target": ("int64",)},
                "| N",
                {"target": "from 0 to C - 1"},
            ),
        ),
        multi_margin_loss,
    ),
)
