"""Correct programs that look like faults: nothing in them is reported, and torch runs them without a warning."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pytest

from snugly.surfaces.checking import check_text

sys.path.insert(0, str(Path(__file__).parent))
from test_pages_with_torch import run

PROGRAMS = {path.stem: path.read_text() for path in sorted((Path(__file__).parent / "silent").glob("*.py"))}


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_is_reported(name):
    assert check_text(PROGRAMS[name], f"{name}.py").findings == ()


@pytest.mark.parametrize("name", PROGRAMS)
def test_torch_runs_it(name):
    pytest.importorskip("torch")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run(PROGRAMS[name]) is None
