"""Imports end in time: files with few steps in each are parsed only as long as the time for imports lasts."""

from __future__ import annotations

from types import SimpleNamespace

from snugly.interpreter import budget, modules
from snugly.interpreter.entry import follow
from snugly.interpreter.modules import Program
from snugly.interpreter.sources import parse

EACH = budget.IMPORTS / 2  # seconds for parsing one file


def test_no_further_file_is_parsed_once_the_time_for_imports_is_spent(tmp_path, monkeypatch):
    for number in range(20):
        (tmp_path / f"part{number}.py").write_text(f"import part{number + 1}\n")
    now, parsed = [0.0], []

    def slow(data, path):
        parsed.append(path)
        now[0] += EACH
        return parse(data, path)

    monkeypatch.setattr(budget, "time", SimpleNamespace(thread_time=lambda: now[0]))
    monkeypatch.setattr(modules, "parse", slow)
    follow(Program(str(tmp_path)), parse(b"import part0\nx = 1\n", str(tmp_path / "train.py")))
    assert 1 < len(parsed) <= 4
