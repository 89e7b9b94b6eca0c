"""What autograd's graph says about a live tensor: which operation made its elements, and which axis it ran along.

``grad_fn`` is followed backwards through operations that only rearrange elements, until one is met
that says what they are (softmax, sigmoid, a linear layer …). The axis of that operation is then
carried forward again to the tensor at hand. Source of the names and the saved attributes:
``tools/autograd/derivatives.yaml`` of torch 2.13, compared with torch in ``tests/runtime``.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass
from snugly.facts.values import Meaning

if TYPE_CHECKING:
    from collections.abc import Callable

Node = Any  # torch.autograd.graph.Node; torch is not imported here
Sizes = tuple[int, ...]
MAX_STEPS = 64
_UNSIGNED = 2**64


@dataclass(frozen=True, slots=True)
class Lineage:
    """What the elements are, and the axis that the operation which made them ran along.

    Attributes:
        meaning: what the elements are.
        axis: for probabilities the axis that sums to one, for logits the feature axis of the layer;
            ``None`` where the way to the tensor at hand does not keep it.
        layer: ``"features"`` (linear) or ``"channels"`` (convolution), for logits.
    """

    meaning: Meaning
    axis: int | None = None
    layer: str | None = None


@dataclass(frozen=True, slots=True)
class _Step:
    """One operation on the way back, with the sizes of its result.

    ``affine`` says that a parameter or a constant matrix takes part: scores stay scores, nothing else stays what it is.
    """

    node: Node
    name: str
    result: Sizes | None
    affine: bool = False


def trace(node: Node | None, shape: Sizes) -> Lineage | None:
    """Say what a tensor of ``shape`` with this ``grad_fn`` holds, or ``None`` when the graph does not tell."""
    steps: list[_Step] = []
    sizes: Sizes | None = shape
    while node is not None and len(steps) < MAX_STEPS:
        name = node.name()
        made = _SOURCES.get(name)
        found = None if made is None else made(node, sizes)
        if found is not None:
            return _forward(found, steps)
        inputs = [before for before, _ in node.next_functions if before is not None]
        moving = [before for before in inputs if not _is_leaf(before)]
        if name in _PRODUCTS:
            if len(inputs) != 1:
                return None
        elif name not in _KEEPING or (name in _ONE_TENSOR and len(moving) != 1):
            return None
        steps.append(_Step(node, name, sizes, affine=name in _PRODUCTS or len(inputs) > 1))
        sizes = _input_sizes(node, name, sizes)
        node = moving[0] if moving else None
    return None


def _forward(found: Lineage, steps: list[_Step]) -> Lineage | None:
    meaning, axis = found.meaning, found.axis
    for step in reversed(steps):
        if step.affine and meaning is not Meaning.LOGITS:
            return None
        changed = _CHANGES_MEANING.get(step.name, {})
        if step.name in _CHANGES_MEANING:
            if meaning not in changed:
                return None
            meaning = changed[meaning]
        if axis is not None and step.name in _MOVES:
            axis = _MOVES[step.name](step.node, axis, step.result)
    return Lineage(meaning, axis, found.layer)


def _is_leaf(node: Node) -> bool:
    """Tell whether a node stands for a parameter, which in C++ and in messages has a namespace before its name."""
    name: str = node.name()
    return name.endswith("AccumulateGrad")


def _signed(dim: int) -> int:
    return dim - _UNSIGNED if dim >= _UNSIGNED // 2 else dim


def _wrap(dim: int, rank: int) -> int:
    dim = _signed(dim)
    return dim + rank if dim < 0 else dim


def _saved_sizes(node: Node) -> Sizes | None:
    saved = getattr(node, "_saved_self_sym_sizes", None)
    return None if saved is None else tuple(int(size) for size in saved)


def _input_sizes(node: Node, name: str, result: Sizes | None) -> Sizes | None:
    saved = _saved_sizes(node)
    if saved is not None or result is None:
        return saved
    if name == "PermuteBackward0":
        before = list(result)
        for position, dim in enumerate(node._saved_dims):
            before[_wrap(dim, len(result))] = result[position]
        return tuple(before)
    if name in ("TransposeBackward0", "TBackward0"):
        first, second = _exchanged(node, name, len(result))
        before = list(result)
        before[first], before[second] = before[second], before[first]
        return tuple(before)
    if name == "UnsqueezeBackward0":
        dim = _wrap(node._saved_dim, len(result))
        return result[:dim] + result[dim + 1 :]
    return result if name in _SAME_SIZES else None


def _exchanged(node: Node, name: str, rank: int) -> tuple[int, int]:
    if name == "TBackward0":
        return 0, min(1, rank - 1)
    return _wrap(node._saved_dim0, rank), _wrap(node._saved_dim1, rank)


def _through_view(node: Node, axis: int, result: Sizes | None) -> int | None:
    before = _saved_sizes(node)
    if before is None or result is None or axis >= len(before):
        return None
    outer = prod(before[:axis])
    for position, size in enumerate(result):
        if (
            size == before[axis]
            and prod(result[:position]) == outer
            and prod(result[position + 1 :]) == prod(before[axis + 1 :])
        ):
            return position
    return None


def _through_permute(node: Node, axis: int, _result: Sizes | None) -> int | None:
    rank = len(node._saved_dims)
    return next((new for new, old in enumerate(node._saved_dims) if _wrap(old, rank) == axis), None)


def _through_exchange(node: Node, axis: int, result: Sizes | None) -> int | None:
    if result is None:
        return None
    first, second = _exchanged(node, node.name(), len(result))
    return {first: second, second: first}.get(axis, axis)


def _through_squeeze(node: Node, axis: int, _result: Sizes | None) -> int | None:
    before = _saved_sizes(node)
    if before is None:
        return None
    dims = getattr(node, "_saved_dim", None)
    chosen = range(len(before)) if dims is None else [dims] if isinstance(dims, int) else dims
    gone = {_wrap(dim, len(before)) for dim in chosen if before[_wrap(dim, len(before))] == 1}
    return None if axis in gone else axis - sum(dim < axis for dim in gone)


def _through_unsqueeze(node: Node, axis: int, result: Sizes | None) -> int | None:
    if result is None:
        return None
    return axis + (_wrap(node._saved_dim, len(result)) <= axis)


def _through_select(node: Node, axis: int, _result: Sizes | None) -> int | None:
    before = _saved_sizes(node)
    if before is None:
        return None
    dim = _wrap(node._saved_dim, len(before))
    return None if dim == axis else axis - (dim < axis)


def _through_slice(node: Node, axis: int, result: Sizes | None) -> int | None:
    before = _saved_sizes(node)
    if before is None or result is None or len(before) != len(result) or before[axis] != result[axis]:
        return None
    return axis


def _through_expand(node: Node, axis: int, result: Sizes | None) -> int | None:
    before = _saved_sizes(node)
    if before is None or result is None:
        return None
    moved = axis + len(result) - len(before)
    return moved if result[moved] == before[axis] else None


def _through_product(node: Node, axis: int, result: Sizes | None) -> int | None:
    """A constant on the left mixes rows and leaves the last axis alone."""
    constant_left = node.next_functions[0][0] is None
    return axis if constant_left and result is not None and axis == len(result) - 1 else None


def _dropped(_node: Node, _axis: int, _result: Sizes | None) -> int | None:
    return None


_MOVES: dict[str, Callable[[Node, int, Sizes | None], int | None]] = {
    "ViewBackward0": _through_view,
    "UnsafeViewBackward0": _through_view,
    "ReshapeAliasBackward0": _through_view,
    "PermuteBackward0": _through_permute,
    "TransposeBackward0": _through_exchange,
    "TBackward0": _through_exchange,
    "SqueezeBackward0": _through_squeeze,
    "SqueezeBackward1": _through_squeeze,
    "SqueezeBackward2": _through_squeeze,
    "UnsqueezeBackward0": _through_unsqueeze,
    "SelectBackward0": _through_select,
    "SliceBackward0": _through_slice,
    "ExpandBackward0": _through_expand,
    "MmBackward0": _through_product,
    "BmmBackward0": _through_product,
    "IndexBackward0": _dropped,
    "GatherBackward0": _dropped,
    "RsubBackward1": _dropped,
}
# A product with a constant matrix mixes scores, which stay scores: a graph's neighbours, a change of basis.
_PRODUCTS = frozenset(("MmBackward0", "BmmBackward0"))
_SAME_SIZES = frozenset(
    (
        *("CloneBackward0", "ToCopyBackward0", "AliasBackward0"),
        *("ClampBackward1", "ClampMinBackward0", "ClampMaxBackward0"),
        *("AddBackward0", "SubBackward0", "MulBackward0", "DivBackward0"),
        *("LogBackward0", "ExpBackward0", "RsubBackward1"),
    )
)
# Arithmetic with a number or with a parameter keeps scores what they are; with a second tensor nothing is known.
_ONE_TENSOR = frozenset(("AddBackward0", "SubBackward0", "MulBackward0", "DivBackward0"))
_ARITHMETIC = {Meaning.LOGITS: Meaning.LOGITS}
_COMPLEMENT = {Meaning.BERNOULLI: Meaning.BERNOULLI, Meaning.LOGITS: Meaning.LOGITS}
_CHANGES_MEANING: dict[str, dict[Meaning, Meaning]] = {
    "LogBackward0": {Meaning.PROBABILITIES: Meaning.LOG_PROBABILITIES, Meaning.BERNOULLI: Meaning.LOG_BERNOULLI},
    "ExpBackward0": {Meaning.LOG_PROBABILITIES: Meaning.PROBABILITIES, Meaning.LOG_BERNOULLI: Meaning.BERNOULLI},
    # A small number added before a logarithm leaves probabilities what they are.
    "AddBackward0": {kept: kept for kept in (Meaning.LOGITS, Meaning.PROBABILITIES, Meaning.BERNOULLI)},
    "SubBackward0": _ARITHMETIC,
    "MulBackward0": _ARITHMETIC,
    "DivBackward0": _ARITHMETIC,
    "RsubBackward1": _COMPLEMENT,
    "ClampBackward1": {kept: kept for kept in Meaning if kept is not Meaning.LOGITS},
    "ClampMinBackward0": {kept: kept for kept in Meaning if kept is not Meaning.LOGITS},
    "ClampMaxBackward0": {kept: kept for kept in Meaning if kept is not Meaning.LOGITS},
}
_KEEPING = (frozenset(_MOVES) - _PRODUCTS) | _SAME_SIZES


def _softmax(meaning: Meaning) -> Callable[[Node, Sizes | None], Lineage | None]:
    def found(node: Node, sizes: Sizes | None) -> Lineage:
        return Lineage(meaning, None if sizes is None else _wrap(node._saved_dim, len(sizes)))

    return found


def _elementwise(meaning: Meaning) -> Callable[[Node, Sizes | None], Lineage | None]:
    def found(_node: Node, _sizes: Sizes | None) -> Lineage:
        return Lineage(meaning)

    return found


def _linear(_node: Node, sizes: Sizes | None) -> Lineage:
    return Lineage(Meaning.LOGITS, None if sizes is None else len(sizes) - 1, "features")


def _product(node: Node, sizes: Sizes | None) -> Lineage | None:
    """A matrix product is a linear layer when its second factor is a parameter, transposed or not."""
    factor = node.next_functions[-1][0]
    if factor is not None and factor.name() == "TBackward0":
        factor = factor.next_functions[0][0]
    if factor is None or not _is_leaf(factor):
        return None
    return _linear(node, sizes)


def _convolution(_node: Node, sizes: Sizes | None) -> Lineage:
    return Lineage(Meaning.LOGITS, None if sizes is None else 1, "channels")


_SOURCES: dict[str, Callable[[Node, Sizes | None], Lineage | None]] = {
    "SoftmaxBackward0": _softmax(Meaning.PROBABILITIES),
    "LogSoftmaxBackward0": _softmax(Meaning.LOG_PROBABILITIES),
    "SigmoidBackward0": _elementwise(Meaning.BERNOULLI),
    "LogSigmoidBackward0": _elementwise(Meaning.LOG_BERNOULLI),
    "AddmmBackward0": _linear,
    "MmBackward0": _product,
    "ConvolutionBackward0": _convolution,
}
