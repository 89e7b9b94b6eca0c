"""The last lines of a report: counts, what could not be looked at, and how far the facts reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.rules.findings import Applicability, Severity

if TYPE_CHECKING:
    from snugly.reports.report import Report
    from snugly.reports.styled import Page


def add_summary(page: Page, report: Report) -> None:
    """Add the notes and, for a check of files, the counts."""
    for note in report.notes:
        page.prose(note)
    if report.findings:
        page.add(*_found(report))
        safe = sum(bool(f.fixes) and f.fixes[0].applicability is Applicability.SAFE for f in report.findings)
        if safe and report.files:
            page.add((f"{safe} can be fixed with --fix.", ""))
    elif report.files and not report.failures:
        page.add(("No misfit found", "good"), (f" in {count(len(report.files), 'file')}{_reach(report)}.", ""))


def _found(report: Report) -> tuple[tuple[str, str], ...]:
    errors = sum(finding.severity is Severity.ERROR for finding in report.findings)
    warnings = len(report.findings) - errors
    parts = [count(errors, "error")] if errors else []
    parts += [count(warnings, "warning")] if warnings else []
    where = f" in {count(len(report.files), 'file')}" if report.files else ""
    return (f"Found {' and '.join(parts)}", "error" if errors else "warning"), (f"{where}{_reach(report)}.", "")


def _reach(report: Report) -> str:
    if not report.losses:
        return ""
    text = f"; {count(report.losses, 'loss call')} judged"
    return f"{text}, {report.undecided} of them undecided" if report.undecided else text


def count(number: int, noun: str) -> str:
    """Return ``"1 file"`` or ``"2 files"``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def add_statistics(page: Page, report: Report) -> None:
    """Add how often each rule was met and which operations were not followed, most frequent first."""
    codes: dict[tuple[str, str], int] = {}
    for finding in report.findings:
        key = finding.code, finding.name
        codes[key] = codes.get(key, 0) + 1
    for (code, name), number in sorted(codes.items(), key=lambda item: (-item[1], item[0])):
        page.add((f"{number:>6}  ", ""), (code, "heading"), (f"  {name}", ""))
    if report.unknown:
        page.add(("not followed:", "heading"))
    for reason, number in sorted(report.unknown.items(), key=lambda item: (-item[1], item[0])):
        page.add((f"{number:>6}  {reason}", ""))
