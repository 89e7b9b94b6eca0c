"""What a run has to tell: findings, the shapes of lines and losses, and what was not followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.records import dataclass, field, replace

if TYPE_CHECKING:
    from snugly.facts.origins import Place
    from snugly.facts.tensors import TensorFacts
    from snugly.rules.findings import Finding


@dataclass(frozen=True, eq=False, slots=True)
class LossRecord:
    """One loss call that was met, and the facts of its arguments."""

    place: Place | None
    loss: str
    arguments: dict[str, TensorFacts]
    batch: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class LineRecord:
    """A name that was bound to a tensor on a line."""

    place: Place
    name: str
    facts: TensorFacts


@dataclass(frozen=True, slots=True)
class Unfollowed:
    """Something that was not known: an operation, a library function, a construct."""

    place: Place | None
    operation: str
    reason: str


@dataclass(eq=False, slots=True)
class Events:
    """Collects while a program is followed. Findings of a part that is taken back are dropped."""

    findings: list[Finding] = field(default_factory=list)
    losses: list[LossRecord] = field(default_factory=list)
    lines: list[LineRecord] = field(default_factory=list)
    unknown: dict[Unfollowed, int] = field(default_factory=dict)
    muted: int = 0
    suppressed: tuple[Finding, ...] = ()

    def mark(self) -> tuple[int, int, int]:
        """Return a mark for ``drop_since``."""
        return len(self.findings), len(self.losses), len(self.lines)

    def drop_since(self, mark: tuple[int, int, int]) -> None:
        """Forget what was told since ``mark``."""
        del self.findings[mark[0] :]
        del self.losses[mark[1] :]
        del self.lines[mark[2] :]

    def find(self, findings: tuple[Finding, ...], batch: str) -> None:
        """Tell findings; ``batch`` names the batch they were met with, if it is not every one."""
        if self.muted:
            return
        for finding in findings:
            self.findings.append(replace(finding, details={**finding.details, "batch": batch}) if batch else finding)

    def take_back(self, code: str, place: Place) -> None:
        """Forget what was found at a place, because a later line shows that it was meant."""
        self.findings = [each for each in self.findings if (each.code, each.place) != (code, place)]

    def miss(self, place: Place | None, operation: str, reason: str) -> None:
        """Count something that was not known."""
        key = Unfollowed(place, operation, reason)
        self.unknown[key] = self.unknown.get(key, 0) + 1

    def distinct(self) -> tuple[Finding, ...]:
        """Return each finding once, in source order; one met with every batch wins over the same with the last."""
        kept: dict[tuple[object, ...], Finding] = {}
        for finding in self.findings:
            key = (finding.code, finding.place, finding.loss)
            known = kept.get(key)
            if known is None or ("batch" in known.details and "batch" not in finding.details):
                kept[key] = finding
        return tuple(sorted(kept.values(), key=lambda finding: _order(finding.place)))


def _order(place: Place | None) -> tuple[str, int, int]:
    return ("", 0, 0) if place is None else (place.file, place.line, place.column)
