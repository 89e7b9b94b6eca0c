"""Whole commands from a cold start, beside a Python that does nothing.

``check`` is measured beside ``pyrefly check`` of the same files, a type checker in Rust, where that is installed.
"""

from __future__ import annotations

import compileall
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measuring import Row, alternately, process, program
from snugly.surfaces.cli.commands import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
SCRIPT = EXAMPLES / "shapes" / "train_fixed.py"

ERROR = "ValueError: Expected input batch_size (324) to match target batch_size (4)."

CASES = {
    "check": [("check, one file", ["check", str(SCRIPT)], 0.2)],
    "explain": [("explain, one line", ["explain", ERROR], 0.25)],
    "fit": [("fit, cross_entropy", ["fit", "cross_entropy", "float32[32, 10]", "int64[1, 32]"], 0.25)],
    "rule": [("rule, the list", ["rule", "--all"], 0.2)],
}


def measure() -> list[Row]:
    """Time every command that exists, and a check of many files."""
    compileall.compile_dir(str(EXAMPLES.parent / "src"), quiet=1)
    (nothing,) = alternately(7, process("-c", "pass"))
    rows = [Row("python -c pass", nothing, "s")]
    for name in COMMANDS:
        for what, tokens, bar in CASES.get(name, []):
            ours, *theirs = alternately(7, process("-m", "snugly", *tokens), *_pyrefly(*tokens))
            rows.append(Row(what, ours, "s", bar))
            rows += [Row("pyrefly check, one file", seconds, "s") for seconds in theirs]
    if "check" in COMMANDS:
        rows += _many_files()
    return rows


def _many_files() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        few, many = Path(folder, "few"), Path(folder, "many")
        for place, count in ((few, 32), (many, 96)):
            place.mkdir()
            for number in range(count):
                (place / f"train_{number}.py").write_text(SCRIPT.read_text())
        few_seconds, many_seconds, *theirs = alternately(
            5,
            process("-m", "snugly", "check", str(few)),
            process("-m", "snugly", "check", str(many)),
            *_pyrefly("check", str(few)),
        )
    further = (many_seconds - few_seconds) / 64
    rows = [Row("check, 32 files", few_seconds, "s", 0.5), Row("check, each further file", 1000 * further, "ms", 10)]
    return rows + [Row("pyrefly check, 32 files", seconds, "s") for seconds in theirs]


def _pyrefly(command: str, *arguments: str) -> list[Callable[[], object]]:
    """Return what runs pyrefly on the files of a check; nothing for another command, or where it is not installed."""
    beside = Path(sys.executable).parent
    found = shutil.which("pyrefly", path=f"{beside}") or shutil.which("pyrefly")
    return [program(found, "check", *arguments)] if found and command == "check" else []
