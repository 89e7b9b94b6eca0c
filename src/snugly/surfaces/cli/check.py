"""``snugly check``: find misfits in source, without running it."""

from __future__ import annotations

import sys

from snugly.reports.writing import OutputFormat
from snugly.surfaces import checking
from snugly.surfaces.cli.answer import answer
from snugly.surfaces.cli.trouble import Trouble


def check(
    *paths: str,
    select: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
    output_format: OutputFormat = OutputFormat.FULL,
    output_file: str | None = None,
    statistics: bool = False,
    exit_zero: bool = False,
    stdin_filename: str | None = None,
) -> int:
    """Find misfits in source, without running it.

    The exit code is 0 when there is none, 1 when there are some, and 2 when a file could not be checked.

    Args:
        paths: files and folders; the working folder by default; - for standard input.
        select: codes or their beginnings, separated by commas; only these are reported.
        ignore: codes or their beginnings that are not reported.
        output_format: full, concise, json, sarif or github.
        output_file: write the report to this file.
        statistics: count the findings of each rule and what was not followed.
        exit_zero: end with 0 although there are findings.
        stdin_filename: the name for what comes from standard input.
    """
    try:
        if paths == ("-",):
            text = sys.stdin.buffer.read().decode("utf-8", "replace")
            report = checking.check_text(text, stdin_filename or "<stdin>.py", select=select, ignore=ignore)
        else:
            report = checking.check(paths or ".", select=select, ignore=ignore)
    except ValueError as error:
        raise Trouble(str(error)) from error
    return answer(report, output_format, output_file, statistics=statistics, exit_zero=exit_zero)
