"""A recurrent layer that takes time first and is given the batch first."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, same
from snugly.facts.records import dataclass
from snugly.remedies.lexical import expression_at
from snugly.remedies.remedy import Placement
from snugly.remedies.rewrite import Rewrite
from snugly.remedies.undo import with_argument
from snugly.rules.findings import Edit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from snugly.facts.origins import Origin
    from snugly.facts.tensors import TensorFacts
    from snugly.remedies.site import Site

LAYERS = frozenset(f"torch.nn.{name}.forward" for name in ("RNN", "LSTM", "GRU"))


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A recurrent layer that runs along axis 0 of its input.

    Attributes:
        layer: its construction.
        input: what it is given.
    """

    layer: Origin
    input: TensorFacts


def along_axis_zero(origin: Origin) -> Recurrence | None:
    """Return the recurrent layer that an operation is, if it takes the time steps along axis 0 of three."""
    if origin.operation not in LAYERS or origin.options.get("batch_first") is not False or origin.layer is None:
        return None
    input = origin.inputs[0] if origin.inputs else None
    return Recurrence(origin.layer, input) if input is not None and input.rank == 3 else None


def over_the_batch(facts: TensorFacts, rows: Dim) -> Recurrence | None:
    """Return the recurrent layer on the way to a tensor that took the batch for the time, if there is one.

    Args:
        facts: the scores.
        rows: how many samples the batch has.
    """
    if facts.origin is None:
        return None
    for origin in facts.origin.walk():
        found = along_axis_zero(origin)
        if found is not None:
            batch, steps = found.input.size(0), found.input.size(1)
            return found if same(batch, rows) is True and same(steps, rows) is not True else None
    return None


def batch_first(found: Recurrence, changed: Mapping[str, TensorFacts]) -> Rewrite:
    """Return the remedy: tell the layer that the batch comes first."""

    def write(site: Site) -> Iterable[Placement]:
        del site
        written = expression_at(found.layer.place, found.layer.callers)
        if written is None or not isinstance(written.node, ast.Call):
            return
        given = next((each.value for each in written.node.keywords if each.arg == "batch_first"), None)
        if given is not None and not isinstance(given, ast.Constant):
            return
        edit = (
            with_argument(written.text, written.node, "batch_first=True")
            if given is None
            else Edit(written.text.place(given), "True")
        )
        yield Placement((edit,), "batch_first=True", written.place, local=False)

    return Rewrite("Tell the layer that the batch comes first", changed, write)
