"""Report: what a check, a run or an explanation found, and how far it looked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snugly.rules.findings import Finding


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that could not be looked at, and what to do about it.

    Attributes:
        file: the path as the user gave it; empty where there is none.
        message: what is wrong and what to do.
        line: where in the file, when that is known.
    """

    file: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        """Say it in one line, place first."""
        place = ":".join(str(part) for part in (self.file, self.line) if part)
        return f"{place}: {self.message}" if place else self.message


@dataclass(frozen=True, slots=True)
class Report:
    """The answer of ``snugly.check``, ``snugly.explain``, ``snugly.preflight`` and the commands.

    Attributes:
        findings: the misfits, in the order of their places.
        failures: what could not be looked at.
        files: the files that were looked at.
        losses: how many loss calls were judged.
        undecided: how many of them the facts did not decide.
        unknown: operations and constructs that were not followed, with how often.
        suppressed: how many findings a comment in the source silenced.
        notes: sentences that are no findings, such as what a preflight proved.
        sources: texts of files that are not on disk as they were checked, such as standard input.
    """

    findings: tuple[Finding, ...] = ()
    failures: tuple[Failure, ...] = ()
    files: tuple[str, ...] = ()
    losses: int = 0
    undecided: int = 0
    unknown: Mapping[str, int] = field(default_factory=dict)
    suppressed: int = 0
    notes: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """0 without findings, 1 with findings, 2 when something could not be looked at."""
        return 2 if self.failures else int(bool(self.findings))

    def without_notes(self) -> Report:
        """Return the findings alone, as a plain report."""
        return Report(self.findings, self.failures, self.files, sources=self.sources)

    def to_json(self) -> str:
        """Return the versioned JSON text of the report."""
        from snugly.reports.json import render

        return render(self)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``to_json`` writes, as Python objects."""
        from snugly.reports.json import as_dict

        return as_dict(self)

    def __str__(self) -> str:
        """Return the full report without colour."""
        from snugly.reports.full import render

        return render(self)

    def __bool__(self) -> bool:
        """Tell whether there is a finding."""
        return bool(self.findings)

    def __iter__(self) -> Any:
        """Iterate over the findings."""
        return iter(self.findings)
