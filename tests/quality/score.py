"""Scores ``snugly check`` and ``snugly run`` on a folder of cases: what is found, and whether it and its first fix are right.

    python tests/quality/score.py [--cases FOLDER] [--mode check|run] [--no-fixes] [NAME ...]

A case is a folder with ``broken.py``, ``fixed.py``, the modules beside them and ``case.json``. It counts as

- found: a finding stands at the line of the error or leads to it, or it names the cause;
- error: that finding is at the line where torch raises or where the misfit takes effect;
- cause: it names the line to change;
- fix: with the first fix of the first finding that has one, the broken program prints what its twin prints, up to
  the last digits.

Nothing may be found in the twins and in the programs of ``correct/``.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import programs

OUR_CASES = Path(__file__).parent / "cases"
BARS = {"found": 95, "error": 95, "cause": 90, "fix": 85}
NUMBER = re.compile(r"-?\d+\.\d+(?:e[-+]\d+)?")


@dataclass
class Score:
    """One case: which of its bars it meets, and what was found, as ``code@line``."""

    name: str
    silent: bool
    found: bool = False
    error: bool = False
    cause: bool = False
    fix: bool | None = None
    said: list[str] = field(default_factory=list)
    title: str = ""

    def __str__(self) -> str:
        marks = " ".join(f"{name}:{ {True: 'yes', False: 'NO', None: '-'}[getattr(self, name)]:3}" for name in BARS)
        return f"{self.name:32} {'silent' if self.silent else 'raises':6} {marks} {' '.join(self.said)} | {self.title}"


def findings(folder: Path, script: str, mode: str) -> list[dict[str, Any]]:
    """Return the findings of a program, as the JSON of the command says them."""
    return _checked(folder, script) if mode == "check" else _watched(folder, script)


def _checked(folder: Path, script: str) -> list[dict[str, Any]]:
    import snugly
    from snugly.remedies.text import forget

    forget()
    with contextlib.chdir(folder):
        return json.loads(snugly.check([script]).to_json())["findings"]


def _watched(folder: Path, script: str) -> list[dict[str, Any]]:
    def work() -> dict[str, Any]:
        from snugly.surfaces.cli.main import main

        output = folder / "findings.json"
        output.unlink(missing_ok=True)
        sys.argv = ["snugly", "run", "--output-format", "json", "--output-file", str(output), script]
        with contextlib.suppress(SystemExit), Path(os.devnull).open("w") as nothing:
            os.dup2(nothing.fileno(), 1)
            os.dup2(nothing.fileno(), 2)
            main()
        return {"findings": json.loads(output.read_text())["findings"]}

    return programs.apart(folder, work).get("findings", [])


def lines(case: dict[str, Any], kind: str) -> set[tuple[str, int]]:
    """Return the lines that a case accepts for its error or its cause."""
    file = case["cause_file" if kind == "cause" else "file"]
    accepted = {(file, case[f"{kind}_line"])}
    for also in case[f"also_{kind}_lines"]:
        name, _, line = str(also).rpartition(":")
        accepted.add((name or file, int(line)))
    return accepted


def judge(score: Score, case: dict[str, Any], said: list[dict[str, Any]]) -> None:
    """Compare findings with what a case names."""
    errors, causes = lines(case, "error"), lines(case, "cause")
    for each in said:
        at = (each["file"], each["line"])
        cause = (each["cause"]["file"], each["cause"]["line"]) if each["cause"] else at
        passed = {(step["file"], step["line"]) for step in each["origin"]}
        score.error |= at in errors
        if at in errors or at in causes or cause in causes or passed & errors:
            score.found = True
            score.cause |= cause in causes
        score.said.append(f"{each['code']}@{each['line']}<{cause[1]}")


def first_fix(said: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the first fix of the first finding that has one with edits."""
    return next((each["fixes"][0] for each in said if each["fixes"] and each["fixes"][0]["edits"]), None)


def mend(folder: Path, edits: list[dict[str, Any]]) -> None:
    """Apply the edits of a fix, whose lines and columns count from 1, ends exclusive, from the last to the first."""
    for edit in sorted(edits, key=lambda each: (each["file"], each["start"]), reverse=True):
        path = folder / edit["file"]
        rows = path.read_text().splitlines(keepends=True)
        (first, left), (last, right) = edit["start"], edit["end"]
        rows += [""] * (last - len(rows))
        rows[first - 1 : last] = [rows[first - 1][: left - 1] + edit["text"] + rows[last - 1][right - 1 :]]
        path.write_text("".join(rows))


def alike(printed: str, wanted: str) -> bool:
    """Tell whether two outputs are the same up to the last digits of their numbers."""
    if NUMBER.sub("#", printed) != NUMBER.sub("#", wanted):
        return False
    pairs = zip(NUMBER.findall(printed), NUMBER.findall(wanted), strict=True)
    return all(math.isclose(float(one), float(other), rel_tol=2e-3, abs_tol=2e-4) for one, other in pairs)


def score_case(case: Path, mode: str, *, fixes: bool) -> Score:
    """Score one case; its folder stays as it is."""
    told = json.loads((case / "case.json").read_text())
    score = Score(case.name, told["silent"])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(shutil.copytree(case, Path(name).resolve() / case.name))
        said = findings(folder, "broken.py", mode)
        judge(score, told, said)
        fix = first_fix(said)
        score.title = fix["title"] if fix else ""
        if fixes:
            score.fix = False
            if fix is not None:
                mend(folder, fix["edits"])
                ran = programs.run(folder, "broken.py")
                score.fix = ran.error_type is None and alike(ran.printed, programs.run(folder, "fixed.py").printed)
    return score


def alarms(script: Path, mode: str) -> list[str]:
    """Return what is found in a correct program."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(shutil.copytree(script.parent, Path(name).resolve() / "programs"))
        return [f"{each['code']}@{each['line']}" for each in findings(folder, script.name, mode)]


def correct_programs(root: Path, names: list[str]) -> list[Path]:
    """Return the twins of the cases and the programs of ``correct/``, which lies in the folder or beside it."""
    scripts = [*root.glob("*/fixed.py"), *root.glob("correct/*.py")]
    if root == OUR_CASES:
        scripts += root.parent.glob("correct/*.py")
    return sorted(path for path in scripts if chosen(f"{path.parent.name}/{path.stem}", names))


def chosen(name: str, names: list[str]) -> bool:
    """Tell whether a program is among those that are named by the beginning of its name."""
    return not names or name.startswith(tuple(names))


def main(arguments: list[str]) -> int:
    """Score a folder, print a row for each case and the totals against the bars; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path, default=OUR_CASES)
    parser.add_argument("--mode", choices=["check", "run"], default="check")
    parser.add_argument("--no-fixes", dest="fixes", action="store_false", help="do not run what fixes make of programs")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args(arguments)
    scores = []
    for case in sorted(path.parent for path in options.cases.glob("*/case.json")):
        if chosen(case.name, options.names):
            scores.append(score_case(case, options.mode, fixes=options.fixes))
            print(scores[-1], flush=True)
    wrong = {
        path: found for path in correct_programs(options.cases, options.names) if (found := alarms(path, options.mode))
    }
    for path, found in wrong.items():
        print(f"false alarm: {path.parent.name}/{path.name} {' '.join(found)}")
    missed = bool(wrong)
    for kind in ("raises", "silent", "all"):
        some = [each for each in scores if kind == "all" or each.silent == (kind == "silent")]
        parts = []
        for name, bar in BARS.items():
            right = sum(bool(getattr(each, name)) for each in some)
            if some and (options.fixes or name != "fix"):
                parts.append(f"{name} {right}/{len(some)} = {100 * right / len(some):.0f} % (bar {bar})")
                missed |= 100 * right < bar * len(some)
        print(f"{options.mode} {kind}: {', '.join(parts)}")
    print(f"false alarms: {len(wrong)} (bar 0)")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
