"""SNG806 flattened-in-other-order."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.facts.dims import same
from snugly.facts.records import dataclass
from snugly.facts.tensors import TensorFacts
from snugly.remedies.lexical import expression_at
from snugly.remedies.remedy import Placement
from snugly.remedies.rewrite import Rewrite
from snugly.rules.broadcasting.column_meets_row import ARITHMETIC
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Edit, Severity
from snugly.rules.layers.view_mixes_axes import base_of
from snugly.rules.pairs import from_layers
from snugly.rules.reading import sizes
from snugly.rules.registry import rule
from snugly.rules.reordering import only_move
from snugly.rules.selecting import FLATTENING
from snugly.rules.steps import chain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snugly.facts.origins import Origin
    from snugly.facts.tensors import Shape
    from snugly.operations.registry import Application
    from snugly.remedies.changes import Permute
    from snugly.remedies.site import Site

CASTS = frozenset(("float", "to", "double", "type", "contiguous", "detach", "clone", "type_as"))


@dataclass(frozen=True, slots=True, kw_only=True)
class FlattenedInOtherOrder(Diagnosis):
    """Two tensors whose elements meet after their axes were flattened in different orders.

    Attributes:
        operation: the operation's own name.
        first: the shape of one before it was flattened.
        second: the shape of the other.
    """

    operation: str
    first: Shape
    second: Shape

    @property
    def message(self) -> str:
        """Say what meets what."""
        return (
            f"{self.operation} meets elements of {sizes(self.first)} with elements of {sizes(self.second)}, each "
            "flattened in the order of its own axes: the sizes fit, but all but a few elements meet one from another "
            "place. torch says nothing."
        )


@rule(
    "SNG806",
    name="flattened-in-other-order",
    severity=Severity.ERROR,
    operations=ARITHMETIC,
    refused=False,
)
def flattened_in_other_order(application: Application) -> Iterator[Diagnosis]:
    """Finds arithmetic on two tensors that were flattened with their axes in different orders."""
    tensors = [(name, each) for name, each in application.arguments.items() if isinstance(each, TensorFacts)]
    if len(tensors) != 2:
        return
    (first, a), (second, b) = tensors
    if a.shape is None or a.rank == 0 or a.shape != b.shape:
        return
    one, other = _flattened(a), _flattened(b)
    if one is None or other is None or from_layers(a) == from_layers(b):
        return
    name, (origin, before), wanted = (second, other, one[1].shape) if from_layers(a) else (first, one, other[1].shape)
    if before.shape is None or wanted is None or len(before.shape) != len(wanted):
        return
    if all(same(x, y) is not False for x, y in zip(before.shape, wanted, strict=True)):
        return
    for _, _, order in only_move(before.shape, wanted):
        yield FlattenedInOtherOrder(
            operation=application.name.rpartition(".")[2],
            first=wanted,
            second=before.shape,
            argument=name,
            blame=origin,
            remedies=(_moved(origin, order, application.arguments[name]),),
            silent=True,
        )


def _flattened(facts: TensorFacts) -> tuple[Origin, TensorFacts] | None:
    """Return the flattening that a tensor comes from as it is, and what was flattened."""
    for origin, after, before in chain(facts):
        name = origin.operation.rpartition(".")[2]
        if name in FLATTENING and before is not None and before.shape is not None and after.shape is not None:
            return (origin, before) if len(after.shape) < len(before.shape) else None
        if name not in CASTS:
            return None
    return None


def _moved(origin: Origin, order: Permute, facts: TensorFacts) -> Rewrite:
    def write(site: Site) -> Iterable[Placement]:
        del site
        written = expression_at(origin.place, origin.callers)
        node = None if written is None else written.node
        if written is None or not isinstance(node, ast.Call):
            return
        base = base_of(node) or (node.func.value if isinstance(node.func, ast.Attribute) else None)
        if base is None:
            return
        text = order.source(written.text.of(base), facts.kind)
        # a view cannot flatten what was reordered
        whole = written.text.of(node).replace(".view(", ".reshape(", 1)
        start = written.text.of(base)
        if whole.startswith(start):
            yield Placement((Edit(written.place, text + whole[len(start) :]),), text, written.place, local=False)

    return Rewrite("Move the axis before flattening", {}, write)
