"""SNG404 guesses-over-batch."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, same
from snugly.facts.records import dataclass
from snugly.facts.tensors import TensorFacts
from snugly.remedies.lexical import expression_at
from snugly.remedies.remedy import Placement
from snugly.remedies.rewrite import Rewrite
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Edit, Severity
from snugly.rules.pairs import EQUALITIES, from_layers
from snugly.rules.reading import sizes
from snugly.rules.registry import rule
from snugly.rules.steps import chain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snugly.facts.origins import Origin
    from snugly.facts.tensors import Shape
    from snugly.operations.registry import Application
    from snugly.remedies.site import Site

CHOOSING = frozenset(("argmax", "max", "argmin", "min"))


@dataclass(frozen=True, slots=True, kw_only=True)
class GuessesOverBatch(Diagnosis):
    """A guess for each class where one for each sample was meant.

    Attributes:
        operation: what chose.
        scores: the shape of the scores.
        classes: how many guesses came out.
        labels: how many labels they meet.
    """

    operation: str
    scores: Shape
    classes: Dim
    labels: Dim

    @property
    def message(self) -> str:
        """Say along which axis it chose."""
        return (
            f"{self.operation} along axis 0 of {sizes(self.scores)} chooses a sample for each of the {self.classes} "
            f"classes, not a class for each of the {self.labels} samples; comparing them with the labels raises."
        )


@rule("SNG404", name="guesses-over-batch", severity=Severity.ERROR, refused=True, operations=EQUALITIES)
def guesses_over_batch(application: Application) -> Iterator[Diagnosis]:
    """Finds guesses that were chosen along the batch instead of the classes and meet the labels."""
    tensors = [(name, each) for name, each in application.arguments.items() if isinstance(each, TensorFacts)]
    if len(tensors) != 2:
        return
    for (name, guesses), (_, labels) in (tensors, tensors[::-1]):
        chosen = _chosen(guesses, labels)
        if chosen is None or labels.shape is None:
            continue
        origin, scores = chosen
        classes, rows = scores.size(1), scores.size(0)
        if classes is None or rows is None or scores.shape is None:
            continue
        yield GuessesOverBatch(
            operation=origin.operation.rpartition(".")[2],
            scores=scores.shape,
            classes=classes,
            labels=rows,
            argument=name,
            blame=origin,
            remedies=(_along_classes(origin, name, guesses.with_(shape=labels.shape)),),
        )
        return


def _chosen(guesses: TensorFacts, labels: TensorFacts) -> tuple[Origin, TensorFacts] | None:
    """Return the choice along the batch and the scores that it chose from."""
    for origin, after, before in chain(guesses):
        if origin.operation.rpartition(".")[2] not in CHOOSING or before is None:
            if before is None or before.shape != after.shape:
                return None
            continue
        rows = labels.size(0) if labels.rank == 1 else None
        chose = after.rank == 1 and before.rank == 2 and same(after.size(0), before.size(1)) is True
        return (origin, before) if chose and same(before.size(0), rows) is True and from_layers(before) else None
    return None


def _along_classes(origin: Origin, name: str, wanted: TensorFacts) -> Rewrite:
    def write(site: Site) -> Iterable[Placement]:
        del site
        written = expression_at(origin.place, origin.callers)
        if written is None or not isinstance(written.node, ast.Call):
            return
        given = [each.value for each in written.node.keywords if each.arg in ("dim", "axis")]
        zeros = [each for each in (*given, *written.node.args) if isinstance(each, ast.Constant) and each.value == 0]
        if len(zeros) != 1 or isinstance(zeros[0].value, bool):
            return
        place = written.text.place(zeros[0])
        yield Placement((Edit(place, "1"),), "dim=1", written.place, local=False)

    return Rewrite("Choose along the classes", {name: wanted}, write)
