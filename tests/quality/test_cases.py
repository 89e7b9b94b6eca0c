"""Our own broken programs: what `check` says of them, and of programs that only look broken."""

import shutil
from pathlib import Path

import pytest
import score

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in (HERE / "cases").glob("*/case.json"))
CORRECT = sorted([*(HERE / "cases").glob("*/fixed.py"), *(HERE / "correct").glob("*.py")])


def test_most_faults_are_found_where_they_are():
    scores = [score.score_case(case, "check", fixes=False) for case in CASES]
    missed = "\n".join(str(each) for each in scores if not each.found or not each.cause)
    assert sum(each.found for each in scores) >= 0.8 * len(scores), missed
    assert sum(each.cause for each in scores) >= 0.75 * len(scores), missed


@pytest.mark.parametrize("path", CORRECT, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_nothing_is_found_in_a_correct_program(path):
    assert score.alarms(path, "check") == []


@pytest.mark.parametrize("name", ["003_beans_last_column", "033_parity_nll"])
def test_the_first_fix_makes_a_program_print_what_its_twin_prints(name, tmp_path):
    case = Path(shutil.copytree(HERE / "cases" / name, tmp_path / name))
    assert score.score_case(case, "check", fixes=True).fix is True
