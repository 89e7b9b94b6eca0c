"""``AdaptiveLogSoftmaxWithLoss``: a module that is its own loss, with clusters of rare classes.

Source: ``torch/nn/modules/adaptive.py``. The result is a pair; the verdict's output is its ``loss``.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from snugly.contracts.arithmetic import CPP_TYPES, ONE_BOOL, Node, any_empty, scalar_type, shown, torch_size
from snugly.contracts.contract import Contract, Mode, declare, tensors
from snugly.contracts.labels import labels_inside
from snugly.facts.dims import Dim, same
from snugly.facts.dtypes import COMPLEX, FLOATING

if TYPE_CHECKING:
    from snugly.contracts.trace import Trace

INDICES = ("int32", "int64")


def adaptive_log_softmax_with_loss(trace: Trace) -> Node:
    """Check a call of the module."""
    input, target = trace.tensor("input"), trace.tensor("target")
    trace.mode = "class indices"
    _require_shapes(trace, input, target)
    _require_order(trace, target)
    classes: Dim | None = trace.option("n_classes", None)
    rare = _first_rare_cluster(trace, target)
    if rare is not None:
        trace.require(target.dtype != "bool", "RuntimeError", ONE_BOOL, "bool-arithmetic", "target")
        _require_layer(trace, input, *rare)
        _require_target_dtype(trace, target)
    inside = labels_inside(target, classes, None)
    if inside is not True:
        _require_labels(trace, target, inside, classes)
    _require_layer(trace, input, input.shape[0] if input.rank == 2 else 1, _head_size(trace))
    if not trace.decide(any_empty(target.shape)):
        _require_target_dtype(trace, target)
    return Node((), input.dtype, True)  # the module's own parameters require grad


def _cutoffs(trace: Trace) -> list[int] | None:
    cutoffs = trace.option("cutoffs", None)
    known_ones = isinstance(cutoffs, Sequence) and all(isinstance(cutoff, int) for cutoff in cutoffs)
    return list(cutoffs) if known_ones else None


def _head_size(trace: Trace) -> int | None:
    cutoffs = _cutoffs(trace)
    return None if cutoffs is None else cutoffs[0] + len(cutoffs)


def _first_rare_cluster(trace: Trace, target: Node) -> tuple[int, int | None] | None:
    """Return how many labels lie in the first cluster beyond the head that has any, and its projection's size."""
    cutoffs, classes, features = _cutoffs(trace), trace.option("n_classes", None), trace.option("in_features", None)
    labels = target.values.data()
    if cutoffs is None or labels is None or not isinstance(classes, int) or any(isinstance(x, complex) for x in labels):
        return None
    for position, (low, high) in enumerate(pairwise((*cutoffs, classes))):
        rows = sum(low <= label < high for label in labels)
        if rows:
            shrink = trace.option("div_value", 4.0)
            known_size = isinstance(features, int) and shrink is not None
            return rows, int(features // shrink ** (position + 1)) if known_size else None
    return None


def _require_shapes(trace: Trace, input: Node, target: Node) -> None:
    if target.rank == 1:
        if input.rank == 0:
            message = "Dimension specified as 0 but tensor has no dimensions"
            trace.reject("IndexError", message, "input-rank", "input", shape=input.shape)
        trace.require(
            same(input.shape[0], target.shape[0]),
            "RuntimeError",
            "Input and target should have the same size in the batch dimension.",
            "batch-size",
            "target",
            input=input.shape,
            target=target.shape,
        )
    trace.require(
        target.rank <= 1,
        "RuntimeError",
        "0D or 1D target tensor expected, multi-target not supported",
        "target-rank",
        "target",
        target=target.shape,
    )
    trace.require(
        input.rank == target.rank + 1,
        "RuntimeError",
        lambda: (
            f"{target.rank}D target tensor expects {target.rank + 1}D input tensors, "
            f"but found inputs with size {torch_size(input.shape)}"
        ),
        "input-rank",
        "input",
        input=input.shape,
        target=target.shape,
    )


def _require_order(trace: Trace, target: Node) -> None:
    trace.require(
        None if target.dtype is None else target.dtype not in COMPLEX,
        "NotImplementedError",
        f"\"ge_cpu\" not implemented for '{scalar_type(target.dtype)}'",
        "target-dtype",
        "target",
    )


def _require_labels(trace: Trace, target: Node, inside: bool | None, classes: Dim | None) -> None:
    values = target.values.unordered()
    low, high = values.low, values.high
    last = None if classes is None else classes - 1
    trace.require(
        inside,
        "RuntimeError",
        f"Target values should be in [0, {shown(last)}], but values in range [{low}, {high}] were found. ",
        "label-range",
        "target",
        classes=classes,
        low=low,
        high=high,
    )


def _require_layer(trace: Trace, input: Node, rows: Dim | None, outputs: int | None) -> None:
    """Require what the linear layer of the head or of a cluster requires of the rows it is given."""
    features: Dim | None = trace.option("in_features", None)
    trace.require(
        same(input.shape[-1], features),
        "RuntimeError",
        lambda: (
            f"mat1 and mat2 shapes cannot be multiplied ({shown(rows)}x{shown(input.shape[-1])} "
            f"and {shown(features)}x{shown(outputs)})"
        ),
        "features",
        "input",
        input=input.shape,
        features=features,
    )
    own = trace.option("dtype", "float32") or "float32"
    trace.require(
        None if input.dtype is None else input.dtype == own,
        "RuntimeError",
        lambda: (
            "expected m1 and m2 to have the same dtype, but got: "
            f"{CPP_TYPES.get(input.dtype or '', input.dtype)} != {CPP_TYPES.get(own, own)}"
        ),
        "input-dtype",
        "input",
        expected=own,
        found=input.dtype,
    )


def _require_target_dtype(trace: Trace, target: Node) -> None:
    trace.require(
        None if target.dtype is None else target.dtype in INDICES,
        "RuntimeError",
        "gather(): Expected dtype int32/int64 for index",
        "target-dtype",
        "target",
        dtype=target.dtype,
        allowed=INDICES,
    )


declare(
    Contract(
        "torch.nn.AdaptiveLogSoftmaxWithLoss",
        tensors("input", "target"),
        (
            Mode(
                "class indices",
                {"input": "F | N F", "target": "| N"},
                {"input": FLOATING, "target": INDICES},
                "",
                {"target": "from 0 to n_classes - 1"},
            ),
        ),
        adaptive_log_softmax_with_loss,
    ),
)
