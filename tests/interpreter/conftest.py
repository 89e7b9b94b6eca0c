from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest

from snugly.interpreter.entry import follow
from snugly.interpreter.modules import Program
from snugly.interpreter.sources import parse

sys.path.insert(0, str(Path(__file__).parent))  # for covering


@pytest.fixture
def machine_of():
    """Follow a text and return the machine."""

    def follow_text(text, root=None):
        program = Program(root)
        return follow(program, parse(textwrap.dedent(text), "program.py"))

    return follow_text


@pytest.fixture
def names_of(machine_of):
    """Follow a text and return what its top level binds."""

    def names(text, root=None):
        return machine_of(text, root).program.modules["program.py"].names

    return names


@pytest.fixture
def shapes_of(names_of):
    """Follow a text and return the tensors that its top level binds, in the notation."""

    def shapes(text):
        from snugly.facts.tensors import TensorFacts

        return {name: str(value) for name, value in names_of(text).items() if isinstance(value, TensorFacts)}

    return shapes
