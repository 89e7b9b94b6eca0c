"""Two operands that have the same sizes in another order, because one axis of one of them stands elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import same
from snugly.facts.tensors import TensorFacts
from snugly.remedies.changes import Permute
from snugly.remedies.remedy import ChangeArgument
from snugly.rules.pairs import from_layers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.facts.tensors import Shape
    from snugly.operations.registry import Application
    from snugly.remedies.remedy import Remedy


def moved_axes(application: Application) -> tuple[Remedy, ...]:
    """Return the remedies for operands that one moved axis would make the same; first for what no layer made.

    Rows of ``one_hot`` have their classes last, scores of a convolution have them second: (2, 64, 64, 4) against
    (2, 4, 64, 64). The first axis is the batch and stays where it is.
    """
    tensors = [(name, each) for name, each in application.arguments.items() if isinstance(each, TensorFacts)]
    if len(tensors) != 2 or application.misfit is None or application.misfit.clause != "broadcast":
        return ()
    (first, a), (second, b) = tensors
    if a.shape is None or b.shape is None or from_layers(a) == from_layers(b):
        return ()
    sides = ((first, a.shape, b.shape), (second, b.shape, a.shape))
    learned_last = sorted(sides, key=lambda side: from_layers(a if side[0] == first else b))
    return tuple(
        ChangeArgument(name, (order,), f"Move axis {axis} of the {words} to place {place}")
        for words, (name, before, after) in zip(("labels", "scores"), learned_last, strict=True)
        for axis, place, order in only_move(before, after)
    )


def only_move(before: Shape, after: Shape) -> Iterator[tuple[int, int, Permute]]:
    """Yield the move of one axis that turns one shape into the other, if there is just one."""
    rank = len(before)
    if rank != len(after) or rank < 3 or not _all_same(before[:1], after[:1]):
        return
    found: dict[tuple[int, ...], tuple[int, int]] = {}
    for axis in range(1, rank):
        for place in range(1, rank):
            rest = [each for each in range(rank) if each != axis]
            order = (*rest[:place], axis, *rest[place:])
            if axis != place and _all_same(tuple(before[each] for each in order), after):
                found.setdefault(order, (axis, place))
    if len(found) == 1:
        ((order, (axis, place)),) = found.items()
        yield axis, place, Permute(order)


def _all_same(before: Shape, after: Shape) -> bool:
    return all(same(a, b) is True for a, b in zip(before, after, strict=True))
