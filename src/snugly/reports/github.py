"""Workflow commands of GitHub Actions: findings become annotations on the changed lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.reports.json import relative

if TYPE_CHECKING:
    from snugly.reports.report import Report
    from snugly.rules.findings import Finding


def render(report: Report) -> str:
    """Return one command for each finding."""
    return "".join(_command(finding) + "\n" for finding in report.findings)


def _command(finding: Finding) -> str:
    properties = {"title": f"snugly {finding.code} ({finding.name})"}
    if finding.file is not None:
        properties["file"] = relative(finding.file)
        properties["line"] = str(finding.line)
        properties["endLine"] = str(finding.end_line)
        if finding.end_line == finding.line:  # GitHub drops an annotation whose columns span lines
            properties["col"] = str(finding.column)
            properties["endColumn"] = str(finding.end_column)
    given = ",".join(f"{name}={_property(text)}" for name, text in properties.items())
    return f"::{finding.severity} {given}::{_data(finding.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
