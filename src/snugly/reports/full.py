"""The full report."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snugly.reports.report import Report


def render(report: Report) -> str:
    """Write the report for a person."""
    return "\n".join(f"{finding.place}: {finding.code} {finding.message}" for finding in report.findings)
