"""What a ``view`` or ``reshape`` before a loss did to the batch axis, read from the origin of an argument."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, product, same
from snugly.facts.records import dataclass
from snugly.remedies.lexical import Written, expression_at, followed
from snugly.remedies.remedy import Placement
from snugly.remedies.rewrite import Rewrite, layer_argument, resized
from snugly.remedies.undo import called
from snugly.rules.findings import Edit
from snugly.rules.reading import fixed, multiple
from snugly.rules.steps import chain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snugly.facts.origins import Origin
    from snugly.facts.tensors import TensorFacts
    from snugly.remedies.remedy import Remedy
    from snugly.remedies.site import Site

RESHAPES = frozenset(("view", "reshape", "flatten", "ravel", "view_as", "reshape_as", "rearrange", "unflatten"))


@dataclass(frozen=True, slots=True)
class Moved:
    """A reshape that put values of each sample into the batch axis.

    Attributes:
        origin: the reshape.
        before: what it was given.
        after: what it made.
        batch: how many samples there were.
        times: how many rows became of each; ``None`` where rows hold parts of several samples.
        layer: the first layer after it, which takes rows of this size.
    """

    origin: Origin
    before: TensorFacts
    after: TensorFacts
    batch: Dim
    times: Dim | None
    layer: Origin | None


def is_reshape(origin: Origin) -> bool:
    """Tell whether an operation gives the same elements another shape."""
    return origin.operation.rpartition(".")[2] in RESHAPES


def moved_into_batch(facts: TensorFacts, labels: Dim | None) -> Moved | None:
    """Return the reshape on the way to ``facts`` that made several rows of each sample, if there is one.

    Args:
        facts: the scores.
        labels: how many labels there are, one for each sample.
    """
    layer: Origin | None = None
    for origin, after, before in chain(facts):
        if origin.layer is not None and origin.layer.arguments:
            layer = origin.layer
        if not is_reshape(origin) or before is None or not before.shape or not after.shape:
            continue
        batch, rows = before.shape[0], after.shape[0]
        if batch is None or rows is None or same(batch, labels) is not True:
            continue
        times = multiple(rows, batch)
        if times is not None or _cut(before, after):
            return Moved(origin, before, after, batch, times, layer)
    return None


def _cut(before: TensorFacts, after: TensorFacts) -> bool:
    """Tell whether a reshape to rows cuts the features of the samples, so that rows hold parts of several."""
    if before.shape is None or after.shape is None or len(before.shape) < 3 or len(after.shape) != 2:
        return False
    return same(after.shape[0], before.shape[0]) is False and same(product(before.shape[1:]), after.shape[1]) is False


def keeping_batch(moved: Moved, argument: str, wanted: TensorFacts) -> tuple[Remedy, ...]:
    """Return the remedy that keeps one row for each sample and gives the next layer the features that this makes."""
    layer = moved.layer
    if layer is None or moved.before.shape is None:
        return ()
    features = product(moved.before.shape[1:])
    size = fixed(features)
    if size is None:
        return ()
    factors = [fixed(each) for each in moved.before.shape[1:]]
    text = " * ".join(str(each) for each in factors) if None not in factors else str(size)
    name = next((each for each in ("in_features", "num_features", "normalized_shape") if each in layer.arguments), None)
    if name is None:
        return ()

    def write(site: Site) -> Iterable[Placement]:
        del site
        shared = shared_size(expression_at(moved.origin.place, moved.origin.callers), layer_argument(layer, name))
        if shared is not None:
            yield Placement((Edit(shared.place, text),), text, shared.place, local=False)
        view = _view_by_sample(moved)
        for placement in resized(layer, name, fixed(moved.after.size(-1)), text, size):
            yield Placement((*placement.edits, *view), placement.shown, placement.place, local=False)

    return (Rewrite(f"Give the layer all {size} features of a sample", {argument: wanted}, write, safe=True),)


def shared_size(view: Written | None, size: Written | None) -> Written | None:
    """Return the one expression that both a view and a layer take a size from, such as a constant of the module."""
    if view is None or size is None or not isinstance(view.node, ast.Call):
        return None
    sizes: list[ast.expr] = []
    for each in view.node.args:
        sizes += each.elts if isinstance(each, ast.Tuple | ast.List) else [each]
    of_view = {id(hop.node) for each in sizes for hop in followed(Written(view.text, each, view.callers))}
    return next((hop for hop in followed(size) if id(hop.node) in of_view), None)


def _view_by_sample(moved: Moved) -> tuple[Edit, ...]:
    return view_by_sample(expression_at(moved.origin.place, moved.origin.callers))


def view_by_sample(written: Written | None) -> tuple[Edit, ...]:
    """Return the edit that makes the view start from the batch, unless it takes its size from the layer."""
    if written is None or not isinstance(written.node, ast.Call):
        return ()
    name, receiver = called(written.node)
    if any(isinstance(node, ast.Attribute) and node.attr == "in_features" for node in ast.walk(written.node)):
        return ()
    if receiver is None or name not in ("view", "reshape"):
        return ()
    return (Edit(written.place, f"{written.text.of(receiver)}.flatten(1)"),)


def joined_rows(facts: TensorFacts, labels: Dim | None) -> Origin | None:
    """Return the ``cat`` along axis 0 that made several rows of each sample, if there is one."""
    for origin, after, before in chain(facts):
        name = origin.operation.rpartition(".")[2]
        if name in ("cat", "concat", "concatenate") and before is not None and same(before.size(0), labels) is True:
            return origin if same(after.size(0), labels) is False else None
    return None


def flattened_labels(target: TensorFacts, rows: Dim) -> tuple[Remedy, ...]:
    """Return the remedy for one-hot rows that were flattened: take the class indices instead."""
    for origin, _, before in chain(target):
        if not is_reshape(origin) or before is None or before.rank != 2 or same(before.size(0), rows) is not True:
            continue
        wanted = before.with_(shape=(before.size(0),), dtype="int64", axes=None)

        def write(site: Site, origin: Origin = origin) -> Iterable[Placement]:
            del site
            written = expression_at(origin.place, origin.callers)
            if written is None or not isinstance(written.node, ast.Call):
                return
            receiver = called(written.node)[1]
            if receiver is not None:
                text = f"{written.text.of(receiver)}.argmax(dim=1)"
                yield Placement((Edit(written.place, text),), text, written.place, local=False)

        return (Rewrite("Take the class indices out of the one-hot rows", {"target": wanted}, write),)
    return ()
