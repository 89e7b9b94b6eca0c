"""Runs programs with torch, each in a process of its own that already has torch: importing it takes longer than they do."""

from __future__ import annotations

import json
import linecache
import os
import runpy
import sys
import tempfile
import traceback
import warnings
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LONGEST = 120


@dataclass(frozen=True)
class Ran:
    """What a program printed, and the error that ended it, at the innermost line in the program's own files."""

    printed: str
    error_type: str | None = None
    error_message: str | None = None
    file: str | None = None
    line: int | None = None


def run(folder: Path, script: str) -> Ran:
    """Run a script of a folder to its end or to its error."""
    return Ran(**apart(folder, lambda: _run_here(folder, script)))


def apart(folder: Path, work: Callable[[], Mapping[str, object]]) -> dict[str, object]:
    """Return what some work gives, done in a copy of this process that stands in a folder."""
    import torch

    torch.set_num_threads(1)
    sys.stdout.flush()
    with tempfile.TemporaryDirectory() as name:
        answer = Path(name, "answer.json")
        child = os.fork()
        if child == 0:
            _child(folder, work, answer)
        os.waitpid(child, 0)
        return json.loads(answer.read_text()) if answer.exists() else {"printed": "", "error_type": "no answer"}


def _child(folder: Path, work: Callable[[], Mapping[str, object]], answer: Path) -> None:
    try:
        import signal

        signal.alarm(LONGEST)
        os.chdir(folder)
        sys.path.insert(0, str(folder))
        sys.dont_write_bytecode = True
        answer.write_text(json.dumps(work()))
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)


def _run_here(folder: Path, script: str) -> dict[str, object]:
    said: dict[str, object] = {}
    linecache.clearcache()
    sys.argv = [script]
    with tempfile.TemporaryFile("w+") as out, Path(os.devnull).open("w") as nothing:
        with warnings.catch_warnings(), redirect_stdout(out), redirect_stderr(nothing):
            warnings.simplefilter("ignore")
            try:
                runpy.run_path(str(folder / script), run_name="__main__")
            except Exception as error:  # whatever a program raises is what we want to know
                said = _told(error, folder)
        out.seek(0)
        return {"printed": out.read(), **said}


def _told(error: Exception, folder: Path) -> dict[str, object]:
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).parent == folder]
    place = {"file": Path(own[-1].filename).name, "line": own[-1].lineno} if own else {}
    return {"error_type": type(error).__name__, "error_message": str(error), **place}
