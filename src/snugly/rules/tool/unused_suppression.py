"""SNG001: a comment that silences nothing."""

from __future__ import annotations

from snugly.facts.records import dataclass
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.registry import rule


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusedSuppression(Diagnosis):
    """A comment, or some of its codes, that silences nothing.

    Attributes:
        comment: its text.
        unknown: its codes that no rule has.
        idle: its codes of rules that find nothing here.
    """

    comment: str
    unknown: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """What is silenced by nothing, and what that hides."""
        said = []
        if self.unknown:
            said.append(f"no rule has the code {' or '.join(self.unknown)}")
        if self.idle:
            said.append(f"{' and '.join(self.idle)} would find nothing here")
        if not said:
            said.append("there is nothing to find here")
        return f"{self.comment!r} silences nothing: {', and '.join(said)}. Left in, it would hide the next fault."


@rule("SNG001", name="unused-suppression", severity=Severity.WARNING)
def unused_suppression() -> tuple[UnusedSuppression, ...]:
    """Finds comments that silence nothing."""
    return ()  # the interpreter, which reads the comments, speaks it
