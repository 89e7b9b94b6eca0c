"""The chunked path of ``linear_cross_entropy``, taken with ``options=``: it checks less, and other things.

Source: ``torch/nn/modules/linear_cross_entropy.py`` and ``linear_cross_entropy_options.py``. A target that is longer
than the batch and a weight of another length than the classes pass unnoticed here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.contracts.arithmetic import CPP_TYPES, Node, any_empty, either, is_one, known, shown
from snugly.contracts.labels import labels_inside
from snugly.contracts.trace import Undetermined
from snugly.facts.dims import less, same
from snugly.facts.dtypes import FLOATING
from snugly.facts.values import ValueFacts

if TYPE_CHECKING:
    from snugly.contracts.trace import Trace
    from snugly.facts.dims import Dim


_WIDENED = ("float16", "bfloat16")  # computed in float32, to which any weight is cast


def taken(trace: Trace, matrix: Node, target: Node, reduction: str) -> bool:
    """Tell whether torch takes the chunked path."""
    if trace.call.options.get("options") is None:
        return False
    smoothing = trace.option("label_smoothing", 0.0)
    plain = matrix.rank == 2 and reduction in ("mean", "sum", "none")
    return (
        plain
        and trace.decide(None if smoothing is None else smoothing == 0)
        and trace.decide(None if target.dtype is None else target.dtype == "int64")
    )


def chunked(
    trace: Trace, input: Node, matrix: Node, bias: Node | None, target: Node, reduction: str, ignored: int | None
) -> Node:
    """Check the chunked path on a layer whose shapes fit.

    Raises:
        Undetermined: the options ask for more than the automatic choice, or the weight is not one row.
    """
    options: Any = trace.call.options["options"]
    if getattr(options, "acc_dtype", None) is not None:
        missing = "options: what acc_dtype makes of it"
        raise Undetermined(missing)
    classes, features = matrix.shape
    if getattr(options, "batch_chunk_size", None) is None:
        _require_sizes(trace, classes, features)
    _require_floating(trace, input)
    batch: Dim | None = input.shape[0] if input.rank == 2 else 1
    if not trace.decide(same(batch, 0)):
        step = _chunk_size(options, input.dtype, batch, classes, features)
        _require_rows(trace, input, target, step)
        one_axis = target.rank <= input.rank - 1
        _require_weight_rows(trace, target, ignored, classes, one_axis=one_axis)
        if input.dtype not in _WIDENED:
            _require_dtypes(trace, input, matrix)
        if not one_axis:
            _reject_axes(trace, target, target.rank + 2 - input.rank, reduction)
        _require_targets(trace, _first(target, batch), classes, ignored)
        _require_rows(trace, input, target, batch, step)
        _require_backward_rows(trace, input, matrix, bias, target, reduction)
    grad = either(input.grad, matrix.grad, False if bias is None else bias.grad)
    shape = (batch,) if reduction == "none" and input.rank == 2 else ()
    return Node(shape, input.dtype, grad)


def _require_sizes(trace: Trace, classes: Dim | None, features: Dim | None) -> None:
    for size in (features, classes):
        empty = same(size, 0)
        message = "integer division or modulo by zero"
        fits = None if empty is None else not empty
        trace.require(fits, "ZeroDivisionError", message, "empty", "linear_weight", linear_weight=(classes, features))


def _require_floating(trace: Trace, input: Node) -> None:
    trace.require(
        None if input.dtype is None else input.dtype in FLOATING,
        "ValueError",
        lambda: (
            "acc_dtype must be one of {None, torch.float16, torch.bfloat16, torch.float32, torch.float64}, "
            f"got torch.{input.dtype}. Pass acc_dtype=None to let the op pick automatically."
        ),
        "kernel-dtype",
        "input",
        dtype=input.dtype,
        allowed=FLOATING,
    )


def _chunk_size(
    options: Any, dtype: str | None, batch: Dim | None, classes: Dim | None, features: Dim | None
) -> int | None:
    """Return how many rows torch takes at a time on a CPU."""
    asked = getattr(options, "batch_chunk_size", None)
    rows, columns, inner = known(batch), known(classes), known(features)
    if rows is None:
        return None
    if isinstance(asked, int):
        return min(asked, rows)
    if columns is None or inner is None:
        return None
    target = -(-rows // -(-columns // inner))
    factor = 1 if dtype in _WIDENED else 2
    return max(1, min((1 << (target - 1).bit_length()) // factor, rows))


def _require_rows(trace: Trace, input: Node, target: Node, rows: Dim | None, step: int | None = None) -> None:
    """Require labels for some rows; more labels than rows are not noticed."""
    rank = target.rank if input.rank == 2 else target.rank + 1
    message = "narrow() cannot be applied to a 0-dim tensor."
    trace.require(rank >= 1, "RuntimeError", message, "target-rank", "target", target=target.shape)
    labels: Dim | None = target.shape[0] if input.rank == 2 else 1
    short = less(labels, rows)
    trace.require(
        None if short is None else not short,
        "RuntimeError",
        lambda: _short(known(labels), known(rows), step),
        "batch-size",
        "target",
        input=input.shape,
        target=target.shape,
    )


def _short(labels: int | None, rows: int | None, step: int | None) -> str:
    start, length = 0, rows
    if labels is not None and rows is not None and step:
        start = next(begin for begin in range(0, rows, step) if begin + min(step, rows - begin) > labels)
        length = min(step, rows - start)
    return f"start ({start}) + length ({shown(length)}) exceeds dimension size ({shown(labels)})."


def _reject_axes(trace: Trace, target: Node, rank: int, reduction: str) -> None:
    message = "Index tensor must have the same number of dimensions as input tensor"
    if reduction != "none" and trace.decide(any_empty(target.shape)):
        message = f"1D tensors expected, but got {rank}D and {rank}D tensors"
    trace.reject("RuntimeError", message, "target-rank", "target", target=target.shape)


def _first(target: Node, batch: Dim | None) -> Node:
    """Return the labels that torch looks at, as many as there are rows."""
    rows, labels = known(batch), target.values.data()
    if rows is None or labels is None or target.rank != 1:
        return target
    values = ValueFacts(elements=tuple(labels[:rows]))
    return Node((batch,), target.dtype, target.grad, name="target", values=values)


def _require_backward_rows(
    trace: Trace, input: Node, matrix: Node, bias: Node | None, target: Node, reduction: str
) -> None:
    if reduction != "none" or input.rank != 2:
        return
    rows, labels = input.shape[0], target.shape[0]
    trace.backward(
        either(input.grad, matrix.grad, False if bias is None else bias.grad),
        same(rows, labels) or is_one(rows),
        "RuntimeError",
        lambda: (
            f"The size of tensor a ({shown(labels)}) must match the size of tensor b ({shown(rows)}) "
            "at non-singleton dimension 0"
        ),
        "batch-size",
        "target",
        input=input.shape,
        target=target.shape,
    )


def _require_weight_rows(
    trace: Trace, target: Node, ignored: int | None, classes: Dim | None, *, one_axis: bool
) -> None:
    weight = trace.optional("weight")
    if weight is None:
        return
    if weight.rank != 1:
        missing = "weight: what the chunked path makes of its shape"
        raise Undetermined(missing)
    if not one_axis:
        message = "index_select(): Index is supposed to be a vector"
        trace.reject("IndexError", message, "target-rank", "target", target=target.shape)
    spared = _replaced(ignored, classes)
    inside = labels_inside(target, weight.shape[0], spared)
    if inside and spared is not None and (known(classes) is None or same(weight.shape[0], 0) is not False):
        inside = None if target.values.contains(spared) is not False else inside
    message = "index out of range in self"
    trace.require(inside, "IndexError", message, "label-range", "target", classes=weight.shape[0])


def _replaced(ignored: int | None, classes: Dim | None) -> int | None:
    """Return the label that torch replaces by 0 before it looks: the one to ignore, unless it is a class."""
    limit = known(classes)
    return ignored if ignored is None or limit is None or not 0 <= ignored < limit else None


def _require_dtypes(trace: Trace, input: Node, matrix: Node) -> None:
    trace.require(
        None if input.dtype is None or matrix.dtype is None else input.dtype == matrix.dtype,
        "RuntimeError",
        lambda: (
            "expected m1 and m2 to have the same dtype, but got: "
            f"{CPP_TYPES.get(input.dtype or '', input.dtype)} != {CPP_TYPES.get(matrix.dtype or '', matrix.dtype)}"
        ),
        "linear-weight-dtype",
        "linear_weight",
        input=input.dtype,
        linear_weight=matrix.dtype,
    )


def _require_targets(trace: Trace, target: Node, classes: Dim | None, ignored: int | None) -> None:
    limit = known(classes)
    label = None if limit is None else target.values.first_outside(0, limit - 1, ignoring=ignored)
    trace.require(
        None if ignored is None else labels_inside(target, classes, ignored),
        "RuntimeError",
        f"index {label} is out of bounds for dimension 1 with size {shown(classes)}",
        "label-range",
        "target",
        classes=classes,
        label=label,
        ignore_index=ignored,
    )
