"""``FILE:NAME``: a step that a file of the user's makes, for ``snugly preflight``."""

from __future__ import annotations

import linecache
import os
import runpy
import sys
from collections.abc import Callable, Mapping
from inspect import isfunction
from typing import TYPE_CHECKING, Any

from snugly.facts.origins import Place
from snugly.facts.records import replace

if TYPE_CHECKING:
    from snugly.reports.preflight import PreflightReport


class StepFileError(Exception):
    """The file, the name or what it returns cannot be used; the message says what to do."""


def preflight_file(target: str) -> PreflightReport:
    """Run a file without its ``__main__`` part, call the named function and preflight what it returns.

    Args:
        target: ``"train.py:make_step"``; the function returns ``(model, loss, batch_or_loader)`` or a mapping of the
            arguments of ``snugly.preflight``.

    Raises:
        StepFileError: there is no such file or name, or it does not give a step.
    """
    from snugly.runtime.preflight.steps import StepError
    from snugly.surfaces.preflighting import preflight

    function, place = _load(target)
    made = function()
    arguments = dict(made) if isinstance(made, Mapping) else None
    try:
        if arguments is not None:
            return _placed(preflight(**arguments), place)
        if isinstance(made, tuple) and len(made) == 3:
            return _placed(preflight(*made), place)
    except (StepError, TypeError) as error:
        if isinstance(error, TypeError) and not isinstance(error, StepError) and arguments is None:
            raise
        msg = f"{target}: {error}"
        raise StepFileError(msg) from error
    msg = (
        f"{target} returned {type(made).__name__}; it must return (model, loss, batch or loader), "
        "or a dict of the arguments of snugly.preflight"
    )
    raise StepFileError(msg)


def _placed(report: PreflightReport, place: Place | None) -> PreflightReport:
    """Give what is nowhere written out the place of the function that made the step."""
    findings = (
        each if each.place is not None else replace(each, place=place, cause=each.cause or place)
        for each in report.findings
    )
    return replace(report, findings=tuple(findings))


def _load(target: str) -> tuple[Callable[[], Any], Place | None]:
    """Return the function that a target names, and where it begins."""
    file, colon, name = target.rpartition(":")
    if not colon or not name.isidentifier():
        msg = f"{target!r} names no function; write FILE:NAME, such as train.py:make_step"
        raise StepFileError(msg)
    if not os.path.isfile(file):
        msg = f"there is no file {file}"
        raise StepFileError(msg)
    folder = os.path.dirname(os.path.abspath(file))
    sys.path.insert(0, folder)
    module = os.path.splitext(os.path.basename(file))[0]
    try:
        names = runpy.run_path(file, run_name=module)
    except SyntaxError as error:
        msg = f"{file}:{error.lineno}: {error.msg}" if error.lineno else f"{file}: {error.msg}"
        raise StepFileError(msg) from error
    function = names.get(name)
    if not callable(function):
        own = [key for key, value in names.items() if isfunction(value) and value.__globals__["__name__"] == module]
        msg = f"{file} has no function {name}; it has {', '.join(own) or 'none'}"
        raise StepFileError(msg)
    if not isfunction(function):
        return function, None
    line = function.__code__.co_firstlineno
    text = linecache.getline(function.__code__.co_filename, line).rstrip()
    return function, Place(file, line, 1 + len(text) - len(text.lstrip()), line, 1 + len(text))
