from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from cyclopts import App, CycloptsError, Parameter
from hypothesis import given, settings
from hypothesis import strategies as st

from snugly.reports.writing import OutputFormat
from snugly.rules.registry import rules
from snugly.surfaces.cli.app import build
from snugly.surfaces.cli.commands import COMMANDS
from snugly.surfaces.cli.direct import delimit, read
from snugly.surfaces.cli.main import main

TOKENS = [
    "a.py", "b", "-", "--", "-x", "", "7", "--fix", "--fix=1", "--no-fix", "--select", "--select=SNG1", "SNG2,SNG3",
    "--output-format", "--output-format=json", "json", "sarif", "bogus", "--output-file", "--jobs", "--jobs=3", "--lr=-1",
]  # fmt: skip


def checks(
    *paths: str,
    select: tuple[str, ...] = (),
    fix: bool = False,
    jobs: int | None = None,
    output_file: str | None = None,
    output_format: OutputFormat = OutputFormat.FULL,
) -> int:
    return len(paths) + fix + bool(select or jobs or output_file or output_format)


def runs(script: str, /, *arguments: str, output_file: str | None = None, fix: bool = False) -> int:
    return len((script, *arguments)) + bool(output_file or fix)


def fits(loss: str, tensor: str = "", /, *, weight: str | None = None) -> int:
    return bool(loss or tensor or weight)


def takes_any(loss: str, /, *tensors: str, fix: bool = False, **options: str) -> int:
    return len((loss, *tensors)) + bool(fix or options)


def reads_of_cyclopts(function, tokens):
    """Return what cyclopts reads; it takes ``-`` for an option, so a word stands in for it."""
    tokens = [{"-": "dash", "dash": "-"}.get(token, token) for token in tokens]
    app = App(default_parameter=Parameter(negative=()), exit_on_error=False, print_error=False)
    app.default(function)
    try:
        _, bound, _ = app.parse_args(list(tokens), exit_on_error=False, print_error=False)
    except CycloptsError:
        return None
    return tuple({"dash": "-"}.get(token, token) for token in bound.args), bound.kwargs


def run(*tokens, **options):
    return subprocess.run(
        [sys.executable, "-m", "snugly", *tokens], capture_output=True, text=True, check=False, **options
    )


@pytest.mark.parametrize("function", [checks, fits, takes_any])
@given(tokens=st.lists(st.sampled_from(TOKENS), max_size=6))
@settings(max_examples=150, deadline=None)
def test_a_direct_reading_equals_that_of_cyclopts(function, tokens):
    reading = read(function, tokens)
    if reading is not None:
        assert (tuple(reading.args), reading.kwargs) == reads_of_cyclopts(function, tokens)


@given(tokens=st.lists(st.sampled_from(TOKENS), max_size=6))
@settings(max_examples=150, deadline=None)
def test_a_script_keeps_its_arguments(tokens):
    reading = read(runs, tokens, passes_on=True)
    if reading is not None:
        assert (tuple(reading.args), reading.kwargs) == reads_of_cyclopts(runs, delimit(runs, tokens))


def test_options_after_the_script_are_the_scripts():
    reading = read(runs, ["--output-file", "o", "train.py", "--output-file", "x", "-v"], passes_on=True)
    assert reading.args == ["train.py", "--output-file", "x", "-v"]
    assert reading.kwargs == {"output_file": "o"}


def test_plain_command_lines_are_read_directly():
    reading = read(checks, ["a.py", "--select=SNG1", "--output-format", "json", "b.py", "--select", "SNG2", "--fix"])
    assert reading.args == ["a.py", "b.py"]
    assert reading.kwargs == {"select": ("SNG1", "SNG2"), "output_format": OutputFormat.JSON, "fix": True}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_loads_and_has_help(name):
    assert COMMANDS[name].load().__doc__
    assert build()[name].help
    done = run(name, "--help")
    assert done.returncode == 0
    assert "Usage: snugly" in done.stdout


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        (["bogus"], 'Unknown command "bogus"'),
        (["rule", "--bogus"], "see: snugly rule --help"),
        (["rule"], "which rule?"),
        (["rule", "SNG999"], "there is no rule 'SNG999'"),
    ],
)
def test_bad_input_is_told_in_a_line_and_exits_with_two(tokens, said, capsys):
    assert main(tokens) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert "Traceback" not in err


def test_a_reader_that_goes_away_is_no_error():
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone:
        done = subprocess.run(
            [sys.executable, "-m", "snugly", "--help"], stdout=gone, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.stderr == ""
    assert done.returncode != 0


def test_interrupt_exits_with_130(tmp_path):
    waits = (
        "import sys; from snugly.surfaces.cli import main as m; m._run = lambda *_: input(); sys.exit(m.main(['rule']))"
    )
    child = subprocess.Popen(
        # a test run in the background may have been started with interrupts ignored, and its children inherit that
        [sys.executable, "-c", f"import signal; signal.signal(2, signal.default_int_handler); print(flush=True); {waits}"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    child.stdout.readline()
    for _ in range(100):
        try:
            child.wait(0.3)
            break
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGINT)
    child.kill()
    _, err = child.communicate()
    assert child.returncode == 130
    assert err == b""


def test_the_list_of_rules_names_every_rule(capsys):
    assert main(["rule", "--all"]) == 0
    listed = [line.split()[:2] for line in capsys.readouterr().out.splitlines()]
    assert listed == [[known.code, known.name] for known in rules()]


@pytest.mark.parametrize("known", rules(), ids=lambda known: known.code)
def test_a_rule_is_shown_by_code_and_by_name(known, capsys):
    assert main(["rule", known.code.lower()]) == 0
    by_code = capsys.readouterr().out
    assert main(["rule", known.name]) == 0
    assert capsys.readouterr().out == by_code
    assert known.code in by_code
    assert known.name in by_code


def test_importing_snugly_imports_nothing_heavy():
    program = (
        "import sys, snugly; from snugly.surfaces.cli.main import main; main(['rule', '--all']); "
        "print(sorted({'torch', 'numpy', 'rich', 'libcst', 'cyclopts'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"
