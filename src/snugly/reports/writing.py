"""Writes a report in a format that was asked for, to a stream or a file, in colour where a person looks."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snugly.reports.report import Report
    from snugly.reports.styled import Page
    from snugly.rules.findings import Finding

NO_SOURCES: Mapping[str, str] = {}


class OutputFormat(StrEnum):
    """How a report is written."""

    FULL = "full"
    CONCISE = "concise"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


def write(report: Report, form: OutputFormat, stream: TextIO, *, statistics: bool = False) -> None:
    """Write a report to a stream."""
    match form:
        case OutputFormat.FULL | OutputFormat.CONCISE:
            _page(report, form, width(stream), statistics=statistics).print(stream, color=wants_color(stream))
        case OutputFormat.JSON:
            from snugly.reports import json

            stream.write(json.render(report))
        case OutputFormat.SARIF:
            from snugly.reports import sarif

            stream.write(sarif.render(report))
        case OutputFormat.GITHUB:
            from snugly.reports import github

            stream.write(github.render(report))


def write_finding(
    finding: Finding, form: OutputFormat, stream: TextIO, sources: Mapping[str, str] = NO_SOURCES
) -> None:
    """Write one finding, full or concise, as soon as it is met; ``write_summary`` ends what so comes piece by piece."""
    from snugly.reports import concise, full
    from snugly.reports.styled import Page
    from snugly.reports.texts import Texts

    page = Page(width(stream))
    if form is OutputFormat.CONCISE:
        concise.add_finding(page, finding)
    else:
        full.add_finding(page, finding, Texts(sources))
        page.add()
    page.print(stream, color=wants_color(stream))


def write_summary(report: Report, stream: TextIO) -> None:
    """Write the last lines of a report whose findings were written one by one."""
    from snugly.reports.styled import Page
    from snugly.reports.summary import add_summary

    page = Page(width(stream))
    add_summary(page, report)
    page.print(stream, color=wants_color(stream))


def _page(report: Report, form: OutputFormat, columns: int, *, statistics: bool) -> Page:
    from snugly.reports.styled import Page
    from snugly.reports.summary import add_statistics, add_summary

    if not report.findings:
        page = Page(columns)
        add_summary(page, report)
    elif form is OutputFormat.FULL:
        from snugly.reports import full

        page = full.page(report, columns)
    else:
        from snugly.reports import concise

        page = concise.page(report, columns)
    if statistics:
        add_statistics(page, report)
    return page


def wants_color(stream: TextIO) -> bool:
    """Tell whether a stream is a terminal that shows colour.

    ``NO_COLOR`` and ``TERM=dumb`` say no, ``FORCE_COLOR`` says yes (https://no-color.org, https://force-color.org).
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def width(stream: TextIO) -> int:
    """Return how many cells a line may take: the terminal's, within what reads well, or 100 in a pipe."""
    if not stream.isatty() and "COLUMNS" not in os.environ:
        return 100
    import shutil

    return min(max(shutil.get_terminal_size((100, 24)).columns, 40), 120)
