"""Realistic training programs: nothing is found in them, and what is said of their losses is true.

The line of a loss states the true shapes: ``# input float32[N, 10], target int64[N]``.
"""

import functools
import re
import runpy
import sys
from pathlib import Path

import pytest

from snugly.facts import dims
from snugly.facts.notation import parse as parse_facts
from snugly.interpreter.entry import follow
from snugly.interpreter.modules import Program
from snugly.interpreter.sources import parse

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.py"))
OUTSIDE = {"torchvision", "gymnasium", "sklearn", "pandas", "tqdm", "lightning"}
STATED = re.compile(r"(\w+) (\w+\[[^\]]*\])")


def stated(text):
    """Return the facts that the lines of a program state, by line and argument."""
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        for name, facts in STATED.findall(line.rpartition("# ")[2] if "# input" in line else ""):
            found[number, name] = parse_facts(facts)
    return found


@functools.cache
def followed(path):
    program = Program(path.parent)
    return follow(program, parse(path.read_bytes(), path.name))


def losses(machine, path):
    """Return what is said of each stated argument, each time that the loss is met."""
    text = path.read_text()
    said = {key: [] for key in stated(text)}
    for record in machine.events.losses:
        line = record.place.line if record.place else 0
        for name, facts in record.arguments.items():
            if (line, name) in said:
                said[line, name].append(facts)
    return said


def contradicts(facts, truth):
    """Tell whether facts cannot be those of a tensor of the true shape, whose symbols can have any size."""
    if facts.dtype is not None and facts.dtype != truth.dtype:
        return True
    if facts.shape is None:
        return False
    if len(facts.shape) != len(truth.shape):
        return True
    return any(
        size is not None and isinstance(true, int) and dims.same(size, true) is False
        for size, true in zip(facts.shape, truth.shape, strict=True)
    )


def is_known(facts):
    return facts.shape is not None and None not in facts.shape and facts.dtype is not None


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_correct_program_has_no_finding_and_nothing_wrong_is_said_of_its_losses(path):
    machine = followed(path)
    assert machine.events.distinct() == ()
    truths = stated(path.read_text())
    assert truths
    wrong = [
        f"line {line}: {name} is {truths[line, name]}, said to be {facts}"
        for (line, name), said in losses(machine, path).items()
        for facts in said
        if contradicts(facts, truths[line, name])
    ]
    assert wrong == []


def test_most_shapes_at_losses_are_known():
    known, unknown = 0, []
    for path in CORPUS:
        for (line, name), said in losses(followed(path), path).items():
            if said and all(is_known(facts) for facts in said):
                known += 1
            else:
                unknown.append(f"{path.name}:{line} {name}: {[str(facts) for facts in said[:2]]}")
    assert known / (known + len(unknown)) >= 0.85, unknown


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_program_of_the_corpus_runs(path, monkeypatch, tmp_path):
    if OUTSIDE & set(re.findall(r"^(?:from|import) (\w+)", path.read_text(), re.MULTILINE)):
        pytest.skip("it needs a data set or a library that is not installed here")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [path.name])
    runpy.run_path(str(path), run_name="__main__")
