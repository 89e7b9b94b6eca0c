"""SNG605 sample-weight-on-classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Expr, same
from snugly.facts.records import dataclass
from snugly.remedies.changes import Unsqueeze
from snugly.remedies.remedy import ChangeArgument
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import EXACT, given, sizes, title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall, Verdict
    from snugly.facts.tensors import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleWeightOnClasses(Diagnosis):
    """One weight for each sample, broadcast along the columns.

    Attributes:
        loss: what the user calls it.
        input: the shape of the scores.
        raises: whether torch refuses it.
    """

    loss: str
    input: Shape
    raises: bool

    @property
    def message(self) -> str:
        """Say along which axis the weights run."""
        end = (
            "and raises."
            if self.raises
            else "where the sizes coincide: sample i's weight is applied to column i of every sample."
        )
        return (
            f"{self.loss} broadcasts a weight of ({self.input[0]},), one for each sample, against the last axis "
            f"of {sizes(self.input)}, {end}"
        )


@rule("SNG605", name="sample-weight-on-classes", severity=Severity.ERROR, losses=EXACT, given={"weight"})
def sample_weight_on_classes(call: LossCall, verdict: Verdict) -> Iterator[Diagnosis]:
    """Finds one weight for each sample that broadcasts along the columns instead of the rows."""
    input, weight = given(call, "input"), given(call, "weight")
    if input is None or weight is None or input.shape is None or weight.shape is None:
        return
    if len(input.shape) != 2 or len(weight.shape) != 1 or not isinstance(weight.shape[0], Expr):
        return
    if weight.shape[0] != input.shape[0] or same(weight.shape[0], 1) is True or weight.shape[0] == input.shape[1]:
        return
    coincides = same(input.shape[0], input.shape[1])
    if coincides is None and verdict.accepted is not False:
        return
    yield SampleWeightOnClasses(
        loss=title(call),
        input=input.shape,
        raises=verdict.accepted is False,
        argument="weight",
        remedies=(ChangeArgument("weight", (Unsqueeze(1),), "Make the weights a column", near=True),),
        silent=verdict.accepted is not False,
        only=("input", "weight"),
    )
