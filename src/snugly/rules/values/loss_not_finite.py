"""SNG311 loss-not-finite."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from snugly.facts.records import dataclass
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import ELEMENTWISE, option, short, title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall, Verdict
    from snugly.contracts.calls import Odd


@dataclass(frozen=True, slots=True, kw_only=True)
class LossNotFinite(Diagnosis):
    """A loss that NaN or an infinity gets into.

    Attributes:
        loss: what the user calls it.
        returned: ``"NaN"`` or ``"infinite"``; empty where torch raises.
        nans: how many elements of the argument are NaN.
        infinities: how many are infinite.
        total: how many there are.
        first: where the first of them is; ``None`` where it is not known.
        origin: what made them, as the end of a sentence.
        data: the argument comes of no model.
    """

    loss: str
    returned: str
    nans: int
    infinities: int
    total: int
    first: tuple[int, ...] | None
    origin: str
    data: bool

    @property
    def message(self) -> str:
        """Say what the loss is, and what is in the argument."""
        kinds = [f"{self.nans:,} NaN"] if self.nans else []
        kinds += [f"{self.infinities:,} infinite"] if self.infinities else []
        found = "NaN"
        if self.first is not None:
            number = f"{self.total:,} element{'s' if self.total != 1 else ''}"
            found = f"{' and '.join(kinds)} among {number}, the first at {list(self.first)}"
        because = self.origin or ("values are missing in the data" if self.data else "")
        because = f": {because}" if because else ""
        then = f"is {self.returned}" if self.returned else "raises"
        then += ", and so are the gradients that come of it" if self.returned == "NaN" else ""
        return f"{self.loss} {then}, because the {self.argument} holds {found}{because}."


@rule("SNG311", name="loss-not-finite", severity=Severity.ERROR)
def loss_not_finite(call: LossCall, verdict: Verdict) -> Iterator[Diagnosis]:
    """Finds NaN and infinities in what a loss is given, where they get into the loss."""
    strange = [name for name, facts in call.arguments.items() if facts.values.finite is False]
    outcome = call.outcome
    if not strange or (verdict.accepted is False and verdict.violations[0].clause != "probability-range"):
        return
    if verdict.accepted is False:
        blamed = verdict.violations[0].argument
        if blamed in strange and call.arguments[blamed].values.has_nan():
            yield _diagnosis(call, blamed, None if outcome is None else outcome.odd(blamed), "")
        return
    returned = None if outcome is None else outcome.returned
    if returned is not None and outcome is not None:
        whole = option(call, "reduction") in {"mean", "sum"}
        if math.isfinite(returned) or not whole:
            return  # masked, or to be masked by who asked for each loss by itself
        found = [(name, odd) for name in strange if (odd := outcome.odd(name)) is not None]
        if found:
            yield _diagnosis(call, *found[0], "NaN" if math.isnan(returned) else "infinite")
    elif short(call) in ELEMENTWISE and option(call, "reduction") in {"mean", "sum"}:
        certain = next((name for name in strange if call.arguments[name].values.has_nan() is True), None)
        if certain is not None:
            yield _diagnosis(call, certain, None if outcome is None else outcome.odd(certain), "NaN")


def _diagnosis(call: LossCall, name: str, odd: Odd | None, returned: str) -> LossNotFinite:
    facts = call.arguments[name]
    return LossNotFinite(
        loss=title(call),
        returned=returned,
        nans=0 if odd is None else odd.nans,
        infinities=0 if odd is None else odd.infinities,
        total=0 if odd is None else odd.total,
        first=None if odd is None else odd.first,
        origin="" if odd is None else odd.origin,
        data=not facts.requires_grad and name == "target",
        argument=name,
        silent=bool(returned),
        only=(name,),
    )
