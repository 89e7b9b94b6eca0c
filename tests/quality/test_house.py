"""The promises about the source itself that no linter keeps."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "src" / "snugly").rglob("*.py"))
HEAVY = {"torch", "numpy", "rich", "libcst", "cyclopts", "IPython"}


def _name(path):
    return str(path.relative_to(ROOT / "src" / "snugly"))


def _imported_with_the_module(tree):
    """Yield the top-level packages that are imported when the module is, type checking aside."""
    waiting = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
        waiting += ast.iter_child_nodes(node)


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_can_be_held_in_the_head(path):
    assert len(path.read_text().splitlines()) <= 500


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_says_what_lives_in_it(path):
    said = ast.get_docstring(ast.parse(path.read_text())) or ""
    assert said.partition("\n\n")[0].endswith((".", ":", "?")), said


@pytest.mark.parametrize("path", [m for m in MODULES if m.name != "app.py"], ids=_name)
def test_nothing_heavy_is_imported_with_a_module(path):
    assert not HEAVY & set(_imported_with_the_module(ast.parse(path.read_text())))


def test_the_test_of_imports_sees_an_import():
    seen = set(_imported_with_the_module(ast.parse("try:\n  import torch.nn\nexcept ImportError: pass")))
    assert seen & HEAVY == {"torch"}


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_nothing_is_left_for_later(path):
    text = path.read_text()
    raised = [node.exc for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Raise)]
    types = [error.func if isinstance(error, ast.Call) else error for error in raised]
    assert not re.search(r"\b(?:TODO|FIXME|XXX|HACK)\b", text)
    assert "NotImplementedError" not in [getattr(kind, "id", None) for kind in types]


def test_every_public_name_is_there_and_documented():
    program = (
        "import snugly\n"
        "for name in snugly.__all__:\n"
        "    assert getattr(snugly, name).__doc__, name\n"
        "assert set(snugly.__all__) <= set(dir(snugly))\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
