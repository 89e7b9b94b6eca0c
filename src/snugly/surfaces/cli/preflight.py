"""``snugly preflight``: prove a training step before training."""

from __future__ import annotations

import sys

from snugly.reports.preflight import page
from snugly.reports.writing import OutputFormat, wants_color, width
from snugly.surfaces.cli.answer import answer
from snugly.surfaces.step_files import StepFileError, preflight_file


def preflight(
    target: str, /, *, output_format: OutputFormat = OutputFormat.FULL, output_file: str | None = None
) -> int:
    """Prove that a training step fits for every batch size, before training.

    Args:
        target: FILE:NAME, where NAME is a function without parameters that returns (model, loss, batch or loader), or a
            dict of the arguments of snugly.preflight.
        output_format: full, concise, json, sarif or github.
        output_file: write there instead of to standard output.
    """
    from snugly.surfaces.cli.trouble import Trouble

    try:
        report = preflight_file(target)
    except StepFileError as error:
        raise Trouble(str(error)) from error
    if output_format is OutputFormat.FULL and output_file is None:
        page(report, width(sys.stdout)).print(sys.stdout, color=wants_color(sys.stdout))
        return report.exit_code
    if output_format is OutputFormat.JSON and output_file is None:
        print(report.to_json(), end="")
        return report.exit_code
    return answer(report, output_format, output_file)
