"""SNG100 arguments-do-not-fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import same
from snugly.facts.notation import render
from snugly.facts.records import dataclass
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import CLASS_INDEX, given, pair, short, title
from snugly.rules.registry import rule
from snugly.rules.shifting import next_steps
from snugly.rules.targets import indices_shape, to_shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall, Verdict
    from snugly.remedies.remedy import Remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentsDoNotFit(Diagnosis):
    """A refusal that no other rule explains better.

    Attributes:
        loss: what the user calls it.
        clause: the clause of the contract.
        when: ``"forward"`` or ``"backward"``.
        torch: what torch says.
        passed: the arguments.
    """

    loss: str
    clause: str
    when: str
    torch: str
    passed: tuple[str, ...]

    @property
    def message(self) -> str:
        """Repeat torch's words beside what was passed."""
        late = " in the backward pass, after the forward pass went through" if self.when == "backward" else ""
        return f"{self.loss} refuses {', '.join(self.passed)}{late}: {self.torch.rstrip('.')}."


@rule("SNG100", name="arguments-do-not-fit", severity=Severity.ERROR, refused=True)
def arguments_do_not_fit(call: LossCall, verdict: Verdict) -> Iterator[Diagnosis]:
    """Finds arguments that the loss refuses for a reason that has no rule of its own."""
    if verdict.raises is None or not verdict.violations:
        return
    violation = verdict.violations[0]
    yield ArgumentsDoNotFit(
        loss=title(call),
        clause=violation.clause,
        when=verdict.raises.when,
        torch=verdict.raises.message,
        passed=tuple(f"{name} {render(facts)}" for name, facts in call.arguments.items()),
        argument=violation.argument if violation.argument in call.arguments else None,
        remedies=(*_later(call), *_leaner(call, violation.argument)),
        fallback=True,
    )


def _later(call: LossCall) -> tuple[Remedy, ...]:
    """Return the remedy for labels that hold one step more than the scores, which were predicted from them."""
    arguments = pair(call)
    wanted = None if arguments is None or short(call) not in CLASS_INDEX else indices_shape(arguments[0])
    return () if arguments is None or wanted is None else next_steps(*arguments, wanted)


def _leaner(call: LossCall, argument: str | None) -> tuple[Remedy, ...]:
    """Return the remedies that take one axis of one out of the refused argument; the proof keeps those that mend."""
    facts = given(call, argument or "")
    if argument is None or facts is None or facts.shape is None:
        return ()
    shape = facts.shape
    ones = [axis for axis, size in enumerate(shape) if same(size, 1) is True]
    return tuple(remedy for axis in ones for remedy in to_shape(argument, facts, (*shape[:axis], *shape[axis + 1 :])))
