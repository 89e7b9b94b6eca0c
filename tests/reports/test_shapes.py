from __future__ import annotations

import json

from snugly.facts.dims import symbol
from snugly.facts.notation import parse
from snugly.facts.tensors import TensorFacts
from snugly.reports.shapes import NotKnown, ShapesReport, Shown, ShownLoss

TEXT = """\
x = x.flatten(1)
y = model(x)
loss = criterion(y, labels)
"""

N = symbol("N", 1, 32)
REPORT = ShapesReport(
    "train.py",
    TEXT,
    lines=(
        Shown(1, "x", TensorFacts((N, 800), "float32")),
        Shown(1, "x", TensorFacts((N, 800), "float32")),
        Shown(1, "x", TensorFacts((7, 800), "float32")),
        Shown(2, "y", TensorFacts()),
    ),
    losses=(
        ShownLoss(3, "torch.nn.functional.cross_entropy", {"input": parse("?[?, 10]"), "target": parse("int64[4]")}),
    ),
    unknown=(NotKnown(2, "model", "not followed"),),
)


def test_shapes_stand_beside_their_lines():
    assert str(REPORT) == (
        "1 | x = x.flatten(1)             x float32[N, 800]\n"
        "  |                              x float32[7, 800]\n"
        "2 | y = model(x)\n"
        "3 | loss = criterion(y, labels)  cross_entropy: input ?[?, 10], target int64[4]\n"
        "\n"
        "1 loss call, 0 with every shape known; 1 place not followed.\n"
    )


def test_json_is_the_documented_format():
    assert json.loads(REPORT.to_json()) == {
        "version": 1,
        "losses": [
            {
                "line": 3,
                "loss": "torch.nn.functional.cross_entropy",
                "input": {"shape": [None, 10], "dtype": None},
                "target": {"shape": [4], "dtype": "int64"},
                "weight": None,
            }
        ],
        "lines": [
            {"line": 1, "name": "x", "shape": ["N", 800], "dtype": "float32"},
            {"line": 1, "name": "x", "shape": [7, 800], "dtype": "float32"},
            {"line": 2, "name": "y", "shape": None, "dtype": None},
        ],
        "unknown": [{"line": 2, "operation": "model", "reason": "not followed"}],
    }
