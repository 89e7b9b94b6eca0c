"""``snugly fit``: tells whether tensors fit a loss."""

from __future__ import annotations

import ast
import json
import sys
from typing import TYPE_CHECKING, Any

import snugly
from snugly.facts.notation import NotationError
from snugly.reports.report import Report
from snugly.reports.verdicts import as_dict, page
from snugly.reports.writing import OutputFormat, wants_color, width
from snugly.surfaces.cli.answer import answer
from snugly.surfaces.cli.trouble import Trouble

if TYPE_CHECKING:
    from snugly.contracts.calls import Verdict

FITS, MISFITS, UNDECIDED = 0, 1, 2


def fit(loss: str, /, *tensors: str, output_format: OutputFormat = OutputFormat.FULL, **options: str) -> int:
    """Tell whether tensors fit a loss, what comes out, and if they do not fit, what would.

    The exit code is 0 when they fit, 1 when not or when torch would take them in a way that is hardly meant, and
    2 when it cannot be told.

    Args:
        loss: a loss by torch's name, such as cross_entropy.
        tensors: the arguments in torch's order, such as "float32[32, 10]" "int64[32]".
        output_format: full, concise, json, sarif or github.
        options: any other argument of the loss by its name, such as --weight "float32[10]" --reduction none.
    """
    given = {name.replace("-", "_"): _read(text) for name, text in options.items()}
    try:
        verdict = snugly.fit(loss, *tensors, **given)
    except (NotationError, ValueError, TypeError, LookupError) as error:
        raise Trouble(str(error.args[0]) if error.args else str(error)) from error
    if output_format in (OutputFormat.FULL, OutputFormat.CONCISE):
        page(verdict, width(sys.stdout)).print(sys.stdout, color=wants_color(sys.stdout))
    elif output_format is OutputFormat.JSON:
        print(json.dumps(as_dict(verdict), indent=2))
    else:
        answer(Report(tuple(verdict.findings)), output_format)
    return _exit_code(verdict)


def _read(text: str) -> Any:
    """Read the value of an option: a Python literal, or else a word or the notation of a tensor."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return text


def _exit_code(verdict: Verdict) -> int:
    if verdict.accepted is False or verdict.findings:
        return MISFITS
    return FITS if verdict.accepted else UNDECIDED
