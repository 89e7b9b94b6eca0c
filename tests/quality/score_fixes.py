"""Scores fixes on a folder of cases: does the broken program, with its first fix, print what its correct twin prints?

    SNUGLY_CASES=folder python tests/quality/score_fixes.py [NAME ...]

Each case is a folder with ``broken.py``, ``fixed.py`` and the modules beside them. The first fix of the first finding that
has one is applied; where findings are left, the next round applies theirs, and that is counted apart.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import snugly
from snugly.edits.applying import apply_edits
from snugly.remedies.text import forget

MOST_ROUNDS = 5
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass
class Score:
    """One case: whether its first fix is right, whether all rounds are, and which fixes were applied."""

    name: str
    first: bool = False
    whole: bool = False
    fixes: tuple[str, ...] = ()


def printed(folder: Path, script: str) -> str:
    """Return what a script prints, and where it fails, how."""
    command = [sys.executable, "-W", "ignore", script]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=600, env=ENVIRONMENT
    )
    return done.stdout if done.returncode == 0 else f"{done.stdout}{done.stderr[-300:]}"


def mend(script: str) -> str | None:
    """Apply the first fix of the first finding that has one in the working directory; return its title."""
    forget()
    for finding in snugly.check([script]).findings:
        if not finding.fixes or not finding.fixes[0].edits:
            continue
        fix = finding.fixes[0]
        for file in {edit.file for edit in fix.edits}:
            path = Path(file)
            text = apply_edits(path.read_text(), [edit for edit in fix.edits if edit.file == file])
            if text is None:
                return None
            path.write_text(text)
        return f"{finding.code} {fix.title}"
    return None


def score(case: Path) -> Score:
    """Mend a copy of a case round by round and compare what it prints with its twin."""
    wanted = printed(case, "fixed.py")
    titles: list[str] = []
    result = Score(case.name)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(shutil.copytree(case, Path(name) / case.name))
        before = Path.cwd()
        os.chdir(folder)
        try:
            while len(titles) < MOST_ROUNDS and (title := mend("broken.py")) is not None:
                titles.append(title)
                if len(titles) == 1:
                    result.first = printed(folder, "broken.py") == wanted
            result.whole = result.first if len(titles) < 2 else printed(folder, "broken.py") == wanted
        finally:
            os.chdir(before)
    result.fixes = tuple(titles)
    return result


def main(names: list[str]) -> int:
    """Score the cases whose names begin with one of ``names``, or all."""
    root = Path(os.environ["SNUGLY_CASES"])
    cases = sorted(path.parent for path in root.glob("*/broken.py"))
    scores = []
    for case in cases:
        if names and not case.name.startswith(tuple(names)):
            continue
        scores.append(score(case))
        last = scores[-1]
        print(
            f"{last.name:32} {'right' if last.first else 'wrong' if last.fixes else 'none':6} {'; '.join(last.fixes)}",
            flush=True,
        )
    right, whole = sum(each.first for each in scores), sum(each.whole for each in scores)
    print(f"first fix right: {right} of {len(scores)}; after all rounds: {whole}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
