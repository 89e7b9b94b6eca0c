"""The plugin in a real pytest of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

SOURCE = str(Path(__file__).parents[2] / "src")
TESTS = """\
import pytest, torch
from torch.nn import functional as F

pytestmark = pytest.mark.filterwarnings("ignore:Using a target size")

def broadcast():
    return F.mse_loss(torch.ones(4, 1), torch.ones(4))

def test_plain():
    broadcast()

@pytest.mark.snugly
def test_marked():
    broadcast()

@pytest.mark.snugly(ignore=["SNG401"])
def test_ignored():
    broadcast()

@pytest.mark.snugly(enabled=False)
def test_disabled():
    broadcast()

def test_fixture(snugly_guard):
    broadcast()
    assert [finding.code for finding in snugly_guard.findings] == ["SNG401"]

def test_fits():
    F.mse_loss(torch.ones(4), torch.ones(4))
"""


def outcomes(folder, *arguments):
    (folder / "test_it.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-p", "snugly.surfaces.pytest_plugin", "-rA", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=120,
        env={"PYTHONPATH": SOURCE, "OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )  # fmt: skip
    words = [line.split() for line in done.stdout.splitlines() if line.startswith(("PASSED", "FAILED"))]
    return {word[1].rpartition("::")[2] for word in words if word[0] == "FAILED"}, done.stdout


def test_only_what_is_marked_is_watched_without_the_option(tmp_path):
    failed, shown = outcomes(tmp_path)
    assert failed == {"test_marked"}, shown
    assert "SNG401" in shown


def test_the_option_and_the_ini_value_watch_every_test(tmp_path):
    failed, shown = outcomes(tmp_path, "--snugly")
    assert failed == {"test_plain", "test_marked"}, shown
    (tmp_path / "pytest.ini").write_text("[pytest]\nsnugly = true\n")
    assert outcomes(tmp_path)[0] == {"test_plain", "test_marked"}


def installed():
    """Tell whether this checkout is installed, as ``make test`` does: pytest finds the plugin by its entry point."""
    try:
        return any(
            each.name == "snugly" for each in metadata.distribution("snugly").entry_points.select(group="pytest11")
        )
    except metadata.PackageNotFoundError:
        return False


@pytest.mark.skipif(not installed(), reason="snugly is on the path and not installed")
def test_an_installed_snugly_is_found_by_pytest_itself(tmp_path):
    (tmp_path / "test_it.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-rA", "-p", "no:cacheprovider"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHONPATH", "PYTEST"))}
    helped = subprocess.run(
        [*command, "--help"], cwd=tmp_path, capture_output=True, text=True, check=True, env=environment
    )
    assert "fail tests whose tensors do not fit a loss" in helped.stdout
    done = subprocess.run(
        [*command, "--snugly"], cwd=tmp_path, capture_output=True, text=True, check=False, env=environment
    )
    failed = {line.split()[1].rpartition("::")[2] for line in done.stdout.splitlines() if line.startswith("FAILED")}
    assert failed == {"test_plain", "test_marked"}, done.stdout
    assert "MisfitError" in done.stdout
