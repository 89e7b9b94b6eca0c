"""Two tensors that meet in arithmetic or a comparison: whether every sample of one meets every sample of the other.

Deliberate pairs are common (distances, similarity masks, quantiles), so three things must hold: both sides are
repeated along axes of the same size, one side comes from the model and the other does not (or gradients flow to one
only), and the axis of one was not put in on the spot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.dims import Dim, product, same
from snugly.facts.records import dataclass
from snugly.facts.tensors import TensorFacts
from snugly.rules.broadcasts import broadcast, widened
from snugly.rules.steps import chain

if TYPE_CHECKING:
    from snugly.facts.origins import Origin, Place
    from snugly.facts.tensors import Shape
    from snugly.operations.registry import Application

INSERTING = frozenset(
    ("unsqueeze", "getitem", "view", "reshape", "expand_dims", "view_as", "reshape_as", "unsqueeze_", "t")
)
LEARNED = frozenset(
    ("linear", "bilinear", "embedding", "lstm", "gru", "rnn", "LSTM", "GRU", "RNN", "multi_head_attention_forward")
)
CHOOSING = frozenset(("argmax", "argmin", "max", "min", "topk", "mode", "median", "kthvalue"))
EQUALITIES = frozenset(("eq", "ne", "equal", "not_equal"))
MOST_WALKED = 300


@dataclass(frozen=True, slots=True)
class Pair:
    """Two operands that broadcast against each other by accident.

    Attributes:
        prediction: name of the operand that comes from the model.
        other: name of the other one.
        a: facts of the prediction.
        b: facts of the other.
        whole: the shape of the result.
        meant: how many pairs were meant.
    """

    prediction: str
    other: str
    a: TensorFacts
    b: TensorFacts
    whole: Shape
    meant: Dim | None


def accidental_pair(application: Application) -> Pair | None:
    """Return the two operands of an operation whose samples meet crosswise, if they certainly do so by accident."""
    tensors = [(name, value) for name, value in application.arguments.items() if isinstance(value, TensorFacts)]
    if len(tensors) < 2:
        return None
    (first, a), (second, b) = tensors[:2]
    whole = broadcast(a.shape, b.shape)
    if (
        whole is None
        or a.shape is None
        or b.shape is None
        or not widened(a.shape, whole)
        or not widened(b.shape, whole)
    ):
        return None
    if not _same_axis(a.shape, b.shape) or "parameter" in (a.kind, b.kind):
        return None
    side = _model_side(a, b)
    if side is None or _deliberate(a, application) or _deliberate(b, application):
        return None
    larger = max((a.numel, b.numel), key=lambda size: 0 if size is None else len(str(size)))
    if side == 0:
        return Pair(first, second, a, b, whole, a.numel or larger)
    return Pair(second, first, b, a, whole, b.numel or larger)


def _same_axis(a: Shape, b: Shape) -> bool:
    """Tell whether the axis along which one is repeated has the size of the axis along which the other is."""
    length = max(len(a), len(b))
    x, y = (1,) * (length - len(a)) + tuple(a), (1,) * (length - len(b)) + tuple(b)
    of_b = [size for mine, size in zip(x, y, strict=True) if same(mine, 1) is True and same(size, 1) is not True]
    of_a = [mine for mine, size in zip(x, y, strict=True) if same(size, 1) is True and same(mine, 1) is not True]
    return len(of_a) == len(of_b) == 1 and same(of_a[0], of_b[0]) is True and same(of_a[0], 1) is not True


def _model_side(a: TensorFacts, b: TensorFacts) -> int | None:
    """Return which operand comes from the model, 0 or 1, when only one does or gradients flow to one only."""
    if a.requires_grad is True and b.requires_grad is False:
        return 0
    if b.requires_grad is True and a.requires_grad is False:
        return 1
    if b.requires_grad is False and a.requires_grad is None and from_layers(a):
        return 0
    if a.requires_grad is False and b.requires_grad is None and from_layers(b):
        return 1
    from_model = from_layers(a), from_layers(b)
    if from_model == (True, True):
        return _model_column(a, b)
    if from_model == (True, False):
        return 0
    return 1 if from_model == (False, True) else None


def _model_column(a: TensorFacts, b: TensorFacts) -> int | None:
    """Return which of two operands that the model had a part in is a head of one column, beside a vector of samples.

    Nobody asked for the axis of one that a layer with one output leaves. Distances between the outputs of one and the
    same head are no accident.
    """
    for side, column, row in ((0, a, b), (1, b, a)):
        head = _head(column)
        if head is None or column.rank != 2 or row.rank != 1 or row.origin is None:
            continue
        if all(origin is not head for origin in row.origin.walk(MOST_WALKED)):
            return side
    return None


def _head(column: TensorFacts) -> Origin | None:
    """Return the layer with one output that gave a column its axis of one, if nothing has touched that axis since."""
    for origin, after, before in chain(column):
        if before is None or before.rank != column.rank:
            return None
        if origin.operation.rpartition(".")[2] == "linear":
            return origin if same(after.size(-1), 1) is True else None
        if before.shape != after.shape:
            return None
    return None


def from_layers(facts: TensorFacts) -> bool:
    """Tell whether a layer had a part in making a tensor."""
    if facts.origin is None:
        return False
    for origin in facts.origin.walk(MOST_WALKED):
        name = origin.operation.rpartition(".")[2]
        if origin.layer is not None or name in LEARNED or any(each.kind == "parameter" for each in origin.inputs):
            return True
    return False


def _deliberate(facts: TensorFacts, application: Application) -> bool:
    """Tell whether an operand got its axis of one in the very expression in which it meets the other."""
    origin = facts.origin
    result: Any = application.result
    here: Place | None = None
    if isinstance(result, TensorFacts) and result.origin is not None:
        here = result.origin.place
    if origin is None or origin.place is None:
        return False
    name = origin.operation.rpartition(".")[2]
    if origin.options.get("keepdim") is True or origin.options.get("keepdims") is True:
        return not (_compares(application) and name in CHOOSING)
    if name not in INSERTING or not _inserts_axis(origin, facts):
        return False
    return here is None or _within(origin.place, here)


def _compares(application: Application) -> bool:
    """Tell whether guesses are compared with labels: with a range of numbers, a comparison makes one-hot rows."""
    if application.name.rpartition(".")[2] not in EQUALITIES:
        return False
    sides = [each for each in application.arguments.values() if isinstance(each, TensorFacts) and each.origin]
    return not any(
        origin.operation.rpartition(".")[2] in ("arange", "range", "linspace")
        for side in sides
        for origin, _, _ in chain(side)
    )


def _inserts_axis(origin: Origin, facts: TensorFacts) -> bool:
    before = next((each for _, _, each in chain(facts)), None)
    if before is None or before.rank is None or facts.rank is None:
        return True
    indexed_by_tensor = len([each for each in origin.inputs if each.rank is not None]) > 1
    return facts.rank > before.rank and not indexed_by_tensor


def _within(inner: Place, outer: Place) -> bool:
    if inner.file != outer.file:
        return False
    return (outer.line, outer.column) <= (inner.line, inner.column) and (inner.end_line, inner.end_column) <= (
        outer.end_line,
        outer.end_column,
    )


def count(shape: Shape) -> Dim | None:
    """Return how many elements a shape has."""
    return product(shape)
