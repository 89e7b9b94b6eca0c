"""SNG308 zero-one-for-signs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.records import dataclass
from snugly.facts.values import Meaning
from snugly.remedies.changes import Rescale
from snugly.remedies.remedy import ChangeArgument
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import SIGNED, short, title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall

AT_ZERO = {
    "hinge_embedding_loss": "the margin plus the input, a constant pull",
    "soft_margin_loss": "log 2 = 0.6931 with a gradient of 0",
    "margin_ranking_loss": "the margin with a gradient of 0",
    "cosine_embedding_loss": "0 with a gradient of 0",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ZeroOneForSigns(Diagnosis):
    """Labels of 0 and 1 where the loss takes -1 and 1.

    Attributes:
        loss: what the user calls it.
        function: the function's own name.
    """

    loss: str
    function: str

    @property
    def message(self) -> str:
        """Say what a label of 0 costs."""
        return (
            f"{self.loss} takes labels of −1 and 1, and gets 0 and 1: a label of 0 costs "
            f"{AT_ZERO[self.function]}, so the "
            f"negatives train nothing."
        )


@rule("SNG308", name="zero-one-for-signs", severity=Severity.ERROR, refused=False, losses=SIGNED)
def zero_one_for_signs(call: LossCall) -> Iterator[Diagnosis]:
    """Finds labels of 0 and 1 given to a loss that takes -1 and 1."""
    target = call.arguments.get("target")
    if target is None:
        return
    values = target.values
    if values.only((0, 1)) is not True or values.only((1,)) is True:
        return
    drawn = values.meaning in (Meaning.MASK, Meaning.CLASS_INDICES)  # both values are meant to occur
    if values.contains(0) is not True and not drawn and values.members != frozenset((0, 1)):
        return
    yield ZeroOneForSigns(
        loss=title(call),
        function=short(call),
        argument="target",
        remedies=(
            ChangeArgument("target", (Rescale(times=2, plus=-1),), "Turn 0 and 1 into −1 and 1", near=True, safe=False),
        ),
        silent=True,
        only=("target",),
    )
