"""Scores ``snugly run`` on a folder of cases: broken programs with a ``case.json`` beside their correct twins.

    SNUGLY_CASES=folder python tests/quality/score_run.py [NAME ...]

For each broken program: whether a finding is at the line of the crash or of the silent trap, and whether its
cause is the line that the case names. For each correct program: no finding.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Score:
    """One program and what was found in it."""

    name: str
    expected: bool
    found: bool = False
    cause: bool = False
    fixed: str = ""
    codes: str = ""


def findings_of(folder: Path, script: str) -> tuple[list[dict], int]:
    """Return what a run reports of a script, and the script's exit code."""
    output = folder / "snugly-findings.json"
    output.unlink(missing_ok=True)
    command = [sys.executable, "-m", "snugly", "run", "--output-format", "json", "--output-file", str(output), script]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=600)
    return json.loads(output.read_text())["findings"] if output.exists() else [], done.returncode


def lines(case: dict, kind: str) -> set[tuple[str, int]]:
    """Return the lines that a case accepts for its error or its cause."""
    file = case["cause_file" if kind == "cause" else "file"]
    found = {(file, case[f"{kind}_line"])}
    for also in case[f"also_{kind}_lines"]:
        name, _, line = str(also).rpartition(":")
        found.add((name or file, int(line)))
    return found


def score_case(folder: Path) -> Score:
    """Run the broken program of a case."""
    case = json.loads((folder / "case.json").read_text())
    findings, _ = findings_of(folder, "broken.py")
    score = Score(folder.name, expected=True)
    for finding in findings:
        origin = {(step["file"], step["line"]) for step in finding["origin"]}
        at = (finding["file"], finding["line"])
        cause = finding["cause"] and (finding["cause"]["file"], finding["cause"]["line"])
        if at in lines(case, "error") or (
            case["silent"] and (at in lines(case, "cause") or lines(case, "error") & origin)
        ):
            score.found = True
            score.cause = score.cause or cause in lines(case, "cause")
    score.codes = " ".join(f"{each['code']}@{each['line']}" for each in findings)
    return score


def score_correct(folder: Path, script: str, name: str) -> Score:
    """Run a correct program."""
    findings, code = findings_of(folder, script)
    score = Score(name, expected=False, found=bool(findings) or code != 0)
    score.codes = " ".join(f"{each['code']}@{each['line']}" for each in findings) + (f" exit {code}" if code else "")
    return score


def main() -> int:
    """Score every case, or those that are named."""
    cases = Path(os.environ["SNUGLY_CASES"])
    wanted = sys.argv[1:]
    scores: list[Score] = []
    with tempfile.TemporaryDirectory() as work:
        for folder in sorted(cases.iterdir()):
            if not folder.is_dir() or (wanted and not any(name in folder.name for name in wanted)):
                continue
            copy = Path(work, folder.name)
            shutil.copytree(folder, copy)
            if (copy / "case.json").exists():
                scores.append(score_case(copy))
                scores.append(score_correct(copy, "fixed.py", f"{folder.name} fixed"))
            else:
                scores.extend(score_correct(copy, script.name, script.name) for script in sorted(copy.glob("*.py")))
            for score in scores[-2:]:
                print(score, flush=True)
    broken = [score for score in scores if score.expected]
    correct = [score for score in scores if not score.expected]
    print(
        f"found {sum(s.found for s in broken)} of {len(broken)}, cause right {sum(s.cause for s in broken)};", end=" "
    )
    print(f"false alarms {sum(s.found for s in correct)} of {len(correct)}")
    for score in (*(s for s in broken if not s.found or not s.cause), *(s for s in correct if s.found)):
        print("  ", score)
    return 0


if __name__ == "__main__":
    sys.exit(main())
