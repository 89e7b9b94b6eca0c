"""How to make a prediction and a target of an elementwise loss the same shape, and which of the two to change.

In 92 threads with an accepted fix, 58 change the target, the data or the class count, and 25 the prediction. So the
target is changed, unless the prediction got its odd axis from an operation that keeps one (a gather, a chunk, a slice).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.records import replace
from snugly.remedies.remedy import ChangeArgument
from snugly.remedies.reshaping import toward
from snugly.rules.steps import chain
from snugly.rules.targets import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.facts.origins import Origin
    from snugly.facts.tensors import TensorFacts
    from snugly.remedies.remedy import Remedy
    from snugly.rules.pairs import Pair

KEEPING = frozenset(("gather", "chunk", "split", "unsqueeze", "tensor_split", "take_along_dim", "narrow"))
ELEMENTWISE_NAMES = frozenset((
    "sigmoid", "relu", "tanh", "softplus", "exp", "log", "clamp", "softmax", "log_softmax", "neg", "abs",
    "float", "double",
    "long", "to", "detach", "contiguous", "mul", "add", "sub", "truediv", "div", "dropout", "gelu", "leaky_relu", "elu",
    "Sigmoid", "ReLU", "Tanh", "Softplus", "LeakyReLU", "GELU", "Dropout", "Identity", "half", "clone", "cuda", "cpu",
))  # fmt: skip


def matched(
    input: TensorFacts, target: TensorFacts, names: tuple[str, str] = ("input", "target")
) -> tuple[Remedy, ...]:
    """Return the remedies that give both arguments one shape, the likelier side first."""
    if input.shape is None or target.shape is None:
        return ()
    first, second = names
    to_input, to_target = toward(target.shape, input.shape), toward(input.shape, target.shape)
    column = (
        axis_kept_by(input) if input.rank is not None and target.rank is not None and input.rank > target.rank else None
    )
    change_target = (
        [ChangeArgument(second, to_input, sentence(second, to_input), near=_longer(input, target))] if to_input else []
    )
    change_input = (
        [ChangeArgument(first, to_target, sentence(first, to_target), near=column is None)] if to_target else []
    )
    if column is not None:
        return (*change_input, *change_target)
    return (*change_target, *change_input)


def matched_operands(pair: Pair, *, near: bool = False) -> tuple[Remedy, ...]:
    """Return the remedies that give two operands of hand-written arithmetic one shape, the likelier side first."""
    remedies = matched(pair.a, pair.b, (pair.prediction, pair.other))
    words = {pair.prediction: "prediction", pair.other: "other side"}
    return tuple(
        replace(each, near=near or each.near, outward=True, title=sentence(words[each.argument], each.changes))
        for each in remedies
        if isinstance(each, ChangeArgument)
    )


def _longer(input: TensorFacts, target: TensorFacts) -> bool:
    return (input.rank or 0) >= (target.rank or 0)


def axis_kept_by(facts: TensorFacts) -> Origin | None:
    """Return the operation that left an axis of one where it could have gone; ``None`` where a layer made it."""
    for origin, after, before in chain(facts):
        name = origin.operation.rpartition(".")[2]
        if name in KEEPING or origin.options.get("keepdim") is True:
            return origin
        if origin.layer is not None or before is None or before.shape != after.shape:
            return None
        if name not in ELEMENTWISE_NAMES:
            return None
    return None


def layers(facts: TensorFacts) -> Iterator[Origin]:
    """Yield the layers on the main line of a tensor, the last first."""
    for origin, _, _ in chain(facts):
        if origin.layer is not None:
            yield origin
