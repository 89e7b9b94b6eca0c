"""SNG702 fixed-batch-size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from snugly.facts.dims import Dim
from snugly.facts.tensors import TensorFacts
from snugly.remedies.rewrite import Rewrite
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import fixed
from snugly.rules.registry import rule
from snugly.rules.states import states, written_for_batch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.operations.registry import Application


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedBatchSize(Diagnosis):
    """A hidden state made for one batch size, met by another.

    Attributes:
        operation: the operation's own name.
        made_for: the size it was made for.
        batch: the size of the batch at hand.
    """

    operation: str
    made_for: Dim
    batch: Dim

    @property
    def message(self) -> str:
        """Say which batch fails."""
        return (
            f"The hidden state is made for {self.made_for} rows, but a batch of {self.batch} occurs: {self.operation} raises "
            f"there."
        )


@rule("SNG702", name="fixed-batch-size", severity=Severity.ERROR)
def fixed_batch_size(application: Application) -> Iterator[Diagnosis]:
    """Finds a hidden state that is made for the configured batch size and meets a smaller last batch."""
    misfit = application.misfit
    if misfit is None or misfit.clause != "hidden-batch":
        return
    input = application.arguments.get("input")
    made_for, batch = misfit.details.get("got"), misfit.details.get("expected")
    if not isinstance(made_for, Dim) or not isinstance(batch, Dim) or not isinstance(input, TensorFacts):
        return
    state = next(iter(states(application)), None)
    size, axis = fixed(made_for), misfit.details.get("batch_axis", 0)
    remedies = ()
    if state is not None and state.origin is not None and size is not None and isinstance(axis, int):
        origin = state.origin
        title = "Make the state for the batch at hand"
        remedies = (Rewrite(title, {}, lambda site: written_for_batch(origin, size, site, axis), safe=False),)
    yield FixedBatchSize(
        operation=application.name.rpartition(".")[2],
        made_for=made_for,
        batch=batch,
        argument="hx" if "hx" in application.arguments else None,
        remedies=remedies,
    )
