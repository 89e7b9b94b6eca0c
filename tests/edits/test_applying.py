from __future__ import annotations

import subprocess
import sys

import pytest

from snugly.edits.applying import apply_edits, fix
from snugly.facts.origins import Place
from snugly.rules.findings import Applicability, Edit, Finding, Fix, Severity
from snugly.surfaces.cli.main import main


def edit(line, start, end, text, file="p.py", end_line=None):
    return Edit(Place(file, line, start, end_line or line, end), text)


def finding(*edits, applicability=Applicability.SAFE):
    return Finding("SNG1", "n", Severity.ERROR, "m", fixes=(Fix("t", applicability, edits),))


@pytest.mark.parametrize(
    ("text", "edits", "expected"),
    [
        ("a = b\n", [edit(1, 5, 6, "c")], "a = c\n"),
        ("a = b\n", [edit(1, 6, 6, ".x"), edit(1, 5, 5, "-")], "a = -b.x\n"),
        ("a\r\nbc\r\n", [edit(2, 2, 3, "d")], "a\r\nbd\r\n"),
        ("é = ü\n", [edit(1, 5, 6, "ö")], "é = ö\n"),
        ("f(\n a,\n b)", [edit(1, 3, 2, "a", end_line=3)], "f(ab)"),
        ("ab", [edit(1, 1, 3, "x"), edit(1, 2, 3, "y")], None),
        ("ab", [edit(9, 1, 2, "x")], None),
    ],
)
def test_spans_are_replaced_and_nothing_else(text, edits, expected):
    assert apply_edits(text, edits) == expected


def test_a_fix_that_meets_another_or_breaks_the_file_is_left(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.py").write_text("x = y.squeeze()\n")
    good = finding(edit(1, 6, 16, ".squeeze(1)"))
    meets = finding(edit(1, 15, 16, "2)"))
    breaks = finding(edit(1, 1, 2, "("))
    fixed = fix([good, meets, breaks])
    assert fixed.after == {"p.py": "x = y.squeeze(1)\n"}
    assert (fixed.applied, fixed.left) == ([good], [meets, breaks])
    assert fixed.diff() == "--- p.py\n+++ p.py\n@@ -1 +1 @@\n-x = y.squeeze()\n+x = y.squeeze(1)\n"


def test_unsafe_fixes_wait_for_a_person(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.py").write_text("x = 1\n")
    careful = finding(edit(1, 5, 6, "2"), applicability=Applicability.UNSAFE)
    shown = finding(edit(1, 5, 6, "3"), applicability=Applicability.DISPLAY_ONLY)
    assert fix([careful, shown]).applied == []
    assert fix([careful, shown], unsafe=True).applied == [careful]


def test_encoding_and_line_ends_survive(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.py").write_bytes("# coding: latin-1\r\nx = 'é'\r\n".encode("latin-1"))
    fix([finding(edit(2, 5, 8, "'ü'"))]).write()
    assert (tmp_path / "p.py").read_bytes() == "# coding: latin-1\r\nx = 'ü'\r\n".encode("latin-1")
    (tmp_path / "q.py").write_bytes(b"\xef\xbb\xbfx = 1\n")
    fix([finding(edit(1, 5, 6, "2", file="q.py"))]).write()
    assert (tmp_path / "q.py").read_bytes() == b"\xef\xbb\xbfx = 2\n"


def test_a_fixed_program_checks_clean_and_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "train.py"
    text = (
        "import torch\nimport torch.nn.functional as F\n\nscores = torch.randn(32, 10)  # (N, C)\n"
        "labels = torch.randint(10, (32, 1))\nprint(F.cross_entropy(scores, labels).ndim)\n"
    )
    program.write_text(text)
    assert main(["check", "train.py", "--diff", "--unsafe-fixes"]) == 1
    assert capsys.readouterr().out.startswith("--- train.py\n+++ train.py\n")
    assert program.read_text() == text
    assert main(["check", "train.py", "--fix", "--unsafe-fixes"]) == 0
    out, err = capsys.readouterr()
    assert err == "Fixed 1 finding.\n"
    assert out.startswith("No misfit found")
    assert "# (N, C)" in program.read_text()
    done = subprocess.run([sys.executable, "train.py"], capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"
