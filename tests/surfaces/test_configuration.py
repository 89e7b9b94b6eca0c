"""``[tool.snugly]`` in pyproject.toml."""

from __future__ import annotations

import pytest

from snugly.surfaces.checking import check

BROKEN = """
import torch
from torch import nn

nn.CrossEntropyLoss()(torch.randn(8, 5), torch.randint(0, 5, (1, 8)))
"""


@pytest.fixture
def project(tmp_path):
    def make(settings: str, *files: str):
        (tmp_path / "pyproject.toml").write_text(f"[tool.snugly]\n{settings}\n")
        for file in files:
            path = tmp_path / file
            path.parent.mkdir(exist_ok=True)
            path.write_text(BROKEN)
        return tmp_path

    return make


def found(folder) -> list[str]:
    return [finding.code for finding in check(folder).findings]


def test_what_is_ignored_is_not_reported(project):
    assert found(project("", "a.py")) == ["SNG102"]
    assert found(project('ignore = ["SNG1"]', "a.py")) == []
    assert found(project('select = ["SNG2"]', "a.py")) == []


def test_the_command_line_wins(project):
    folder = project('select = ["SNG2"]', "a.py")
    assert [finding.code for finding in check(folder, select=["SNG1"]).findings] == ["SNG102"]


def test_what_is_excluded_is_not_looked_for_but_checked_when_it_is_named(project):
    folder = project('exclude = ["old"]', "old/a.py", "b.py")
    assert [file.endswith("b.py") for file in check(folder).files] == [True]
    assert [finding.code for finding in check(folder / "old/a.py").findings] == ["SNG102"]


def test_a_rule_is_ignored_in_files_that_match(project):
    folder = project('[tool.snugly.per-file-ignores]\n"old/*" = ["SNG102"]', "old/a.py", "b.py")
    assert [finding.place.file.endswith("b.py") for finding in check(folder).findings] == [True]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ('selct = ["SNG1"]', "tool.snugly.selct: is no setting"),
        ('select = "SNG1"', "tool.snugly.select: must be a list"),
        ('ignore = ["XYZ9"]', "tool.snugly.ignore: no rule has a code like 'XYZ9'"),
        ('output-format = "xml"', "tool.snugly.output-format: must be one of full"),
        ("select = [", "pyproject.toml: "),
    ],
)
def test_a_wrong_setting_names_file_and_key(project, settings, message):
    with pytest.raises(ValueError, match=r"pyproject\.toml") as raised:
        check(project(settings, "a.py"))
    assert message in str(raised.value)


@pytest.mark.parametrize(
    "written",
    [
        '[tool.snugly]\nignore = ["SNG1"]',
        ' [ tool . "snugly" ]\nignore = ["SNG1"]',
        'tool.snugly.ignore = ["SNG1"]',
        '"tool" . snugly = { ignore = ["SNG1"] }',
        'tool = { other = 1, snugly = { ignore = ["SNG1"] } }',
        '[tool]\nsnugly = { ignore = ["SNG1"] }',
        '["t\\u006fol".snugly]\nignore = ["SNG1"]',
        '[tool."snu\\u0067ly"]\nignore = ["SNG1"]',
    ],
)
def test_settings_are_read_however_toml_lets_them_be_written(written, tmp_path):
    (tmp_path / "pyproject.toml").write_text(f"{written}\n")
    (tmp_path / "a.py").write_text(BROKEN)
    assert found(tmp_path) == []


def test_a_project_that_only_uses_snugly_is_read_without_a_parser(tmp_path):
    from snugly.surfaces import configuration

    told = '[project]\ndependencies = ["snugly"]\n[project.scripts]\nsnugly = "snugly:main"\n[tool.ruff]\nsrc = ["snugly"]\n'
    assert not configuration._may_set(told.encode())
