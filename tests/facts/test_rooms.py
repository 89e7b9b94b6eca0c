"""Rooms: what their modules declare is found through the index, and without it, alike."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import snugly

SOURCE = Path(snugly.__file__).parent

EVERYTHING = """
import json
from snugly.contracts.contract import CONTRACTS
from snugly.library import registry as library
from snugly.operations import registry as operations
from snugly.rules import registry as rules

tables = [operations._FUNCTIONS, rules._CHECKS, library.FUNCTIONS, library.MODELS, library.CONSTANTS, CONTRACTS]
notes = {
    "aliases": sorted(library.ALIASES.items()),
    "quiet": sorted(library.QUIET),
    "rules": [
        [sorted(field) if isinstance(field, frozenset) else field for field in map(rule.__getattribute__, rule.__slots__)]
        for rule in rules.rules()
    ],
}
print(json.dumps([{name: str(type(table[name])) for name in sorted(table)} for table in tables] + [notes]))
"""


@pytest.fixture
def copy(tmp_path):
    """A copy of the sources, so that a test may change them."""
    shutil.copytree(SOURCE, tmp_path / "snugly", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def run(folder: Path, program: str, *, bytecode: bool = True) -> str:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    flags = [] if bytecode else ["-B"]
    done = subprocess.run(
        [sys.executable, *flags, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def indices(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.index"))


def test_the_index_says_what_the_modules_declare(copy):
    made = run(copy, EVERYTHING)
    kept = indices(copy)
    assert [file.parents[1].name for file in kept] == ["contracts", "library", "operations", "rules"]
    before = [file.stat().st_mtime_ns for file in kept]
    assert run(copy, EVERYTHING) == made
    assert [file.stat().st_mtime_ns for file in kept] == before
    operations, checks, functions, *_ = json.loads(made)
    assert len(operations) > 1300
    assert len(checks) > 45
    assert len(functions) > 1400


def test_without_a_place_for_the_index_nothing_is_kept_and_all_is_found(copy):
    without = run(copy, EVERYTHING, bytecode=False)
    assert indices(copy) == []
    assert without == run(copy, EVERYTHING)


def test_only_the_module_that_declares_a_name_is_imported(copy):
    program = (
        "import sys; from snugly.operations.registry import lookup; assert lookup('torch.fft.fft').name == 'torch.fft.fft'; "
        "print('snugly.operations.fourier' in sys.modules, 'snugly.operations.vision' in sys.modules)"
    )
    run(copy, program)
    assert run(copy, program) == "True False\n"


def test_an_operation_that_is_added_is_found_at_once(copy):
    program = "from snugly.operations.registry import lookup; print(lookup('torch.brand_new') is not None)"
    assert run(copy, program) == "False\n"
    (copy / "snugly" / "operations" / "brand.py").write_text(
        "from snugly.operations.registry import operation\n\n@operation('torch.brand_new')\ndef brand_new(input):\n    return input\n"
    )
    assert run(copy, program) == "True\n"
    (copy / "snugly" / "operations" / "brand.py").unlink()
    assert run(copy, program) == "False\n"


@pytest.mark.parametrize("damage", [b"", b"not an index", b"\xe9\x00\x00\x00\x00"])
def test_a_damaged_index_is_made_anew(copy, damage):
    program = "from snugly.operations.registry import lookup; print(lookup('torch.relu').name)"
    expected = run(copy, program)
    (index,) = indices(copy)
    assert index.parent.parent.name == "operations"
    whole = index.read_bytes()
    index.write_bytes(damage)
    assert run(copy, program) == expected
    assert index.read_bytes() == whole


def test_a_name_is_declared_by_one_module():
    from snugly.operations.registry import lookup, operation

    assert lookup("torch.relu") is not None
    with pytest.raises(ValueError, match=r"torch\.relu is declared by both snugly\.operations\.activations and"):
        operation("torch.relu")(lambda input: input)


def test_threads_that_ask_at_once_all_find(copy):
    program = """
import threading
from snugly.operations.registry import lookup

begin, found = threading.Barrier(8), []

def ask(name):
    begin.wait()
    found.append(lookup(name) is not None)

names = ["torch.relu", "torch.Tensor.view", "torch.fft.fft", "torch.cat", "torch.matmul", "torch.arange", "torch.sum", "torch.eq"]
threads = [threading.Thread(target=ask, args=(name,)) for name in names]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(60)
print(found)
"""
    expected = f"{[True] * 8}\n"
    assert run(copy, program) == expected  # the index is made
    assert run(copy, program) == expected  # the index is read
