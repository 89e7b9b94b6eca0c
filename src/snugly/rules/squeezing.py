"""``squeeze()`` without an axis: which axes it took, and whether the batch was one of them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.facts.dims import Expr, same
from snugly.facts.records import dataclass
from snugly.remedies.lexical import expression_at
from snugly.remedies.remedy import Placement
from snugly.remedies.undo import called
from snugly.rules.findings import Edit
from snugly.rules.steps import chain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from snugly.facts.origins import Origin
    from snugly.facts.tensors import TensorFacts
    from snugly.remedies.site import Site


@dataclass(frozen=True, slots=True)
class Eaten:
    """A ``squeeze()`` that took the batch axis.

    Attributes:
        origin: the call.
        before: what it was given.
        after: what it made.
        axes: the axes of one that it was meant to take.
    """

    origin: Origin
    before: TensorFacts
    after: TensorFacts
    axes: tuple[int, ...]


def eaten(facts: TensorFacts) -> Eaten | None:
    """Return the ``squeeze()`` on the way to a tensor that took a batch of one row, if there is one."""
    for origin, after, before in chain(facts):
        if origin.operation.rpartition(".")[2] not in ("squeeze", "squeeze_") or before is None or not before.shape:
            continue
        if "dim" in origin.options or "dim" in origin.arguments or after.shape is None:
            continue
        first = before.shape[0]
        ones = tuple(axis for axis, size in enumerate(before.shape) if axis and size == 1)
        lost = len(before.shape) - len(after.shape)
        if isinstance(first, Expr) and same(first, 1) is True and lost == len(ones) + 1:
            return Eaten(origin, before, after, ones)
    return None


def named_axis(found: Eaten) -> Iterable[Placement]:
    """Yield the call with its axis named; without it where there was no axis to take but the batch."""
    written = expression_at(found.origin.place, found.origin.callers)
    if written is None or not isinstance(written.node, ast.Call):
        return
    name, receiver = called(written.node)
    axes = found.axes
    if receiver is None or (isinstance(receiver, ast.Name) and receiver.id == "torch"):
        base = written.node.args[0] if written.node.args else None
    else:
        base = receiver
    if base is None or name not in ("squeeze", "squeeze_"):
        return
    text = written.text.of(base)
    if axes:
        taken = str(axes[0]) if len(axes) == 1 else f"({', '.join(map(str, axes))})"
        text = f"{text}.{name}({taken})"
    yield Placement((Edit(written.place, text),), text, written.place, local=True)


def write_named_axis(found: Eaten) -> Callable[[Site], Iterable[Placement]]:
    """Return what writes the remedy for a site."""

    def write(site: Site) -> Iterable[Placement]:
        del site
        return named_axis(found)

    return write
