"""``snugly shapes``: the source with the shape of every tensor beside its line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal

from snugly.interpreter.sources import Unreadable
from snugly.reports.report import Failure
from snugly.reports.shapes import NotKnown, ShapesReport, Shown, ShownLoss
from snugly.reports.writing import wants_color, width
from snugly.surfaces.checking import follow_file
from snugly.surfaces.cli.trouble import Trouble

if TYPE_CHECKING:
    from snugly.interpreter.events import Events
    from snugly.interpreter.sources import SourceFile


def shapes(file: str, /, *, output_format: Literal["full", "json"] = "full") -> int:
    """Show the source with the shape of every tensor beside its line.

    Args:
        file: a Python file; it is not run.
        output_format: full or json.
    """
    try:
        source, events = follow_file(file, None)
    except Unreadable as error:
        raise Trouble(str(Failure(file, error.message, error.line))) from error
    report = shapes_of(source, events)
    if output_format == "json":
        print(report.to_json(), end="")
    else:
        report.page(width(sys.stdout)).print(sys.stdout, color=wants_color(sys.stdout))
    return 0


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
