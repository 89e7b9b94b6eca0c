"""Every command and every program shown in README and docs is run, and its output is compared."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def _sibling(name):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


markdown = _sibling("markdown")


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A copy of examples/ to run in, with the command ``snugly`` of this checkout on the path."""
    place = tmp_path / "examples"
    shutil.copytree(ROOT / "examples", place, ignore=shutil.ignore_patterns("__pycache__"))
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "python").symlink_to(sys.executable)
    command = tools / "snugly"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m snugly "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(place)
    return place


def shell():
    """Return a call that runs a command and returns what it prints; ``$?`` is the exit code of the one before."""
    code = 0

    def run(command):
        nonlocal code
        done = subprocess.run(
            ["bash", "-c", f"(exit {code}); {command}"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=120,
        )  # fmt: skip
        code = done.returncode
        return done.stdout

    return run


def _with(language):
    return [page for page in PAGES if any(b.language == language for b in markdown.blocks(page.read_text()))]


def _name(page):
    return page.stem


@pytest.mark.skipif("RENEW" not in os.environ, reason="`make pages` asks for it")
@pytest.mark.parametrize("page", _with("console"), ids=_name)
def test_renew(page, workplace):
    page.write_text(markdown.renewed(page.read_text(), shell()))


@pytest.mark.parametrize("page", _with("console"), ids=_name)
def test_every_command_prints_what_the_page_shows(page, workplace):
    for block in markdown.blocks(page.read_text()):
        if block.language == "python" and block.options:
            _write(block, workplace)
        if block.language != "console":
            continue
        run = shell()
        for command, expected in markdown.steps(block.text):
            printed = run(command)
            assert markdown.matches(expected, printed), (
                f"{page.name}:{block.line}: $ {command}\nshown:\n{expected}\nprinted:\n{printed}\n"
                "`make pages` writes what the commands print now"
            )


@pytest.mark.parametrize("page", _with("python"), ids=_name)
def test_every_program_runs(page, workplace):
    names = {"__name__": "page"}
    for block in markdown.blocks(page.read_text()):
        if block.language != "python":
            continue
        if block.options:
            _write(block, workplace)
            continue
        lines = "\n" * block.line + block.text
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns about what the pages are about
            exec(compile(lines, str(page), "exec"), names)


def _write(block, workplace):
    """Keep a program that the page names, as in ```python file=train.py```, for the commands that use it."""
    for option in block.options:
        key, _, name = option.partition("=")
        assert key == "file", f"unknown option {option}"
        (workplace / name).write_text(block.text)


def test_a_wrong_output_is_noticed():
    assert markdown.matches("a\n...\nd\n", "a\nb\nc\nd\n")
    assert not markdown.matches("a\nc\n", "a\nb\n")
    assert not markdown.matches("", "something\n")
    assert markdown.steps("$ one \\\n  two\nout\n$ three\n") == [("one two", "out\n"), ("three", "")]


def test_every_page_is_reachable_from_the_readme():
    readme = (ROOT / "README.md").read_text()
    for page in PAGES[1:]:
        assert f"docs/{page.name}" in readme, f"README does not link to docs/{page.name}"
