"""SNG702 fixed-batch-size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, same
from snugly.facts.records import dataclass
from snugly.facts.tensors import TensorFacts
from snugly.remedies.rewrite import Rewrite
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import fixed
from snugly.rules.registry import rule
from snugly.rules.states import all_written_for_batch, states

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.operations.registry import Application


HIDDEN = frozenset(("hidden-batch", "hidden-size", "rnn-hidden-size"))


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
            f"The hidden state is made for {self.made_for} rows, but a batch of {self.batch} occurs: "
            f"{self.operation} raises "
            f"there."
        )


@rule("SNG702", name="fixed-batch-size", severity=Severity.ERROR, refused=True, clauses=HIDDEN)
def fixed_batch_size(application: Application) -> Iterator[Diagnosis]:
    """Finds a hidden state that is made for the configured batch size and meets a smaller last batch."""
    input = application.arguments.get("input")
    if not isinstance(input, TensorFacts) or input.rank != 3:
        return
    axis = 0 if application.arguments.get("batch_first") is True else 1
    given = [each for each in states(application) if each.rank == 3]
    state = next((each for each in given if same(each.size(1), input.size(axis)) is False), None)
    batch = input.size(axis)
    made_for = None if state is None else state.size(1)
    if state is None or batch is None or made_for is None or same(made_for, batch) is not False:
        return
    size = fixed(made_for)
    remedies: tuple[Rewrite, ...] = ()
    wrong = [each for each in given if same(each.size(1), batch) is False]
    origins = tuple(each.origin for each in wrong if each.origin is not None)
    if len(origins) == len(wrong) and size is not None:
        title = "Make the state for the batch at hand" if len(wrong) == 1 else "Make both states for the batch at hand"
        remedies = (Rewrite(title, {}, lambda site: all_written_for_batch(origins, site, axis), safe=False),)
    yield FixedBatchSize(
        operation=_layer(application.name),
        made_for=made_for,
        batch=batch,
        argument="hx" if "hx" in application.arguments else None,
        remedies=remedies,
    )


def _layer(name: str) -> str:
    """Return what a reader calls an operation: ``LSTM`` for ``torch.nn.LSTM.forward``."""
    return name.removesuffix(".forward").rpartition(".")[2]
