"""``snugly shapes``: the source with the shape of every tensor beside its line."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Literal

from snugly.facts.records import replace
from snugly.interpreter.sources import Unreadable
from snugly.reports.report import Failure
from snugly.reports.shapes import NotKnown, ShapesReport, Shown, ShownLoss
from snugly.reports.writing import wants_color, width
from snugly.surfaces.checking import check, follow_file
from snugly.surfaces.cli.trouble import Trouble

if TYPE_CHECKING:
    from typing import TextIO

    from snugly.interpreter.events import Events
    from snugly.interpreter.sources import SourceFile
    from snugly.rules.findings import Finding


def shapes(
    file: str, /, *, output_format: Literal["full", "json", "html"] = "full", output_file: str | None = None
) -> int:
    """Show the source with the shape of every tensor beside its line.

    Args:
        file: a Python file; it is not run.
        output_format: full, json or html; html is one page that shows the path of each tensor, and the findings too.
        output_file: write there instead of to standard output.
    """
    try:
        source, events = follow_file(file, None)
    except Unreadable as error:
        raise Trouble(str(Failure(file, error.message, error.line))) from error
    report = shapes_of(source, events)
    if output_format == "html" and events.findings:
        report = replace(report, findings=_findings(file))
    if output_file is None:
        _write(report, output_format, sys.stdout)
        return 0
    try:
        with open(output_file, "w", encoding="utf-8", errors="replace") as stream:
            _write(report, output_format, stream)
    except OSError as error:
        message = f"cannot write {output_file}: {error.strerror}"
        raise Trouble(message) from error
    return 0


def _write(report: ShapesReport, output_format: Literal["full", "json", "html"], stream: TextIO) -> None:
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")
    if output_format == "full":
        report.page(width(stream)).print(stream, color=wants_color(stream))
    else:
        stream.write(report.to_json() if output_format == "json" else report.to_html())


def _findings(file: str) -> tuple[Finding, ...]:
    """Return what ``snugly check`` reports of the file, by the settings of its project."""
    try:
        return check(file).findings
    except ValueError as error:
        raise Trouble(str(error)) from error


def shapes_of(source: SourceFile, events: Events) -> ShapesReport:
    """Return what a run has to tell about the lines of one file."""
    return ShapesReport(
        source.path,
        "\n".join(source.lines),
        tuple(Shown(one.place.line, one.name, one.facts) for one in events.lines if one.place.file == source.path),
        tuple(
            ShownLoss(one.place.line, one.loss, one.arguments)
            for one in events.losses
            if one.place is not None and one.place.file == source.path
        ),
        tuple(
            NotKnown(None if one.place is None else one.place.line, one.operation, one.reason)
            for one in events.unknown
            if one.place is None or one.place.file == source.path
        ),
    )
