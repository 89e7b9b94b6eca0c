"""The source of a running program, read with its real command line."""

from __future__ import annotations

from snugly.runtime.source import source_findings

PROGRAM = """\
import argparse
import torch
from torch.nn import functional as F

parser = argparse.ArgumentParser()
parser.add_argument("--classes", type=int, default=3)
options = parser.parse_args()
F.cross_entropy(torch.randn(4, options.classes), torch.zeros(4, 5))
"""


def test_the_command_line_decides(tmp_path):
    script = tmp_path / "train.py"
    script.write_text(PROGRAM)
    assert [str(finding.facts["input"]) for finding in source_findings(str(script))] == ["float32[4, 3]"]
    assert [str(finding.facts["input"]) for finding in source_findings(str(script), ["--classes", "7"])] == [
        "float32[4, 7]"
    ]
    assert source_findings(str(script), ["--classes=5"]) == ()


def test_what_cannot_be_followed_tells_nothing(tmp_path):
    script = tmp_path / "train.py"
    script.write_text("x = (\n")
    assert source_findings(str(script)) == ()
    assert source_findings(str(tmp_path / "none.py")) == ()
