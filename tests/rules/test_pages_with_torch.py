"""torch itself runs the programs of the pages: it raises what the report says, and takes the program once it is fixed."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pytest

from snugly.edits.applying import apply_edits

sys.path.insert(0, str(Path(__file__).parent))
from rule_pages import COMMENT, checked, pages

PAGES = {page.code: page for page in pages() if page.block("python")}
# What torch does with these is undefined, or depends on the elements that the program draws.
NOT_RUN = {"SNG310": "memory corruption", "SNG510": "raises for some draws only"}


def run(program: str) -> Exception | None:
    """Run a program, with the backward pass of what it calls ``loss``, and return what it raises."""
    names: dict[str, object] = {"__name__": "__main__"}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(compile(program, "train.py", "exec"), names)
            loss = names.get("loss")
            if getattr(loss, "requires_grad", False) and loss.dim() == 0:
                loss.backward()
    except Exception as error:
        return error
    return None


@pytest.fixture(autouse=True)
def _seeded():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    torch.set_num_threads(1)


@pytest.mark.parametrize("code", PAGES)
def test_torch_raises_what_the_report_says(code):
    if code in NOT_RUN:
        pytest.skip(NOT_RUN[code])
    (finding,) = checked(PAGES[code].bad).findings
    error = run(PAGES[code].bad)
    if finding.raises is None:
        assert error is None
    else:
        assert (type(error).__name__, str(error).partition("\n")[0]) == (
            finding.raises.type,
            finding.raises.message.partition("\n")[0],
        )


@pytest.mark.parametrize("code", PAGES)
def test_torch_takes_the_program_without_the_fault(code):
    assert run(PAGES[code].good) is None


@pytest.mark.parametrize("code", PAGES)
def test_torch_takes_the_program_with_every_fix(code):
    program = COMMENT.sub("", PAGES[code].bad)
    (finding,) = checked(program).findings
    for fix in finding.fixes:
        if not fix.edits:
            continue
        fixed = apply_edits(program, fix.edits)
        assert fixed is not None
        error = run(fixed)
        assert error is None, f"{fix.title}: {error}"
