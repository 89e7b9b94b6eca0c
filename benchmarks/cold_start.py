"""Whole commands from a cold start, beside a Python that does nothing."""

from __future__ import annotations

import compileall
import tempfile
from pathlib import Path

from benchmarks.measuring import Row, alternately, process
from snugly.surfaces.cli.commands import COMMANDS

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
            (seconds,) = alternately(7, process("-m", "snugly", *tokens))
            rows.append(Row(what, seconds, "s", bar))
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
        few_seconds, many_seconds = alternately(
            3, process("-m", "snugly", "check", str(few)), process("-m", "snugly", "check", str(many))
        )
    further = (many_seconds - few_seconds) / 64
    return [Row("check, 32 files", few_seconds, "s", 0.5), Row("check, each further file", 1000 * further, "ms", 10)]
