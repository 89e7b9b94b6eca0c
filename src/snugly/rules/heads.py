"""The layer that gave an axis its size, and the remedy that gives it another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, same
from snugly.remedies.rewrite import Rewrite, resized
from snugly.rules.reading import fixed
from snugly.rules.steps import chain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snugly.facts.origins import Origin
    from snugly.facts.tensors import TensorFacts
    from snugly.remedies.remedy import Placement, Remedy
    from snugly.remedies.site import Site

OUTPUTS = ("out_features", "out_channels", "hidden_size", "embedding_dim")


def head_of(facts: TensorFacts, axis: int) -> tuple[Origin, str] | None:
    """Return the construction of the layer that made an axis, and the name of its parameter."""
    size = facts.size(axis)
    for origin, after, _ in chain(facts):
        if after.shape is None or not any(same(each, size) is True for each in after.shape):
            return None
        layer = origin.layer
        if layer is None:
            continue
        for name in OUTPUTS:
            if name in layer.arguments and layer.options.get(name, fixed(size)) == fixed(size):
                return layer, name
    return None


def resized_head(argument: str, facts: TensorFacts, axis: int, wanted: Dim) -> tuple[Remedy, ...]:
    """Return the remedy that gives the layer before a loss another number of outputs."""
    size, old = fixed(wanted), fixed(facts.size(axis))
    if size is None or facts.shape is None:
        return ()
    shape = tuple(wanted if place == axis else each for place, each in enumerate(facts.shape))
    found = head_of(facts, axis)

    def write(site: Site) -> Iterable[Placement]:
        del site
        return () if found is None else resized(found[0], found[1], None, str(size), None)

    del old
    return (Rewrite(f"Give the model {size} outputs", {argument: facts.with_(shape=shape)}, write, safe=False),)
