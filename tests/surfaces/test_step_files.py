"""``FILE:NAME``: what is said about a file that gives no step, and where a finding of a step stands."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from snugly.runtime.frames import is_user_file
from snugly.surfaces.step_files import StepFileError, preflight_file

STEP = """from torch import nn, randn
from torch.utils.data import DataLoader, TensorDataset


def make_step():
    model = nn.Sequential(nn.Linear(6, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
    return model, nn.MSELoss(), DataLoader(TensorDataset(randn(9, 6), randn(9, 1)), batch_size=4)
"""


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        (STEP, "step", "has no function step; it has make_step"),
        ("x = 1\n", "step", "has no function step; it has none"),
        ("def f(:\n", "f", "step_file.py:1: invalid syntax"),
        ("x = '\0'\n", "f", "step_file.py: source code string cannot contain null bytes"),
    ],
)
def test_what_gives_no_step_is_said(tmp_path, text, name, message):
    file = tmp_path / "step_file.py"
    file.write_text(text)
    with pytest.raises(StepFileError) as caught:
        preflight_file(f"{file}:{name}")
    assert message in str(caught.value)


def test_a_fault_inside_torch_stands_at_the_function_that_makes_the_step(tmp_path):
    file = tmp_path / "step_file.py"
    file.write_text(STEP)
    command = [sys.executable, "-m", "snugly", "preflight", f"{file}:make_step", "--output-format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    (finding,) = json.loads(done.stdout)["findings"]
    assert finding["name"] == "step-fails-at-batch-size"
    assert (finding["file"], finding["line"]) == (str(file), 5)


def test_an_installed_command_is_no_file_of_the_users():
    scripts = Path(sysconfig.get_path("scripts"))
    assert not is_user_file(str(scripts / "pytest"))
    assert is_user_file(str(scripts / "train.py"))
