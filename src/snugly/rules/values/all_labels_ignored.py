"""SNG306 all-labels-ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.records import dataclass
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import CLASS_INDEX, option, title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall


@dataclass(frozen=True, slots=True, kw_only=True)
class AllLabelsIgnored(Diagnosis):
    """A batch in which no label counts.

    Attributes:
        loss: what the user calls it.
        ignored: the ignored value.
    """

    loss: str
    ignored: int

    @property
    def message(self) -> str:
        """Say what the loss is then."""
        return (
            f"Every label is {self.ignored}, which {self.loss} ignores: the mean over no labels is NaN, and "
            "every gradient 0."
        )


@rule("SNG306", name="all-labels-ignored", severity=Severity.WARNING, refused=False, losses=CLASS_INDEX)
def all_labels_ignored(call: LossCall) -> Iterator[Diagnosis]:
    """Finds a batch in which every label is the ignored one, so that the mean is NaN."""
    target = call.arguments.get("target")
    ignored = option(call, "ignore_index")
    if target is None or not isinstance(ignored, int):
        return
    if option(call, "reduction") != "mean" or target.numel == 0 or target.values.only((ignored,)) is not True:
        return
    yield AllLabelsIgnored(loss=title(call), ignored=ignored, argument="target", silent=True, only=("target",))
