"""``snugly check``: find misfits in source, without running it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from snugly.reports.summary import count
from snugly.reports.writing import OutputFormat
from snugly.surfaces import checking
from snugly.surfaces.cli.answer import answer
from snugly.surfaces.cli.trouble import Trouble
from snugly.surfaces.configuration import configuration

if TYPE_CHECKING:
    from collections.abc import Callable

    from snugly.reports.report import Report

MOST_ROUNDS = 4
"""How often a fix may make another finding visible."""


def check(
    *paths: str,
    select: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
    output_format: OutputFormat | None = None,
    output_file: str | None = None,
    fix: bool = False,
    unsafe_fixes: bool = False,
    diff: bool = False,
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
        output_format: full, concise, json, sarif or github; full, if the project does not set another.
        output_file: write the report to this file.
        fix: apply the fixes that are proved and cannot change what was meant, then report what is left.
        unsafe_fixes: with --fix or --diff, take the fixes that a person should look at, too.
        diff: show what --fix would change, and change nothing.
        statistics: count the findings of each rule and what was not followed.
        exit_zero: end with 0 although there are findings.
        stdin_filename: the name for what comes from standard input.
    """
    options = {"select": select, "ignore": ignore}
    try:
        written = output_format or _of_project(paths, stdin_filename)
        if paths == ("-",):
            text = sys.stdin.buffer.read().decode("utf-8", "replace")
            report = checking.check_text(text, stdin_filename or "<stdin>.py", **options)
        else:
            report = checking.check(paths or ".", **options)
            if diff:
                return _show_diff(report, unsafe=unsafe_fixes)
            if fix or unsafe_fixes:
                report = _fix(report, lambda: checking.check(paths or ".", **options), unsafe=unsafe_fixes)
    except ValueError as error:
        raise Trouble(str(error)) from error
    return answer(report, written, output_file, statistics=statistics, exit_zero=exit_zero)


def _of_project(paths: tuple[str, ...], stdin_filename: str | None) -> OutputFormat:
    """Return the format that the project of the first path has set."""
    first = stdin_filename if paths == ("-",) else (paths[0] if paths else None)
    return OutputFormat(configuration(first or ".").output_format or OutputFormat.FULL)


def _show_diff(report: Report, *, unsafe: bool) -> int:
    """Print the change that fixes would make; the exit code says whether there is one."""
    from snugly.edits.applying import fix

    fixed = fix(report.findings, unsafe=unsafe)
    sys.stdout.write(fixed.diff())
    print(f"Would fix {count(len(fixed.applied), 'finding')}.", file=sys.stderr)
    return 1 if fixed.applied else 0


def _fix(report: Report, check_again: Callable[[], Report], *, unsafe: bool) -> Report:
    """Fix what can be fixed, looking again after each round, and return the report on what is left."""
    from snugly.edits.applying import fix

    mended = 0
    for _ in range(MOST_ROUNDS):
        fixed = fix(report.findings, unsafe=unsafe)
        if not fixed.applied:
            break
        try:
            fixed.write()
        except OSError as error:
            message = f"cannot write {error.filename}: {error.strerror}"
            raise Trouble(message) from error
        mended += len(fixed.applied)
        report = check_again()
    if mended:
        print(f"Fixed {count(mended, 'finding')}.", file=sys.stderr)
    return report
