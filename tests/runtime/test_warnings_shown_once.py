from __future__ import annotations

import subprocess
import sys

LOOP = """\
import torch
import torch.nn.functional as F

for step in range(4):
    for size in (3, 4, 5):
        F.mse_loss(torch.rand(size, 1), torch.rand(size))
"""


def test_a_warning_of_torch_is_shown_as_often_as_without_snugly(tmp_path):
    (tmp_path / "loop.py").write_text(LOOP)
    shown = []
    for command in (["loop.py"], ["-m", "snugly", "run", "loop.py"]):
        done = subprocess.run(
            [sys.executable, *command], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120
        )
        shown.append(done.stderr.count("UserWarning"))
    assert shown[0] == shown[1]
