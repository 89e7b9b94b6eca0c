"""How every command answers with a report: format, file or stream, exit code."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

from snugly.reports.writing import OutputFormat, write
from snugly.surfaces.cli.trouble import Trouble

if TYPE_CHECKING:
    from typing import TextIO

    from snugly.reports.report import Report


def answer(
    report: Report,
    output_format: OutputFormat,
    output_file: str | None = None,
    *,
    statistics: bool = False,
    exit_zero: bool = False,
) -> int:
    """Write a report where the user wants it and return the exit code.

    What could not be looked at is said on standard error, one line each, whatever the format.
    """
    if output_file is None:
        _write(report, output_format, sys.stdout, statistics=statistics)
    else:
        try:
            with open(output_file, "w", encoding="utf-8") as stream:
                write(report, output_format, stream, statistics=statistics)
        except OSError as error:
            message = f"cannot write {output_file}: {error.strerror}"
            raise Trouble(message) from error
    for failure in report.failures:
        print(f"snugly: {failure}", file=sys.stderr)
    return 0 if exit_zero and not report.failures else report.exit_code


def _write(report: Report, output_format: OutputFormat, stream: TextIO, *, statistics: bool) -> None:
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")
    write(report, output_format, stream, statistics=statistics)
