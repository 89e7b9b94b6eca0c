"""``snugly.explain``: an error that was pasted, or an exception that was caught, explained."""

from __future__ import annotations

from snugly.messages.explaining import explain_text
from snugly.reports.report import Report

UNKNOWN_NOTE = (
    "not known: no error or warning that snugly knows stands in this text. It knows what torch's losses, layers, "
    "reshaping and loaders say about shapes, dtypes, devices and value ranges. If this is one of them, please report "
    "the whole traceback, torch.__version__ and the line of code that raised, so that it can be added."
)


def explain(error: str | BaseException) -> Report:
    """Explain why a model's output, target or weight did not fit.

    Args:
        error: a text of torch's of any version (an error line, a whole traceback, a log with noise around it), or an
            exception that was caught, with its traceback.

    Returns:
        A report whose findings say what was passed, what its numbers imply, the likely causes in their order and the
        edit; without findings and with a note when the text is not known.

    Raises:
        NotTextError: the text is empty or binary.
    """
    if isinstance(error, BaseException):
        from snugly.runtime.crash import explain_exception

        return Report(explain_exception(error))
    findings = explain_text(error)
    return Report(findings, notes=() if findings else (UNKNOWN_NOTE,))
