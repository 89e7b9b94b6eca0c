"""``FILE:NAME``: a step that a file of the user's makes, for ``snugly preflight``."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

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

    made = _load(target)
    arguments = dict(made) if isinstance(made, Mapping) else None
    try:
        if arguments is not None:
            return preflight(**arguments)
        if isinstance(made, tuple) and len(made) == 3:
            return preflight(*made)
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


def _load(target: str) -> Any:
    file, colon, name = target.rpartition(":")
    if not colon or not name.isidentifier():
        msg = f"{target!r} names no function; write FILE:NAME, such as train.py:make_step"
        raise StepFileError(msg)
    if not os.path.isfile(file):
        msg = f"there is no file {file}"
        raise StepFileError(msg)
    folder = os.path.dirname(os.path.abspath(file))
    sys.path.insert(0, folder)
    try:
        names = runpy.run_path(file, run_name=os.path.splitext(os.path.basename(file))[0])
    except SyntaxError as error:
        msg = f"{file}:{error.lineno}: {error.msg}"
        raise StepFileError(msg) from error
    function = names.get(name)
    if not callable(function):
        functions = (
            ", ".join(key for key, value in names.items() if callable(value) and not key.startswith("_")) or "none"
        )
        msg = f"{file} has no function {name}; it has {functions}"
        raise StepFileError(msg)
    return function()
