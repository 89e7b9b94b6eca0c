"""Losses on distances and similarities.

``margin_ranking_loss``, ``cosine_embedding_loss``, ``triplet_margin_loss`` and
``triplet_margin_with_distance_loss``.
"""

from __future__ import annotations

from snugly.contracts.arithmetic import (
    Node,
    binary,
    broadcast,
    clamp,
    divide,
    listed,
    negate,
    number,
    real_of,
    reduce,
    same_sizes,
    subtract,
    to_float,
    torch_size,
    total,
)
from snugly.contracts.contract import REDUCE, REDUCTION, SIZE_AVERAGE, Contract, Mode, Parameter, declare, tensors
from snugly.contracts.trace import Trace, Undetermined
from snugly.facts.dtypes import COMPLEX, FLOATING

_SIGNS = {"target": "1 or -1"}


def margin_ranking_loss(trace: Trace) -> Node:
    """Check a call of ``margin_ranking_loss``."""
    reduction = trace.checked(trace.reduction())
    first, second, target = trace.tensor("input1"), trace.tensor("input2"), trace.tensor("target")
    alike = same_sizes(first.shape, second.shape) and same_sizes(first.shape, target.shape)
    trace.mode = "signs" if alike else "broadcast"
    trace.require(
        first.rank == second.rank == target.rank,
        "RuntimeError",
        lambda: (
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {torch_size(first.shape)}, input2: {torch_size(second.shape)}, "
            f"target: {torch_size(target.shape)} "
        ),
        "same-rank",
        "target" if first.rank == second.rank else "input2",
        input1=first.shape,
        input2=second.shape,
        target=target.shape,
    )
    difference = subtract(trace, first, second)
    product = binary(trace, negate(trace, target), difference)
    shifted = binary(trace, product, number("float32"))
    clamp(trace, _blamed(shifted, (first, second, target)))
    return reduce(trace, shifted, reduction)


def _blamed(node: Node, sources: tuple[Node, ...]) -> Node:
    """Return the node under the name of the first source that is complex."""
    name = next((source.name for source in sources if source.dtype in COMPLEX), node.name)
    return Node(node.shape, node.dtype, node.grad, name=name)


def cosine_embedding_loss(trace: Trace) -> Node:
    """Check a call of ``cosine_embedding_loss``."""
    reduction = trace.checked(trace.reduction())
    first, second, target = trace.tensor("input1"), trace.tensor("input2"), trace.tensor("target")
    trace.require(
        target.rank <= 1,
        "RuntimeError",
        "0D or 1D target tensor expected, multi-target not supported",
        "target-rank",
        "target",
        target=target.shape,
    )
    axis = target.rank
    trace.require(
        first.rank == second.rank == axis + 1,
        "RuntimeError",
        lambda: (
            f"{axis}D target tensor expects {axis + 1}D input tensors, but found inputs with sizes "
            f"{listed(first.shape)} and {listed(second.shape)}."
        ),
        "input-rank",
        "input1" if first.rank != axis + 1 else "input2",
        input1=first.shape,
        input2=second.shape,
        target=target.shape,
    )
    cosine = _cosine(trace, first, second, axis)
    clamp(trace, _blamed(cosine, (first, second)))
    alike = same_sizes(first.shape, second.shape) and same_sizes(first.shape[:-1], target.shape)
    trace.mode = "signs" if alike else "broadcast"
    shape = broadcast(trace, target.shape, cosine.shape, "target")
    return reduce(trace, Node(shape, cosine.dtype, cosine.grad), reduction)


def _cosine(trace: Trace, first: Node, second: Node, axis: int) -> Node:
    product = binary(trace, first, second, argument="input2")
    product = total(trace, product, product.shape[:axis])
    norms = []
    for node in (first, second):
        square = total(trace, node, node.shape[:axis])
        norms.append(binary(trace, square, number("float32")))
    return divide(trace, product, to_float(binary(trace, norms[0], norms[1])))


def _require_margin(trace: Trace) -> None:
    margin = trace.option("margin", 1.0)
    trace.require(
        None if margin is None else not margin <= 0,
        "ValueError",
        f"margin must be greater than 0, got {margin}",
        "margin-range",
        "margin",
        margin=margin,
    )


def triplet_margin_loss(trace: Trace) -> Node:
    """Check a call of ``triplet_margin_loss``."""
    reduction = trace.checked(trace.reduction())
    _require_margin(trace)
    return _triplet(trace, reduction, trace.option("p", 2.0))


def triplet_margin_with_distance_loss(trace: Trace) -> Node:
    """Check a call of ``triplet_margin_with_distance_loss`` with the default distance.

    Raises:
        Undetermined: the distance is the user's own.
    """
    reduction = trace.reduction(legacy=False)
    if reduction not in ("mean", "sum", "none"):
        trace.bad_reduction(reduction, f"{reduction} is not a valid value for reduction")
    _require_margin(trace)
    distance = trace.call.options.get("distance_function")
    if distance is not None:
        _require_ranks(trace)
        missing = "distance_function: what it returns"
        raise Undetermined(missing)
    return _triplet(trace, reduction, 2.0)


def _require_ranks(trace: Trace) -> None:
    anchor, positive, negative = trace.tensor("anchor"), trace.tensor("positive"), trace.tensor("negative")
    trace.require(
        anchor.rank == positive.rank == negative.rank,
        "RuntimeError",
        lambda: (
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, "
            f"but got: anchor {anchor.rank}D, positive {positive.rank}D, and negative {negative.rank}D inputs"
        ),
        "same-rank",
        "positive" if anchor.rank == negative.rank else "negative",
        anchor=anchor.shape,
        positive=positive.shape,
        negative=negative.shape,
    )


def _triplet(trace: Trace, reduction: str, power: float | None) -> Node:
    _require_ranks(trace)
    anchor, positive, negative = trace.tensor("anchor"), trace.tensor("positive"), trace.tensor("negative")
    alike = same_sizes(anchor.shape, positive.shape) and same_sizes(anchor.shape, negative.shape)
    trace.mode = "triplets" if alike else "broadcast"
    near = _distance(trace, anchor, positive, power)
    far = _distance(trace, anchor, negative, power)
    if trace.flag("swap", default=False):
        far = binary(trace, far, _distance(trace, positive, negative, power))
    loss = binary(trace, near, far, argument="negative")
    return reduce(trace, loss, reduction)


def _distance(trace: Trace, a: Node, b: Node, power: float | None) -> Node:
    difference = binary(trace, subtract(trace, a, b), number("float32"))
    shape = difference.shape[:-1]
    return Node(shape, real_of(difference.dtype), difference.grad, name=b.name)


_TRIPLE = tensors("anchor", "positive", "negative")
_LEGACY = (SIZE_AVERAGE, REDUCE, REDUCTION)
_TRIPLETS = Mode("triplets", {"anchor": "*N D", "positive": "*N D", "negative": "*N D"}, {"anchor": FLOATING}, "*N")

declare(
    Contract(
        "torch.nn.functional.margin_ranking_loss",
        (*tensors("input1", "input2", "target"), Parameter("margin", 0), *_LEGACY),
        (Mode("signs", {"input1": "*", "input2": "*", "target": "*"}, {"input1": FLOATING}, "*", _SIGNS),),
        margin_ranking_loss,
    ),
    Contract(
        "torch.nn.functional.cosine_embedding_loss",
        (*tensors("input1", "input2", "target"), Parameter("margin", 0), *_LEGACY),
        (
            Mode(
                "signs",
                {"input1": "D | N D", "input2": "D | N D", "target": "| N"},
                {"input1": FLOATING},
                "| N",
                _SIGNS,
            ),
        ),
        cosine_embedding_loss,
    ),
    Contract(
        "torch.nn.functional.triplet_margin_loss",
        (
            *_TRIPLE,
            Parameter("margin", 1.0),
            Parameter("p", 2),
            Parameter("eps", 1e-6),
            Parameter("swap", default=False),
            *_LEGACY,
        ),
        (_TRIPLETS,),
        triplet_margin_loss,
    ),
    Contract(
        "torch.nn.functional.triplet_margin_with_distance_loss",
        (
            *_TRIPLE,
            Parameter("distance_function", None, keyword_only=True),
            Parameter("margin", 1.0, keyword_only=True),
            Parameter("swap", default=False, keyword_only=True),
            Parameter("reduction", "mean", keyword_only=True),
        ),
        (_TRIPLETS,),
        triplet_margin_with_distance_loss,
    ),
)
