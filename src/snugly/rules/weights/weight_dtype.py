"""SNG604 weight-dtype."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.records import dataclass
from snugly.remedies.changes import Cast
from snugly.remedies.remedy import ChangeArgument
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import clause, title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightDtype(Diagnosis):
    """Class weights of another dtype than the scores.

    Attributes:
        loss: what the user calls it.
        name: the weight's parameter.
        weight: its dtype.
        input: the dtype of the scores.
    """

    loss: str
    name: str
    weight: str
    input: str

    @property
    def message(self) -> str:
        """Say both dtypes."""
        return (
            f"{self.loss} wants its {self.name} in the dtype of the input, {self.input}, and raises: it is "
            f"{self.weight}."
        )


@rule("SNG604", name="weight-dtype", severity=Severity.ERROR, refused=True, given={"weight", "pos_weight"})
def weight_dtype(call: LossCall, verdict: Verdict) -> Iterator[Diagnosis]:
    """Finds class weights whose dtype is not that of the scores, such as float64 weights from numpy."""
    input = call.arguments.get("input")
    if clause(verdict) not in ("weight-dtype", "result-dtype") or input is None:
        return
    for name in ("weight", "pos_weight"):
        weight = call.arguments.get(name)
        if weight is None or weight.dtype is None or input.dtype is None or weight.dtype == input.dtype:
            continue
        remedy = ChangeArgument(name, (Cast(input.dtype),), f"Make the {name} {input.dtype}", near=True)
        yield WeightDtype(
            loss=title(call),
            name=name,
            weight=weight.dtype,
            input=input.dtype,
            argument=name,
            blame=weight.origin,
            remedies=(remedy,),
            only=("input", name),
        )
