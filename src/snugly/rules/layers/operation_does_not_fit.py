"""SNG803 operation-does-not-fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.notation import render
from snugly.facts.records import dataclass
from snugly.facts.tensors import TensorFacts
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.encoding import one_hot_rows
from snugly.rules.findings import Severity
from snugly.rules.registry import rule
from snugly.rules.reordering import moved_axes
from snugly.rules.vocabularies import larger_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.operations.registry import Application


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationDoesNotFit(Diagnosis):
    """A refusal that no other rule explains better.

    Attributes:
        operation: the operation's own name.
        clause: which requirement is broken.
        torch: what torch says.
        passed: the arguments.
    """

    operation: str
    clause: str
    torch: str
    passed: tuple[str, ...]

    @property
    def message(self) -> str:
        """Repeat torch's words beside what was passed."""
        return f"{self.operation} refuses {', '.join(self.passed) or 'its arguments'}: {self.torch.rstrip('.')}."


@rule("SNG803", name="operation-does-not-fit", severity=Severity.ERROR, refused=True)
def operation_does_not_fit(application: Application) -> Iterator[Diagnosis]:
    """Finds an operation whose sizes or dtypes cannot meet."""
    misfit = application.misfit
    if misfit is None:
        return
    tensors = [(name, each) for name, each in application.arguments.items() if isinstance(each, TensorFacts)]
    yield OperationDoesNotFit(
        operation=application.name.rpartition(".")[2],
        clause=misfit.clause,
        torch=misfit.message,
        passed=tuple(f"{name} {render(facts)}" for name, facts in tensors if facts.shape is not None),
        argument=misfit.argument if misfit.argument in application.arguments else None,
        remedies=one_hot_rows(application) or moved_axes(application) or larger_table(application),
        fallback=True,
    )
