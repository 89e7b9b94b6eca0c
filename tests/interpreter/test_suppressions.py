"""Comments that silence findings, and those that do not."""

from __future__ import annotations

import pytest

from snugly.interpreter.entry import follow
from snugly.interpreter.modules import Program

BROKEN = """import torch
import torch.nn.functional as F
note = "# snugly: ignore"
loss = F.mse_loss(torch.randn(8, 1), torch.randn(8)){comment}
"""


def found(tmp_path, comment):
    path = tmp_path / "program.py"
    path.write_text(BROKEN.format(comment=comment))
    program = Program(tmp_path, tmp_path)
    events = follow(program, program.read(path)).events
    return [finding.code for finding in events.distinct()], [finding.code for finding in events.suppressed]


def test_without_a_comment_it_is_told(tmp_path):
    told, silenced = found(tmp_path, "")
    assert told
    assert not silenced


@pytest.mark.parametrize(
    "comment",
    [
        "  # snugly: ignore",
        "  # snugly: ignore[{code}]",
        "  # noqa: {code}",
        "  # noqa: E501, {code}",
        "  # snugly: ignore[SNG4]",
    ],
)
def test_a_comment_silences_it(tmp_path, comment):
    code = found(tmp_path, "")[0][0]
    told, silenced = found(tmp_path, comment.format(code=code))
    assert not told
    assert silenced == [code]


@pytest.mark.parametrize(
    "comment", ["  # noqa", "  # noqa: E501", "  # snugly: ignore[SNG999]", "  # snugly is nice", "\n# snugly: ignore"]
)
def test_another_comment_does_not(tmp_path, comment):
    assert found(tmp_path, comment)[0]
