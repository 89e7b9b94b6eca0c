"""Broken programs are found without running them, and their correct twins are silent; skipped where there are none."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from snugly.interpreter.entry import follow
from snugly.interpreter.modules import Program

FOLDER = Path(os.environ.get("SNUGLY_CASES") or Path(__file__).resolve().parents[3] / "shared" / "cases")
CASES = sorted(path.parent for path in FOLDER.glob("*/case.json"))
CORRECT = sorted((FOLDER / "correct").glob("*.py")) + [path / "fixed.py" for path in CASES]
FOUND = 0.95

pytestmark = pytest.mark.skipif(not CASES, reason="there is no folder of cases")


def events_of(path):
    program = Program(path.parent, path.parent)
    return follow(program, program.read(path)).events


@pytest.mark.parametrize("path", CORRECT, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_correct_program_is_silent_and_its_losses_are_known(path):
    events = events_of(path)
    assert [f"{finding.code} {finding.message}" for finding in events.distinct()] == []
    for record in events.losses:
        for name in ("input", "target"):
            assert name not in record.arguments or record.arguments[name].shape is not None


def test_broken_programs_are_found():
    missed = []
    for case in CASES:
        about = json.loads((case / "case.json").read_text())
        lines = {about["error_line"], *(one for one in about["also_error_lines"] if isinstance(one, int))}
        places = [finding.place for finding in events_of(case / "broken.py").distinct()]
        if not any(place.file == about["file"] and place.line in lines for place in places):
            missed.append(case.name)
    assert len(missed) <= (1 - FOUND) * len(CASES), missed
