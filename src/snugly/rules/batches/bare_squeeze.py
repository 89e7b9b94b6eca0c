"""SNG701 bare-squeeze."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.records import dataclass
from snugly.remedies.rewrite import Rewrite
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import sizes, title
from snugly.rules.registry import rule
from snugly.rules.squeezing import Eaten, eaten, write_named_axis

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall, Verdict
    from snugly.facts.tensors import Shape, TensorFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class BareSqueeze(Diagnosis):
    """A ``squeeze()`` that takes the batch axis of a batch of one row.

    Attributes:
        loss: what the user calls it.
        argument_name: the argument that it made.
        before: the shape before it, for one row.
        after: the shape after it, for one row.
        raises: whether torch refuses that.
    """

    loss: str
    argument_name: str
    before: Shape
    after: Shape
    raises: bool

    @property
    def message(self) -> str:
        """Say what happens to the batch of one row."""
        end = "raises" if self.raises else "pairs it with the wrong elements"
        return (
            f"squeeze() without an axis takes every axis of one. For a batch of one row that is the batch axis too: "
            f"{sizes(self.before)} becomes {sizes(self.after)}, and {self.loss} {end}."
        )


def restored(found: Eaten, facts: TensorFacts) -> TensorFacts:
    """Return the facts of an argument that a ``squeeze()`` with an axis would have given."""
    if facts.shape is None or found.before.shape is None:
        return facts
    return facts.with_(shape=(found.before.shape[0], *facts.shape))


@rule("SNG701", name="bare-squeeze", severity=Severity.ERROR)
def bare_squeeze(call: LossCall, verdict: Verdict) -> Iterator[Diagnosis]:
    """Finds a squeeze() without an axis that takes the batch axis of a last batch of one row."""
    for name, facts in call.arguments.items():
        found = eaten(facts)
        others = [each for other, each in call.arguments.items() if other != name and other in ("input", "target")]
        if found is None or found.before.shape is None or found.after.shape is None or not others:
            continue
        if verdict.accepted is not False and others[0].shape == facts.shape:
            continue
        wanted = restored(found, facts)
        remedy = Rewrite("Name the axis that squeeze takes", {name: wanted}, write_named_axis(found), safe=True)
        yield BareSqueeze(
            loss=title(call),
            argument_name=name,
            before=found.before.shape,
            after=found.after.shape,
            raises=verdict.accepted is False,
            argument=name,
            blame=found.origin,
            remedies=(remedy,),
            silent=verdict.accepted is not False,
        )
