"""Writes a report in a format that was asked for, to a stream or a file, in colour where a person looks."""

from __future__ import annotations

import os
import shutil
from enum import StrEnum
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from snugly.reports.report import Report
    from snugly.reports.styled import Page


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


def _page(report: Report, form: OutputFormat, columns: int, *, statistics: bool) -> Page:
    from snugly.reports import concise, full
    from snugly.reports.summary import add_statistics

    page = full.page(report, columns) if form is OutputFormat.FULL else concise.page(report, columns)
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
    return min(max(shutil.get_terminal_size((100, 24)).columns, 40), 120)
