"""Elements that a program writes into a tensor: known to be meant, not known to be met in every batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snugly.facts.tensors import TensorFacts


def strays(facts: TensorFacts, low: float, high: float, *, ignoring: object = None) -> tuple[float, ...]:
    """Return the elements outside ``[low, high]`` that the program writes into a tensor and takes out nowhere.

    There are none where it is not known which label is ignored.
    """
    if ignoring is not None and not isinstance(ignoring, int | float):
        return ()
    written = facts.values.explicit()
    return tuple(sorted(each for each in written if not low <= each <= high and each != ignoring))
