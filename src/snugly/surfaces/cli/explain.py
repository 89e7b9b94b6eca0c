"""``snugly explain``: an error text explained."""

from __future__ import annotations

import sys

from snugly.messages.explaining import NotTextError
from snugly.reports.writing import OutputFormat
from snugly.surfaces.cli.answer import answer
from snugly.surfaces.cli.trouble import Trouble
from snugly.surfaces.explaining import explain as explain_error

EXPLAINED, NOT_KNOWN = 0, 1


def explain(
    *text: str,
    output_format: OutputFormat = OutputFormat.FULL,
    output_file: str | None = None,
) -> int:
    """Explain an error of torch's, of any version: what was passed, what the numbers imply, what to change.

    The exit code is 0 when the text is known and 1 when it is not.

    Args:
        text: the error line or the traceback; standard input when it is left out or '-'.
        output_format: full, concise, json, sarif or github.
        output_file: write there instead of to standard output.
    """
    pasted = " ".join(text)
    if pasted in ("", "-"):
        if sys.stdin.isatty():
            print("Paste the error, then press Ctrl-D:", file=sys.stderr)
        pasted = sys.stdin.buffer.read().decode("utf-8", errors="replace")
    try:
        report = explain_error(pasted)
    except NotTextError as error:
        raise Trouble(str(error)) from error
    answer(report, output_format, output_file, exit_zero=True)
    return EXPLAINED if report.findings else NOT_KNOWN
