"""``nll_loss`` and ``cross_entropy``: one class of C, as an index or as probabilities.

Follows ``nll_loss_nd``, ``cross_entropy_loss`` and their kernels in
``aten/src/ATen/native/LossNLL.cpp`` and ``LossNLL2d.cpp``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.contracts.arithmetic import (
    Node,
    any_empty,
    binary,
    count,
    either,
    is_one,
    listed,
    require_kernel,
    require_no_grad,
    require_real_autograd,
    result_type,
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
from snugly.contracts.labels import class_labels
from snugly.facts.dims import Dim, same
from snugly.facts.dtypes import FLOATING

if TYPE_CHECKING:
    from snugly.contracts.trace import Trace

IGNORE_INDEX = Parameter("ignore_index", -100)
LABELS = ("int64", "uint8")
CLASS_INDICES = Mode(
    "class indices",
    {"input": "C | N C *D", "target": "| N *D", "weight": "C"},
    {"input": FLOATING, "target": LABELS},
    "| N *D",
    {"target": "from 0 to C - 1, or ignore_index"},
)
CLASS_PROBABILITIES = Mode(
    "class probabilities",
    {"input": "C | N C *D", "target": "C | N C *D", "weight": "C"},
    {"input": FLOATING, "target": FLOATING},
    "| N *D",
    {"target": "not negative, and of sum 1 over C, which torch does not check"},
)


def nll_loss(trace: Trace) -> Node:
    """Check a call of ``nll_loss``."""
    reduction = trace.checked(trace.reduction())
    trace.mode = "class indices"
    ignored = trace.option("ignore_index", -100)
    return negative_log_likelihood(trace, trace.tensor("input"), trace.tensor("target"), reduction, ignored)


def cross_entropy(trace: Trace) -> Node:
    """Check a call of ``cross_entropy``."""
    reduction = trace.checked(trace.reduction())
    ignored = trace.option("ignore_index", -100)
    return class_cross_entropy(trace, trace.tensor("input"), trace.tensor("target"), reduction, ignored)


def class_cross_entropy(trace: Trace, input: Node, target: Node, reduction: str, ignored: int | None) -> Node:
    """Check ``torch._C._nn.cross_entropy_loss``."""
    smoothing = trace.option("label_smoothing", 0.0)
    if trace.decide(same_sizes(input.shape, target.shape), likely=False):
        trace.mode = "class probabilities"
        return _probability_targets(trace, input, target, reduction, ignored, smoothing)
    trace.mode = "class indices"
    if not trace.decide(None if smoothing is None else smoothing > 0):
        return negative_log_likelihood(trace, _log_softmax(trace, input), target, reduction, ignored)
    _require_smoothing(trace, smoothing)
    return _smoothed(trace, _log_softmax(trace, input), target, reduction, ignored)


def _require_smoothing(trace: Trace, smoothing: float | None) -> None:
    trace.require(
        None if smoothing is None else smoothing <= 1,
        "RuntimeError",
        f"label_smoothing must be between 0.0 and 1.0. Got: {smoothing}",
        "label-smoothing-range",
        "label_smoothing",
        label_smoothing=smoothing,
    )


def _class_axis(trace: Trace, input: Node, message: str) -> int:
    axis = 0 if input.rank == 1 else 1
    if input.rank == 0:
        trace.reject("IndexError", message, "input-rank", "input", shape=input.shape)
    return axis


def _log_softmax(trace: Trace, input: Node) -> Node:
    axis = _class_axis(trace, input, "Dimension out of range (expected to be in range of [-1, 0], but got 1)")
    result = Node(input.shape, input.dtype, input.grad, name="input")
    if input.dtype in FLOATING:
        return result
    if not trace.decide(any_empty(input.shape)):
        require_kernel(trace, input, f"log_softmax_{'lastdim_' if axis == input.rank - 1 else ''}kernel_impl")
    require_real_autograd(trace, result, "_log_softmax")
    return result


def negative_log_likelihood(trace: Trace, input: Node, target: Node, reduction: str, ignored: int | None) -> Node:
    """Check ``torch._C._nn.nll_loss_nd``."""
    trace.require(
        input.rank >= 1, "ValueError", "Expected 1 or more dimensions (got 0)", "input-rank", "input", shape=input.shape
    )
    if input.rank > 1:
        batch: Dim | None = target.shape[0] if target.rank else 0
        trace.require(
            same(input.shape[0], batch),
            "ValueError",
            lambda: f"Expected input batch_size ({shown(input.shape[0])}) to match target batch_size ({shown(batch)}).",
            "batch-size",
            "target",
            input=input.shape,
            target=target.shape,
        )
    if input.rank <= 2:
        return _flat(trace, input, target, reduction, ignored)
    return _spatial(trace, input, target, reduction, ignored)


def _flat(trace: Trace, input: Node, target: Node, reduction: str, ignored: int | None) -> Node:
    require_no_grad(trace, trace.optional("weight"), "nll_loss_forward")
    trace.require(
        target.rank <= 1,
        "RuntimeError",
        "0D or 1D target tensor expected, multi-target not supported",
        "target-rank",
        "target",
        input=input.shape,
        target=target.shape,
    )
    _require_label_dtype(trace, target)
    if input.rank == 1 and target.rank == 1:
        trace.require(
            is_one(target.shape[0]),
            "ValueError",
            lambda: f"For 1D input, 1D target must have size 1, but got target size: {shown(target.shape[0])}",
            "target-shape",
            "target",
            input=input.shape,
            target=target.shape,
        )
    if input.rank == 2 and target.rank == 0:
        trace.reject("IndexError", "Dimension specified as 0 but tensor has no dimensions", "target-rank", "target")
    classes = input.shape[-1]
    require_class_weight(trace, classes, scalars_fit=False)
    require_kernel(trace, input, "nll_loss_out_frame")
    _require_weight_dtype(trace, input)
    each = reduction == "none" and input.rank == 2
    class_labels(trace, target, classes, ignored, as_character=each)
    result = Node(target.shape if each else (), input.dtype, input.grad)
    if input.rank == 1 and target.rank == 1:
        trace.backward(
            input.grad,
            is_one(classes),
            "RuntimeError",
            lambda: f"size mismatch (got input: {listed(input.shape)}, target: {listed(target.shape)})",
            "backward-shape",
            "target",
            input=input.shape,
            target=target.shape,
        )
    return result


def require_class_weight(trace: Trace, classes: Dim | None, *, scalars_fit: bool, prefix: str = "") -> None:
    """Require one weight for each class."""
    weight = trace.optional("weight")
    if weight is None:
        return
    if scalars_fit:
        fits = same(count(weight.shape), classes)
        message = "weight tensor should be defined either for all or no classes"
    else:
        fits = same(weight.shape[0], classes) if weight.rank == 1 else False
        message = (
            f"{prefix}weight tensor should be defined either for all {shown(classes)} classes or no classes "
            f"but got weight tensor of shape: {listed(weight.shape)}"
        )
    trace.require(fits, "RuntimeError", message, "weight-shape", "weight", classes=classes, weight=weight.shape)


def _require_label_dtype(trace: Trace, target: Node) -> None:
    trace.require(
        None if target.dtype is None else target.dtype in LABELS,
        "RuntimeError",
        lambda: f"expected target dtype to be Long or Byte, but got {scalar_type(target.dtype)}",
        "target-dtype",
        "target",
        dtype=target.dtype,
        allowed=LABELS,
    )


def _require_weight_dtype(trace: Trace, input: Node) -> None:
    weight = trace.optional("weight")
    if weight is None:
        return
    trace.require(
        None if weight.dtype is None or input.dtype is None else weight.dtype == input.dtype,
        "RuntimeError",
        lambda: f"expected scalar type {scalar_type(input.dtype)} but found {scalar_type(weight.dtype)}",
        "weight-dtype",
        "weight",
        expected=input.dtype,
        found=weight.dtype,
    )


def _spatial(trace: Trace, input: Node, target: Node, reduction: str, ignored: int | None) -> Node:
    """Check an input of more than two axes, which torch views as an image."""
    batch, classes, *rest = input.shape
    if input.rank != 4:
        if target.rank == 0:
            trace.reject("RuntimeError", "ArrayRef: invalid slice, N = 1; size = 0", "target-rank", "target")
        trace.require(
            same_sizes(target.shape[1:], tuple(rest)),
            "RuntimeError",
            lambda: f"Expected target size {listed((batch, *rest))}, got {listed(target.shape)}",
            "target-shape",
            "target",
            expected=(batch, *rest),
            input=input.shape,
            target=target.shape,
        )
    require_no_grad(trace, trace.optional("weight"), "nll_loss2d_forward")
    trace.require(
        target.rank == 3 or input.rank != 4,
        "RuntimeError",
        f"only batches of spatial targets supported (3D tensors) but got targets of dimension: {target.rank}",
        "target-rank",
        "target",
        input=input.shape,
        target=target.shape,
    )
    _require_label_dtype(trace, target)
    require_class_weight(trace, classes, scalars_fit=True)
    _require_image_sizes(trace, input, target)
    require_kernel(trace, input, "nll_loss2d_forward_out_frame")
    _require_weight_dtype(trace, input)
    _require_image_labels(trace, target, input, reduction)
    class_labels(trace, target, classes, ignored, as_character=False)
    return Node(target.shape if reduction == "none" else (), input.dtype, input.grad)


def _require_image_sizes(trace: Trace, input: Node, target: Node) -> None:
    batch, classes, *rest = input.shape
    if input.rank == 4:
        fits = same_sizes((batch, *rest), target.shape)
        shapes = (input.shape, target.shape)
    else:
        # without classes the input has no elements and the target can have some; where that is open, labels are too
        fits = not (same(classes, 0) and any_empty((batch, *rest)) is False)
        positions = count(tuple(rest))
        shapes = ((batch, classes, 0, 0), (batch, 1, positions))
    trace.require(
        fits,
        "RuntimeError",
        lambda: f"size mismatch (got input: {listed(shapes[0])} , target: {listed(shapes[1])}",
        "target-shape",
        "target",
        input=input.shape,
        target=target.shape,
    )


def _require_image_labels(trace: Trace, target: Node, input: Node, reduction: str) -> None:
    """Require ``int64``: of a target without elements a reduced loss notices only in backward."""
    fits = None if target.dtype is None else target.dtype == "int64"
    if fits:
        return
    message = f"expected scalar type Long but found {scalar_type(target.dtype)}"
    details: dict[str, Any] = {"dtype": target.dtype, "allowed": ("int64",)}
    if reduction != "none" and trace.decide(any_empty(target.shape)):
        trace.backward(input.grad, fits, "RuntimeError", message, "target-dtype", "target", **details)
    else:
        trace.require(fits, "RuntimeError", message, "target-dtype", "target", **details)


def _probability_targets(
    trace: Trace, input: Node, target: Node, reduction: str, ignored: int | None, smoothing: float | None
) -> Node:
    trace.require(
        None if target.dtype is None else target.dtype in FLOATING,
        "RuntimeError",
        lambda: f"Expected floating point type for target with class probabilities, got {scalar_type(target.dtype)}",
        "target-dtype",
        "target",
        dtype=target.dtype,
        allowed=FLOATING,
    )
    trace.require(
        None if ignored is None else ignored < 0,
        "RuntimeError",
        "ignore_index is not supported for floating point target",
        "ignore-index-with-probabilities",
        "ignore_index",
        ignore_index=ignored,
    )
    axis = _class_axis(trace, input, "Dimension specified as 1 but tensor has no dimensions")
    require_class_weight(trace, input.shape[axis], scalars_fit=False, prefix="cross_entropy: ")
    log_probabilities = _log_softmax(trace, input)
    if trace.decide(None if smoothing is None else smoothing > 0):
        _require_smoothing(trace, smoothing)
    product = binary(trace, log_probabilities, target)
    weight = trace.optional("weight")
    if weight is not None:
        dtype = result_type(product, Node((1,) * input.rank, weight.dtype, weight.grad))
        product = Node(product.shape, dtype, either(product.grad, weight.grad))
    each = (*input.shape[:axis], *input.shape[axis + 1 :])
    return total(trace, product, each if reduction == "none" else ())


def _smoothed(trace: Trace, input: Node, target: Node, reduction: str, ignored: int | None) -> Node:
    loss = negative_log_likelihood(trace, input, target, reduction, ignored)
    axis = 0 if input.rank == 1 else 1
    if input.rank == 1 and target.rank == 1:
        message = "output with shape [] doesn't match the broadcast shape [1]"
        trace.reject("RuntimeError", message, "target-shape", "target", input=input.shape, target=target.shape)
    smooth = Node((*input.shape[:axis], *input.shape[axis + 1 :]), input.dtype, input.grad)
    weight = trace.optional("weight")
    if weight is not None:
        _require_smoothing_weight(trace, weight, target, reduction, ignored)
        dtype = result_type(input, Node((1,) * input.rank, weight.dtype, weight.grad))
        smooth = Node(smooth.shape, dtype, either(input.grad, weight.grad))
    return Node(loss.shape, result_type(loss, smooth), either(loss.grad, smooth.grad))


def _require_smoothing_weight(trace: Trace, weight: Node, target: Node, reduction: str, ignored: int | None) -> None:
    """Require the weight of one axis, which an image loss alone does not; labels that are all ignored ask for none."""
    if weight.rank == 0:
        message = "Dimension specified as 0 but tensor has no dimensions"
        trace.reject("IndexError", message, "weight-shape", "weight", weight=weight.shape)
    elements = count(weight.shape)
    trace.require(
        same(elements, weight.shape[0]),
        "RuntimeError",
        lambda: (
            f"shape '{listed((1, weight.shape[0], *(1,) * (target.rank - 1)))}' is invalid for input of size "
            f"{shown(elements)}"
        ),
        "weight-shape",
        "weight",
        weight=weight.shape,
    )
    if reduction != "mean":
        return
    if trace.decide(any_empty(target.shape)):
        return
    gathered = target.dtype in ("int64", "int32", None) and weight.rank == 1
    if not gathered and trace.decide(None if ignored is None else target.values.only((ignored,)), likely=False):
        return
    trace.require(
        None if target.dtype is None else target.dtype in ("int64", "int32"),
        "RuntimeError",
        "gather(): Expected dtype int32/int64 for index",
        "target-dtype",
        "target",
        dtype=target.dtype,
        allowed=("int64",),
    )
    message = "Index tensor must have the same number of dimensions as input tensor"
    trace.require(weight.rank == 1, "RuntimeError", message, "weight-shape", "weight", weight=weight.shape)


_PARAMETERS = (
    *tensors("input", "target"),
    optional_tensor("weight"),
    SIZE_AVERAGE,
    IGNORE_INDEX,
    REDUCE,
    REDUCTION,
)

declare(
    Contract("torch.nn.functional.nll_loss", _PARAMETERS, (CLASS_INDICES,), nll_loss),
    Contract(
        "torch.nn.functional.cross_entropy",
        (*_PARAMETERS, Parameter("label_smoothing", 0.0)),
        (CLASS_INDICES, CLASS_PROBABILITIES),
        cross_entropy,
    ),
)
