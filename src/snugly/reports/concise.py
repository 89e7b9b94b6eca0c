"""One line for each finding, ``file:line:column: CODE message``, as editors and ``grep`` read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.reports.json import relative
from snugly.reports.styled import Page
from snugly.reports.summary import add_summary

if TYPE_CHECKING:
    from snugly.reports.report import Report
    from snugly.rules.findings import Finding


def render(report: Report) -> str:
    """Return the lines and the summary, without colour."""
    return page(report).plain()


def page(report: Report, width: int = 100) -> Page:
    """Lay out the lines and the summary."""
    drawn = Page(width)
    for finding in report.findings:
        add_finding(drawn, finding)
    add_summary(drawn, report)
    return drawn


def add_finding(page: Page, finding: Finding) -> None:
    """Lay out one finding."""
    place = _where(finding)
    page.add(
        (place, "place"),
        (": " if place else "", ""),
        (finding.code, str(finding.severity)),
        (f" {_line(finding)}", ""),
    )


def _where(finding: Finding) -> str:
    return "" if finding.file is None else f"{relative(finding.file)}:{finding.line}:{finding.column}"


def _line(finding: Finding) -> str:
    return " ".join(finding.message.split())
