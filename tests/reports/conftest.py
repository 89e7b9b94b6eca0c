"""A report with everything in it, about a small program on disk."""

from __future__ import annotations

import pytest

from snugly.contracts.calls import Raises
from snugly.facts.notation import parse
from snugly.facts.origins import Place, Source
from snugly.reports.report import Report
from snugly.rules.findings import Applicability, Edit, Finding, Fix, OriginStep, Proof, Severity

TRAIN = """\
import torch.nn.functional as F

for xb, yb in loader:
    loss = F.cross_entropy(model(xb), yb)
    loss.backward()
"""

DATA = """\
rows = read()
y = torch.tensor(rows)
y = y.unsqueeze(0)
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(TRAIN)
    (tmp_path / "data.py").write_text(DATA)
    return tmp_path


@pytest.fixture
def finding(program):
    train, data = str(program / "train.py"), "data.py"
    unsqueeze = Place(data, 3, 1, 3, 19)
    return Finding(
        code="SNG101",
        name="batch-size-mismatch",
        severity=Severity.ERROR,
        message="cross_entropy takes one target for each of the 32 rows of input, and the target has 1 row of 32.",
        place=Place(train, 4, 12, 4, 42),
        loss="torch.nn.functional.cross_entropy",
        facts={"input": parse("float32[32, 10]"), "target": parse("int64[1, 32]"), "weight": parse("float32[C]")},
        raises=Raises("ValueError", "forward", "Expected input batch_size (32) to match target batch_size (1)."),
        origin=(
            OriginStep(Place(data, 2, 1, 2, 23), "y = torch.tensor(rows)", "target", parse("int64[32]")),
            OriginStep(unsqueeze, "y = y.unsqueeze(0)", "target", parse("int64[1, 32]")),
        ),
        cause=unsqueeze,
        fixes=(
            Fix(
                "Leave the target one-dimensional.",
                Applicability.SAFE,
                (Edit(unsqueeze, "y = y"),),
                "--- data.py\n+++ data.py\n@@ -2,2 +2,2 @@\n y = torch.tensor(rows)\n-y = y.unsqueeze(0)\n+y = y\n",
                Proof("every batch size from 1 to 32", "forward and backward at 1, 2, 32"),
            ),
            Fix("Drop the axis at the loss: yb.squeeze(0)", Applicability.UNSAFE),
        ),
        argument="target",
        sources={
            "input": Source(Place(train, 4, 28, 4, 37), "model(xb)"),
            "target": Source(Place(train, 4, 39, 4, 41), "yb"),
        },
    )


@pytest.fixture
def report(finding):
    return Report(findings=(finding,), files=("train.py", "data.py"), losses=1)
