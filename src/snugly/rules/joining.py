"""Tensors that were joined along the batch axis instead of the features, and joining them along the features."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, same
from snugly.facts.records import dataclass
from snugly.remedies.lexical import expression_at
from snugly.remedies.remedy import Placement
from snugly.remedies.rewrite import Rewrite, resized
from snugly.remedies.undo import with_argument
from snugly.rules.findings import Edit
from snugly.rules.reading import fixed
from snugly.rules.steps import chain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snugly.facts.origins import Origin
    from snugly.facts.tensors import TensorFacts
    from snugly.remedies.remedy import Remedy
    from snugly.remedies.site import Site

JOINS = frozenset(("cat", "concat", "concatenate"))


@dataclass(frozen=True, slots=True)
class Joined:
    """A ``cat`` along axis 0 of matrices with the same rows.

    Attributes:
        origin: the call.
        rows: how many rows each of them has.
        features: how many features they have together.
        layer: the first layer after it that takes features.
    """

    origin: Origin
    rows: Dim
    features: int
    layer: Origin | None


def joined_in_batch(facts: TensorFacts) -> Joined | None:
    """Return the ``cat`` on the way to a tensor that made one batch of several, if there is one."""
    layer: Origin | None = None
    for origin, after, before in chain(facts):
        if origin.layer is not None and "in_features" in origin.layer.arguments:
            layer = origin.layer
        if origin.operation.rpartition(".")[2] not in JOINS or before is None or not before.shape:
            continue
        parts = [fixed(each.size(-1)) for each in origin.inputs]
        rows = before.shape[0]
        alike = all(each.rank == 2 and same(each.size(0), rows) is True for each in origin.inputs)
        if not alike or rows is None or None in parts or len(parts) < 2 or same(after.size(0), rows) is not False:
            return None
        return Joined(origin, rows, sum(each for each in parts if each is not None), layer)
    return None


def along_features(joined: Joined, argument: str, wanted: TensorFacts, *, resize: bool) -> Remedy:
    """Return the remedy that joins along the features, and gives the next layer as many where ``resize`` says so."""

    def write(site: Site) -> Iterable[Placement]:
        del site
        edit = _second_axis(joined.origin)
        if edit is None:
            return
        edits: tuple[Edit, ...] = (edit,)
        if resize:
            layer = joined.layer
            placement = None if layer is None else next(iter(resized(layer, "in_features", None, size, None)), None)
            if placement is None:
                return
            edits = (edit, *placement.edits)
        yield Placement(edits, "dim=1", edit.place, local=False)

    size = str(joined.features)
    return Rewrite("Join along the features, not along the batch", {argument: wanted}, write)


def _second_axis(origin: Origin) -> Edit | None:
    written = expression_at(origin.place, origin.callers)
    if written is None or not isinstance(written.node, ast.Call):
        return None
    node = written.node
    given = next((each.value for each in node.keywords if each.arg in ("dim", "axis")), None)
    given = node.args[1] if given is None and len(node.args) > 1 else given
    return with_argument(written.text, node, "dim=1") if given is None else Edit(written.text.place(given), "1")
