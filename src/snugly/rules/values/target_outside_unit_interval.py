"""SNG303 target-outside-unit-interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.records import dataclass
from snugly.remedies.changes import Rescale
from snugly.remedies.remedy import ChangeArgument
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.occurring import strays
from snugly.rules.reading import EXACT, swapped, title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall, Verdict
    from snugly.facts.values import ValueFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetOutsideUnitInterval(Diagnosis):
    """Targets of a binary loss below 0 or above 1.

    Attributes:
        loss: what the user calls it.
        low: the smallest target, if known.
        high: the largest, if known.
        raises: whether torch refuses it.
    """

    loss: str
    low: float | None
    high: float | None
    raises: bool

    @property
    def message(self) -> str:
        """Say which values there are and what the loss is then."""
        span = " to ".join(f"{end:g}" for end in (self.low, self.high) if end is not None)
        said = f"{self.loss} takes targets from 0 to 1 and gets {span or 'others'}"
        if self.raises:
            return f"{said}, and raises."
        return f"{said}: the loss has no lower bound, so training drives it to minus infinity instead of to the labels."


def scaled(values: ValueFacts) -> Rescale | None:
    """Return what brings the targets to 0 and 1: the bytes of an image, or signs."""
    if values.high is not None and values.high == 255 and (values.low is None or values.low >= 0):
        return Rescale(by=255)
    if values.only((-1, 1)) is True:
        return Rescale(by=2, plus=0.5)
    return None


@rule("SNG303", name="target-outside-unit-interval", severity=Severity.ERROR, losses=EXACT)
def target_outside_unit_interval(call: LossCall, verdict: Verdict) -> Iterator[Diagnosis]:
    """Finds targets of a binary loss that are not from 0 to 1, such as masks of 0 and 255."""
    target = call.arguments.get("target")
    if target is None or swapped(call):
        return
    if verdict.accepted is False and verdict.violations[0].clause != "probability-range":
        return
    values = target.values
    low, high = _extremes(values)
    if values.has_nan() and low is not None and high is not None and low >= 0 and high <= 1:
        return  # NaN is no number outside of anything
    certain = values.inside(0, 1) is False
    if not certain and not strays(target, 0, 1):
        return
    change = scaled(values) or (Rescale(by=255) if high == 255 and low is not None and low >= 0 else None)
    remedies: list[ChangeArgument] = []
    if change is not None:
        sure = values.only((0, 255)) is True or values.only((-1, 1)) is True
        remedies.append(ChangeArgument("target", (change,), "Scale the target to 0 and 1", safe=sure))
    yield TargetOutsideUnitInterval(
        loss=title(call),
        low=low,
        high=high,
        raises=verdict.accepted is False,
        argument="target",
        remedies=tuple(remedies),
        silent=verdict.accepted is not False,
        severity=None if certain else Severity.WARNING,
        only=("target",),
    )


def _extremes(values: ValueFacts) -> tuple[float | None, float | None]:
    known = values.members or values.elements
    if known:
        return min(known), max(known)
    return values.low, values.high
