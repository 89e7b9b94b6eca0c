"""A table of embeddings with a few rows too few, such as a vocabulary that is counted from 1."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts
from snugly.remedies.remedy import Placement
from snugly.remedies.rewrite import Rewrite, layer_argument, traced
from snugly.rules.findings import Edit
from snugly.rules.reading import fixed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snugly.operations.registry import Application
    from snugly.remedies.remedy import Remedy
    from snugly.remedies.site import Site

MOST_MISSING = 4


def larger_table(application: Application) -> tuple[Remedy, ...]:
    """Return the remedy for indices just beyond the end of a table of embeddings: a table with a row for each."""
    misfit = application.misfit
    if misfit is None or misfit.clause != "embedding-range":
        return ()
    weight, input = application.arguments.get("weight"), application.arguments.get("input")
    if not isinstance(weight, TensorFacts) or not isinstance(input, TensorFacts) or not weight.shape:
        return ()
    values, rows = input.values.unordered(), fixed(weight.shape[0])
    if rows is None or values.low is None or values.low < 0 or values.high is None:
        return ()
    missing = int(values.high) + 1 - rows
    if not 0 < missing <= MOST_MISSING:
        return ()

    def write(site: Site) -> Iterable[Placement]:
        found = None if site.constructor is None else traced(layer_argument(site.constructor, "num_embeddings"))
        for written in () if found is None else (found.best, *found.others):
            plain = isinstance(written.node, ast.Constant)
            text = str(rows + missing) if plain else f"{written.source} + {missing}"
            yield Placement((Edit(written.place, text),), text, written.place, local=False)

    wanted = weight.with_(shape=(rows + missing, *weight.shape[1:]))
    return (Rewrite(f"Make the table for the {rows + missing} indices that it gets", {"weight": wanted}, write),)
