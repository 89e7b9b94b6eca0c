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


def unused(tmp_path, line, head=""):
    path = tmp_path / "program.py"
    path.write_text(f"import torch\nimport torch.nn.functional as F\n{head}{line}\n")
    program = Program(tmp_path, tmp_path)
    found = [each for each in follow(program, program.read(path)).events.distinct() if each.code == "SNG001"]
    return [(each.details["unknown"], each.details["idle"], each.fixes[0].edits[0].text) for each in found]


FITS = "loss = F.mse_loss(torch.randn(8), torch.randn(8))"
MISFITS = "loss = F.mse_loss(torch.randn(8, 1), torch.randn(8))"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f"{FITS}  # snugly: ignore[SNG401]", ([], ["SNG401"], "")),
        (f"{FITS}  # noqa: E501, SNG401", ([], ["SNG401"], "# noqa: E501")),
        (f"{MISFITS}  # snugly: ignore[SNG401, SNG103]", ([], ["SNG103"], "# snugly: ignore[SNG401]")),
        (f"{MISFITS}  # snugly: ignore[SNG401, SNG999]  why", (["SNG999"], [], "# snugly: ignore[SNG401]")),
        (f"{FITS}  # snugly: ignore[SNG401]  why", ([], ["SNG401"], "#")),
        ("import os  # snugly: ignore", ([], [], "")),
    ],
)
def test_a_comment_that_silences_nothing_is_told(tmp_path, line, told):
    assert unused(tmp_path, line) == [told]


@pytest.mark.parametrize(
    "line",
    [
        f"{MISFITS}  # snugly: ignore[SNG4]",
        f"{FITS}  # snugly: ignore",
        f"{FITS}  # snugly: ignore[SNG301]",
        f"{FITS}  # noqa: E501",
        f"{FITS}  # noqa: SNG401, SNG001",
        "def f(a, b):\n    return F.mse_loss(a, b)  # snugly: ignore[SNG401]",
        "print(torch.load('x'))  # snugly: ignore[SNG801]",
    ],
)
def test_a_comment_that_may_silence_something_is_not_told(tmp_path, line):
    assert unused(tmp_path, line) == []


def test_a_comment_that_another_file_needs_is_not_told(tmp_path):
    from snugly.surfaces.checking import check

    head = "import torch.nn.functional as F\nimport torch\n"
    (tmp_path / "losses.py").write_text(f"""{head}
def loss(a=None):
    b = torch.randn(8)
    c = torch.randn(8) if a is None else a
    return F.mse_loss(c, b)  # snugly: ignore[SNG401]


loss()
""")
    (tmp_path / "train.py").write_text(f"{head}from losses import loss\nloss(torch.randn(8, 1))\n")
    assert [each.code for each in check(tmp_path / "losses.py").findings] == ["SNG001"]
    report = check(tmp_path)
    assert report.findings == ()
    assert report.suppressed == 1
