"""SNG504 swapped-arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dtypes import is_floating
from snugly.facts.records import dataclass
from snugly.remedies.remedy import SwapArguments
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import short, title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall, Verdict

SYMMETRIC = frozenset(("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"))
UNBOUNDED = frozenset(("binary_cross_entropy_with_logits",))


@dataclass(frozen=True, slots=True, kw_only=True)
class SwappedArguments(Diagnosis):
    """The model's output as the target, the labels as the input.

    Attributes:
        loss: what the user calls it.
        raises: whether torch refuses it.
    """

    loss: str
    raises: bool

    @property
    def message(self) -> str:
        """Say how it was recognized and what the loss is then."""
        said = (
            f"{self.loss} takes the prediction first and the target second. Here the gradients flow to the "
            "target and not to the input"
        )
        if self.raises:
            return f"{said}: the two have changed places, and it raises."
        if self.loss in ("BCEWithLogitsLoss", *UNBOUNDED):
            return (
                f"{said}: the two have changed places. The loss is then linear in the prediction and falls "
                "without bound."
            )
        return f"{said}: the two have changed places."


@rule("SNG504", name="swapped-arguments", severity=Severity.ERROR)
def swapped_arguments(call: LossCall, verdict: Verdict) -> Iterator[Diagnosis]:
    """Finds losses that get the target first and the prediction second."""
    input, target = call.arguments.get("input"), call.arguments.get("target")
    if input is None or target is None or short(call) in SYMMETRIC:
        return
    if target.requires_grad is not True or input.requires_grad is not False or is_floating(target.dtype) is False:
        return
    yield SwappedArguments(
        loss=title(call),
        raises=verdict.accepted is False,
        argument="input",
        remedies=(SwapArguments("input", "target", "Pass the prediction first and the target second"),),
        silent=verdict.accepted is not False,
        only=("input", "target"),
    )
