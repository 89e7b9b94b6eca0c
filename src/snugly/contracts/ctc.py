"""``ctc_loss``: a sequence of labels against a longer sequence of log-probabilities.

Follows ``aten/src/ATen/native/LossCTC.cpp``. torch does not check that labels are below the number of
classes; it reads, and in backward writes, outside of memory. The contract rejects such a call with
the clause ``label-range``, although torch may return a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from snugly.contracts.arithmetic import Node, any_empty, count, known, require_kernel, shown
from snugly.contracts.calls import UNKNOWN, Violation
from snugly.contracts.contract import REDUCTION, Contract, Mode, Parameter, declare, tensors
from snugly.contracts.labels import labels_inside
from snugly.contracts.trace import Rejected, Trace
from snugly.facts.dims import Dim, less, same
from snugly.facts.dtypes import INTEGRAL
from snugly.facts.values import ValueFacts

PRECISE = ("float32", "float64")
_CHECKED_BY = "(while checking arguments for ctc_loss_allocate_outputs)"
Lengths = Sequence[int] | None


def ctc_loss(trace: Trace) -> Node:
    """Check a call of ``ctc_loss``."""
    log_probs, targets = trace.tensor("log_probs"), trace.tensor("targets")
    reduction = trace.checked(trace.reduction(legacy=False))
    trace.mode = "padded targets" if targets.rank == 2 else "concatenated targets"
    _require_one_kind_of_lengths(trace)
    input_lengths, input_count = _lengths(trace, "input_lengths")
    target_lengths, target_count = _lengths(trace, "target_lengths")
    _require_log_probs(trace, log_probs)
    batched = log_probs.rank == 3
    if batched:
        steps, batch, classes = log_probs.shape
    else:
        (steps, classes), batch = log_probs.shape, 1
    _require_blank(trace, classes)
    for name, size in (("input_lengths", input_count), ("target_lengths", target_count)):
        message = f"{name} must be of size batch_size"
        trace.require(same(size, batch), "RuntimeError", message, "lengths-batch", name, lengths=size, batch=batch)
    _require_targets(trace, targets, target_lengths, batch)
    _require_input_lengths(trace, input_lengths, steps)
    _require_labels(trace, targets, classes)
    shape = (batch,) if batched else ()
    return Node(shape if reduction == "none" else (), log_probs.dtype, log_probs.grad)


def _require_one_kind_of_lengths(trace: Trace) -> None:
    """Require both lengths as tensors or both as tuples; torch has no overload that mixes them."""
    names = ("input_lengths", "target_lengths")
    tensors_given = [name for name in names if name in trace.call.arguments]
    others = [name for name in names if trace.call.options.get(name) not in (None, UNKNOWN)]
    if tensors_given and others:
        kinds = ("Tensor" if name in tensors_given else type(trace.call.options.get(name)).__name__ for name in names)
        message = (
            "ctc_loss() received an invalid combination of arguments - got "
            f"(Tensor, Tensor, {', '.join(kinds)}, int, int, bool), but expected one of:"
        )
        trace.reject("TypeError", message, "lengths-kind", others[0])


def _lengths(trace: Trace, name: str) -> tuple[Lengths, Dim | None]:
    """Return the lengths, as far as they are known, and how many there are; a tensor or a tuple of integers."""
    given = trace.call.options.get(name)
    if given is UNKNOWN:
        return None, None
    if given is not None:
        return _listed(given)
    node = trace.tensor(name)
    trace.require(
        None if node.dtype is None else node.dtype in INTEGRAL,
        "RuntimeError",
        f"{name} must be integral",
        "lengths-dtype",
        name,
        dtype=node.dtype,
    )
    elements = node.values.data()
    if elements is None or not all(isinstance(element, int) for element in elements):
        return None, count(node.shape)
    return elements, count(node.shape)


def _listed(given: Any) -> tuple[Lengths, Dim | None]:
    if isinstance(given, Sequence):
        return (given, len(given)) if all(isinstance(length, int) for length in given) else (None, len(given))
    return None, None


def _require_log_probs(trace: Trace, log_probs: Node) -> None:
    if log_probs.rank == 0:
        message = "Dimension out of range (expected to be in range of [-1, 0], but got 1)"
        trace.reject("IndexError", message, "input-rank", "log_probs", shape=log_probs.shape)
    require_kernel(trace, log_probs, "ctc_loss_cpu", PRECISE)
    empty = any_empty(log_probs.shape)
    trace.require(
        None if empty is None else not empty,
        "RuntimeError",
        "log_probs tensor must not be empty",
        "empty",
        "log_probs",
        shape=log_probs.shape,
    )
    rank = log_probs.rank if log_probs.rank == 3 else log_probs.rank + 1
    trace.require(
        rank == 3,
        "RuntimeError",
        f"Expected 3-dimensional tensor, but got {rank}-dimensional tensor for argument #1 'log_probs' {_CHECKED_BY}",
        "input-rank",
        "log_probs",
        shape=log_probs.shape,
    )
    targets = trace.tensor("targets")
    trace.require(
        1 <= targets.rank <= 2,
        "RuntimeError",
        f"Expected 1 to 2 dimensions, but got {targets.rank}-dimensional tensor for argument #2 'targets' "
        f"{_CHECKED_BY}",
        "target-rank",
        "targets",
        shape=targets.shape,
    )


def _require_blank(trace: Trace, classes: Dim | None) -> None:
    blank = trace.option("blank", 0)
    below = less(blank, classes)
    trace.require(
        False if blank is not None and blank < 0 else below,
        "RuntimeError",
        "blank must be in label range",
        "blank-range",
        "blank",
        blank=blank,
        classes=classes,
    )


def _require_least(trace: Trace, lengths: Lengths, name: str) -> None:
    wrong = None if lengths is None else next((length for length in lengths if length < 0), None)
    trace.require(
        None if lengths is None else wrong is None,
        "RuntimeError",
        f"Expected {name} to have value at least 0, but got value {wrong} {_CHECKED_BY}",
        "lengths-range",
        name,
        length=wrong,
    )


def _require_targets(trace: Trace, targets: Node, lengths: Lengths, batch: Dim | None) -> None:
    _require_least(trace, lengths, "target_lengths")
    expected = batch if targets.rank == 2 else (None if lengths is None else sum(lengths))
    trace.require(
        same(targets.shape[0], expected),
        "RuntimeError",
        lambda: (
            f"Expected tensor to have size {shown(expected)} at dimension 0, but got size "
            f"{shown(targets.shape[0])} for argument #2 'targets' {_CHECKED_BY}"
        ),
        "batch-size" if targets.rank == 2 else "target-lengths-sum",
        "targets",
        expected=expected,
        targets=targets.shape,
    )
    if targets.rank == 1:
        return
    longest = None if lengths is None else max(lengths, default=0)
    short = None if longest is None else less(targets.shape[1], longest)
    trace.require(
        None if short is None else not short,
        "RuntimeError",
        lambda: (
            f"Expected tensor to have size at least {longest} at dimension 1, but got size "
            f"{shown(targets.shape[1])} for argument #2 'targets' {_CHECKED_BY}"
        ),
        "target-lengths-range",
        "target_lengths",
        longest=longest,
        targets=targets.shape,
    )


def _require_input_lengths(trace: Trace, lengths: Lengths, steps: Dim | None) -> None:
    most, least = (None, None) if lengths is None else (max(lengths, default=0), min(lengths, default=0))
    longest: Dim | None = most
    if lengths is None and "input_lengths" in trace.call.arguments:
        longest = trace.tensor("input_lengths").values.most
    longer = less(steps, longest)
    fits = False if least is not None and least < 0 else (None if longer is None else not longer)
    first = None
    if fits is False and lengths is not None:
        limit = known(steps)
        first = next((length for length in lengths if length < 0 or (limit is not None and length > limit)), most)
    bound = (
        f"least 0, but got value {first}"
        if first is not None and first < 0
        else (f"most {shown(steps)}, but got value {first}")
    )
    trace.require(
        fits,
        "RuntimeError",
        f"Expected input_lengths to have value at {bound} {_CHECKED_BY}",
        "lengths-range",
        "input_lengths",
        length=first,
        steps=steps,
    )


def _require_labels(trace: Trace, targets: Node, classes: Dim | None) -> None:
    targets = _as_integers(targets)
    inside = labels_inside(targets, classes, None)
    if inside is False:
        limit = known(classes)
        label = None if limit is None else targets.values.first_outside(0, limit - 1)
        raise Rejected(None, Violation("label-range", "targets", {"classes": classes, "label": label}))
    trace.require(inside, "RuntimeError", "", "label-range", "targets", classes=classes)


def _as_integers(targets: Node) -> Node:
    """Return targets of another dtype as torch converts them: without fraction and without imaginary part."""
    elements = targets.values.data()
    if targets.dtype in INTEGRAL or elements is None:
        return targets
    try:
        whole = tuple(int(x.real) for x in elements)
    except (ValueError, OverflowError):  # NaN or infinite
        return targets
    return Node(targets.shape, "int64", targets.grad, name=targets.name, values=ValueFacts(elements=whole))


_SEQUENCE = {"log_probs": "T C | T N C", "input_lengths": "| N", "target_lengths": "| N"}
_DTYPES = {"log_probs": PRECISE, "targets": ("int64", "int32"), "input_lengths": INTEGRAL, "target_lengths": INTEGRAL}
_VALUES = {
    "log_probs": "log-probabilities over C",
    "targets": "from 0 to C - 1, none of them blank",
    "input_lengths": "at most T",
    "target_lengths": "at most S",
}

declare(
    Contract(
        "torch.nn.functional.ctc_loss",
        (
            *tensors("log_probs", "targets", "input_lengths", "target_lengths"),
            Parameter("blank", 0),
            REDUCTION,
            Parameter("zero_infinity", default=False),
        ),
        (
            Mode("padded targets", {**_SEQUENCE, "targets": "N S"}, _DTYPES, "| N", _VALUES),
            Mode("concatenated targets", {**_SEQUENCE, "targets": "S"}, _DTYPES, "| N", _VALUES),
        ),
        ctc_loss,
    ),
)
