"""SNG205 narrow-class-labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dtypes import is_integral
from snugly.facts.records import dataclass
from snugly.remedies.changes import Cast
from snugly.remedies.remedy import ChangeArgument
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import CLASS_INDEX, clause, given, title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class NarrowClassLabels(Diagnosis):
    """Class indices of an integer dtype that the loss does not take.

    Attributes:
        loss: what the user calls it.
        dtype: their dtype.
    """

    loss: str
    dtype: str

    @property
    def message(self) -> str:
        """Say what the loss wants."""
        return f"{self.loss} takes class indices as int64 (or uint8) and raises: the target is {self.dtype}."


@rule(
    "SNG205",
    name="narrow-class-labels",
    severity=Severity.ERROR,
    refused=True,
    losses=CLASS_INDEX | {"multi_margin_loss"},
)
def narrow_class_labels(call: LossCall, verdict: Verdict) -> Iterator[Diagnosis]:
    """Finds class indices of a dtype such as int32 or bool, which the loss does not take."""
    target = given(call, "target")
    if target is None:
        return
    if target.dtype is None or not (is_integral(target.dtype) or target.dtype == "bool") or target.dtype == "int64":
        return
    if clause(verdict) != "target-dtype":
        return
    yield NarrowClassLabels(
        loss=title(call),
        dtype=target.dtype,
        argument="target",
        remedies=(ChangeArgument("target", (Cast("int64"),), "Make the class labels int64"),),
        only=("target",),
    )
