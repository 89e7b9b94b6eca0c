"""Programs as people write them: the finding, the place to change, and what torch says before and after every fix."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from pathlib import Path

import pytest

from snugly.edits.applying import apply_edits
from snugly.surfaces.checking import check_text

sys.path.insert(0, str(Path(__file__).parent))
from test_pages_with_torch import run

PROGRAMS = {path.stem: path.read_text() for path in sorted((Path(__file__).parent / "programs").glob("*.py"))}
MARK = re.compile(r"# (?P<code>SNG\d+)$")


def marks(program: str) -> set[tuple[str, int]]:
    found = ((MARK.search(line), number) for number, line in enumerate(program.splitlines(), start=1))
    return {(match["code"], number) for match, number in found if match is not None}


@pytest.fixture(autouse=True)
def _seeded():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    torch.set_num_threads(1)


@pytest.mark.parametrize("name", PROGRAMS)
def test_program_has_the_finding_that_it_names_and_no_other(name):
    findings = check_text(PROGRAMS[name], f"{name}.py").findings
    assert {(finding.code, finding.line) for finding in findings} == marks(PROGRAMS[name])


@pytest.mark.parametrize("name", [name for name, program in PROGRAMS.items() if "# cause\n" in program])
def test_cause_is_the_line_to_change_first(name):
    (finding,) = check_text(PROGRAMS[name], f"{name}.py").findings
    assert PROGRAMS[name].splitlines()[finding.cause.line - 1].endswith("# cause")


@pytest.mark.parametrize("name", PROGRAMS)
def test_torch_raises_where_the_finding_says_so(name):
    (finding,) = check_text(PROGRAMS[name], f"{name}.py").findings
    error = run(PROGRAMS[name])
    if finding.raises is not None:
        assert type(error).__name__ == finding.raises.type
    elif finding.severity == "error":
        assert error is None or finding.code == "SNG301"


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_fix_parses_leaves_nothing_to_find_and_runs_without_a_warning(name):
    program = PROGRAMS[name]
    (finding,) = check_text(program, f"{name}.py").findings
    assert finding.fixes
    for fix in finding.fixes:
        if not fix.edits:
            continue
        fixed = apply_edits(program, fix.edits)
        assert fixed is not None
        ast.parse(fixed)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            error = run(fixed)
        assert error is None, f"{fix.title}: {error}"


@pytest.mark.parametrize("name", PROGRAMS)
def test_first_fix_leaves_nothing_to_find(name):
    program = PROGRAMS[name]
    (finding,) = check_text(program, f"{name}.py").findings
    fixed = apply_edits(program, finding.fixes[0].edits)
    assert check_text(fixed, f"{name}.py").findings == ()
