"""SNG203 target-dtype-differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dtypes import is_floating
from snugly.facts.records import dataclass
from snugly.remedies.changes import Cast
from snugly.remedies.remedy import ChangeArgument
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import CLASS_INDEX, clause, title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall, Verdict

DTYPE_CLAUSES = frozenset(("target-dtype", "result-dtype", "backward-dtype", "kernel-dtype", "bool-arithmetic"))


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetDtypeDiffers(Diagnosis):
    """A target of another dtype than the prediction, where the loss wants the same.

    Attributes:
        loss: what the user calls it.
        input: dtype of the prediction.
        target: dtype of the target.
        when: ``"forward"`` or ``"backward"``.
    """

    loss: str
    input: str
    target: str
    when: str

    @property
    def message(self) -> str:
        """Say both dtypes."""
        late = " in the backward pass" if self.when == "backward" else ""
        return (
            f"{self.loss} wants the target in the dtype of the input, {self.input}, and raises{late}: it is "
            f"{self.target}."
        )


@rule("SNG203", name="target-dtype-differs", severity=Severity.ERROR, refused=True)
def target_dtype_differs(call: LossCall, verdict: Verdict) -> Iterator[Diagnosis]:
    """Finds targets whose dtype is not that of the prediction, such as integer labels for a binary loss."""
    input, target = call.arguments.get("input"), call.arguments.get("target")
    if verdict.raises is None or call.loss.rpartition(".")[2] in CLASS_INDEX:
        return
    if input is None or target is None or input.dtype is None or target.dtype is None or input.dtype == target.dtype:
        return
    if clause(verdict) not in DTYPE_CLAUSES or is_floating(input.dtype) is not True:
        return
    words = f"Make the target {input.dtype}"
    yield TargetDtypeDiffers(
        loss=title(call),
        input=input.dtype,
        target=target.dtype,
        when=verdict.raises.when,
        argument="target",
        remedies=(ChangeArgument("target", (Cast(input.dtype),), words),),
        only=("input", "target"),
    )
