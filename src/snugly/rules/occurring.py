"""Elements that a program writes into a tensor: known to be meant, not known to be met in every batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.rules.steps import chain

if TYPE_CHECKING:
    from snugly.facts.tensors import TensorFacts

FILTERS = frozenset(
    ("where", "masked_select", "nonzero", "clamp", "clip", "remainder", "masked_fill", "compress", "delete")
)


def strays(facts: TensorFacts, low: float, high: float, *, ignoring: object = None) -> tuple[float, ...]:
    """Return the elements outside ``[low, high]`` that the program writes into a tensor and takes out nowhere.

    Elements that a mask may have left out on the way do not count.
    """
    members = facts.values.members
    if members is None or filtered(facts):
        return ()
    return tuple(sorted(each for each in members if not low <= each <= high and each != ignoring))


def filtered(facts: TensorFacts) -> bool:
    """Tell whether some operation on the way to a tensor may have left elements out."""
    for origin, _, _ in chain(facts):
        if origin.operation.rpartition(".")[2] in FILTERS:
            return True
        if any(each.dtype == "bool" for each in origin.inputs[1:]):
            return True
    return False
