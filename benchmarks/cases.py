"""How well `snugly check` does on a folder of broken programs, their twins and correct ones.

    python benchmarks/cases.py [NAME ...]      the folder is $SNUGLY_CASES, or ../shared/cases beside the repository

A line for each program: F found, E at the right line, C with the right cause; how many loss calls have every shape
known.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from snugly.interpreter.entry import follow
from snugly.interpreter.modules import Program

HERE = Path(__file__).resolve().parent


@dataclass
class Score:
    """Sums over the programs that were looked at."""

    programs: int = 0
    found: int = 0
    line: int = 0
    cause: int = 0
    fix: int = 0
    false: int = 0
    known: int = 0
    losses: int = 0
    seconds: float = 0.0
    unknown: Counter = field(default_factory=Counter)


def folder() -> Path | None:
    """Return the folder of cases, or None where there is none."""
    given = os.environ.get("SNUGLY_CASES")
    for path in (Path(given) if given else HERE.parent.parent / "shared" / "cases", Path("../../shared/cases")):
        if path.is_dir():
            return path
    return None


def check(path: Path, score: Score):
    """Follow one program and count what was not known."""
    started = time.perf_counter()
    program = Program(path.parent, path.parent)
    machine = follow(program, program.read(path))
    taken = time.perf_counter() - started
    score.seconds += taken
    for unfollowed, times in machine.events.unknown.items():
        score.unknown[f"{unfollowed.operation}: {unfollowed.reason}"] += times
    known: dict[object, bool] = {}
    for record in machine.events.losses:
        arguments = [facts for name, facts in record.arguments.items() if name in ("input", "target")]
        complete = all(facts.shape is not None and None not in facts.shape for facts in arguments)
        known[record.place] = known.get(record.place, True) and complete
    return machine.events.distinct(), known, taken, machine


def lines(case: dict, kind: str) -> set[tuple[str, int]]:
    """Return the places that count as right for the error or the cause of a case."""
    base = case["file"] if kind == "error" else case["cause_file"]
    right = {(base, case[f"{kind}_line"])}
    for other in case[f"also_{kind}_lines"]:
        name, _, line = str(other).rpartition(":")
        right.add((name or base, int(line)))
    return right


def report(name: str, findings, known, taken, note: str) -> None:
    """Print a line about one program."""
    told = " ".join(f"{f.code}@{f.place.line if f.place else '?'}" for f in findings)
    print(f"{name:42} {note} shapes {sum(known.values())}/{len(known)} {taken * 1000:5.0f} ms {told}")


def run_case(path: Path, score: Score) -> None:
    """Score one broken program and its twin."""
    case = json.loads((path / "case.json").read_text())
    findings, known, taken, _ = check(path / "broken.py", score)
    errors, causes = lines(case, "error"), lines(case, "cause")
    at_line = any(f.place and (f.place.file, f.place.line) in errors for f in findings)
    at_cause = any(f.cause and (f.cause.file, f.cause.line) in causes for f in findings)
    score.programs += 1
    score.found += bool(findings)
    score.line += at_line
    score.cause += at_cause
    score.fix += any(f.fixes for f in findings)
    note = ("F" if findings else "-") + ("E" if at_line else "-") + ("C" if at_cause else "-")
    report(path.name, findings, known, taken, note)
    if not at_line or not at_cause:
        causes_told = {f.cause.line for f in findings if f.cause}
        print(f"    wanted error {sorted(errors)} cause {sorted(causes)}; told cause {causes_told}")
    run_correct(path / "fixed.py", score, path.name + "/fixed")


def run_correct(path: Path, score: Score, name: str) -> None:
    """Score one correct program."""
    findings, known, taken, _ = check(path, score)
    score.false += bool(findings)
    score.known += sum(known.values())
    score.losses += len(known)
    if findings or not all(known.values()) or "/" not in name:
        report(name, findings, known, taken, "FALSE" if findings else "ok   ")
    for finding in findings:
        print(f"    {finding.message}")


def main() -> int:
    """Score every program, or those whose names begin with an argument."""
    cases = folder()
    if cases is None:
        print("there is no folder of cases; name one in SNUGLY_CASES")
        return 2
    score = Score()
    wanted = tuple(sys.argv[1:])
    for path in sorted(cases.glob("[0-9]*")):
        if not wanted or path.name.startswith(wanted):
            run_case(path, score)
    for path in sorted((cases / "correct").glob("*.py")):
        if not wanted or f"c{path.name}".startswith(wanted):
            run_correct(path, score, path.name)
    print(f"found {score.found}/{score.programs}, error line {score.line}, cause {score.cause}, with a fix {score.fix}")
    print(f"false alarms {score.false}; shapes known {score.known}/{score.losses}; {score.seconds:.1f} s")
    for what, times in score.unknown.most_common(40):
        print(f"{times:6} {what}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
