"""Scores that a mask selected, beside labels that it did not."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, same
from snugly.facts.records import dataclass
from snugly.remedies.lexical import expression_at
from snugly.remedies.remedy import Placement
from snugly.remedies.rewrite import Rewrite
from snugly.remedies.undo import called
from snugly.rules.activations import CARRYING
from snugly.rules.findings import Edit
from snugly.rules.steps import chain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snugly.facts.origins import Origin
    from snugly.facts.tensors import TensorFacts
    from snugly.remedies.site import Site

FLATTENING = frozenset(("flatten", "view", "reshape", "ravel"))


@dataclass(frozen=True, slots=True)
class Selection:
    """What a mask selects of a tensor.

    Attributes:
        origin: the indexing.
        mask: the mask.
    """

    origin: Origin
    mask: TensorFacts


def selected(facts: TensorFacts) -> Selection | None:
    """Return the last selection by a mask on the way to a tensor, if only its shape was changed since."""
    for origin, _, _ in chain(facts):
        name = origin.operation.rpartition(".")[2]
        mask = origin.inputs[1] if name == "getitem" and len(origin.inputs) == 2 else None
        if mask is not None and mask.dtype == "bool" and mask.rank:
            return Selection(origin, mask)
        if name not in CARRYING:
            return None
    return None


def selected_beside_all(input: TensorFacts, target: TensorFacts) -> Selection | None:
    """Return the mask that selects rows of the scores, where there is a label for every entry of the mask."""
    found = selected(input)
    if found is None or selected(target) is not None or found.mask.values.only((1,)) is True:
        return None
    return found if same(found.mask.numel, target.size(0)) is True else None


def select_labels(found: Selection, target: TensorFacts, rows: Dim) -> Rewrite:
    """Return the remedy: let the same mask select the labels."""
    mask = found.origin.arguments.get("key")

    def write(site: Site) -> Iterable[Placement]:
        source = site.sources.get("target")
        if mask is None or source is None or not mask.text.isidentifier() or found.origin.callers != site.callers:
            return
        written = expression_at(source.place, site.callers)
        base = None if written is None else written.node
        if isinstance(base, ast.Call) and called(base)[0] in FLATTENING and called(base)[1] is not None:
            base = called(base)[1]
        if written is None or not isinstance(base, ast.Name | ast.Attribute | ast.Subscript):
            return
        text = f"{written.text.of(base)}[{mask.text}]"
        yield Placement((Edit(source.place, text),), text, source.place)

    return Rewrite("Let the same mask select the labels", {"target": target.with_(shape=(rows,), origin=None)}, write)
