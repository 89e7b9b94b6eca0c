"""Where the classes of a tensor are, read from its axes and from the layer that made it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.rules.steps import chain

if TYPE_CHECKING:
    from snugly.facts.tensors import TensorFacts

MADE = ("features", "channels", "classes")


def made_axis(facts: TensorFacts) -> int | None:
    """Return the axis that the last layer made: the last one after a linear layer, axis 1 after a convolution."""
    if facts.rank is None:
        return None
    if facts.axes is not None and len(facts.axes) == facts.rank:
        named = [axis for axis, name in enumerate(facts.axes) if name in MADE]
        return named[-1] if len(named) == 1 else None
    for origin, after, before in chain(facts):
        name = origin.operation.rpartition(".")[2].lower()
        if name in ("linear", "bilinear"):
            return facts.rank - 1
        if name.startswith("conv") and name[4:5].isdigit():
            return facts.rank - int(name[4]) - 1
        if before is None or before.shape != after.shape:
            return None
    return None
