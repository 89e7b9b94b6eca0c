from __future__ import annotations

import io
import json
import sys

import pytest

import snugly
from snugly.surfaces.cli.main import main
from snugly.surfaces.selection import Selection

BROKEN = """\
import torch
import torch.nn.functional as F

scores = torch.randn(32, 10)
labels = torch.randint(10, (1, 32))
loss = F.cross_entropy(scores, labels)
"""
FIXED = BROKEN.replace("(1, 32)", "(32,)")


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.py").write_text(BROKEN)
    (tmp_path / "fixed.py").write_text(FIXED)
    return tmp_path


def test_a_misfit_exits_with_one_and_names_its_line(project, capsys):
    assert main(["check", "broken.py", "--output-format=concise"]) == 1
    assert capsys.readouterr().out.startswith("broken.py:6:8: SNG102 ")


def test_a_correct_file_exits_with_zero(project, capsys):
    assert main(["check", "fixed.py"]) == 0
    assert capsys.readouterr().out == "No misfit found in 1 file; 1 loss call judged.\n"


def test_json_goes_to_the_file(project, capsys):
    assert main(["check", "--output-format", "json", "--output-file", "out.json"]) == 1
    assert capsys.readouterr().out == ""
    (finding,) = json.loads((project / "out.json").read_text())["findings"]
    assert (finding["file"], finding["line"], finding["code"]) == ("broken.py", 6, "SNG102")


def test_exit_zero_keeps_the_report(project, capsys):
    assert main(["check", "--exit-zero", "broken.py"]) == 0
    assert "SNG102" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--select", "SNG1"], 1),
        (["--select", "SNG103"], 0),
        (["--ignore", "SNG102"], 0),
        (["--ignore", "SNG1", "--select", "SNG102"], 1),
        (["--select", "sng103,sng102"], 1),
        (["--select=ALL", "--ignore=SNG1"], 0),
    ],
)
def test_the_longest_code_decides(project, options, found, capsys):
    assert main(["check", "broken.py", *options]) == found


def test_a_code_that_no_rule_has_is_refused(project, capsys):
    assert main(["check", "--select", "SNG9"]) == 2
    assert "no rule has a code like 'SNG9'" in capsys.readouterr().err
    with pytest.raises(ValueError, match="no rule has a code like 'E501'"):
        Selection(ignore=("E501",))


def test_standard_input_has_the_name_that_was_given(project, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BROKEN.encode())))
    assert main(["check", "-", "--stdin-filename", "mine.py"]) == 1
    out = capsys.readouterr().out
    assert "--> mine.py:6:8" in out
    assert "6 | loss = F.cross_entropy(scores, labels)" in out


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("gone.py", None, "gone.py: there is no such file or folder"),
        ("syntax.py", b"x = 1\ny = (\n", "syntax.py:2: "),
        ("junk.py", b"\x00\xff\xfe\x80junk", "junk.py"),
    ],
)
def test_what_cannot_be_read_is_told_and_exits_with_two(project, name, content, said, capsys):
    if content is not None:
        (project / name).write_bytes(content)
    assert main(["check", name, "fixed.py"]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback" not in err


def test_folders_are_searched_and_environments_are_not(project):
    for folder, name in (("pkg", "a.py"), (".venv", "b.py"), ("env/lib", "c.py"), ("build", "d.py")):
        (project / folder).mkdir(parents=True)
        (project / folder / name).write_text(BROKEN)
    (project / "env" / "pyvenv.cfg").write_text("")
    assert snugly.check(".").files == ("broken.py", "fixed.py", "pkg/a.py")


def test_the_api_takes_one_path_or_many(project):
    one = snugly.check(project / "broken.py")
    many = snugly.check(["broken.py", "fixed.py"])
    assert [f.line for f in one.findings] == [f.line for f in many.findings] == [6]
    assert many.exit_code == 1


def test_nothing_of_the_user_is_run(project):
    (project / "canary.py").write_text("open('written', 'w')\nimport os; os.mkdir('made')\n")
    snugly.check("canary.py")
    assert not (project / "written").exists()
    assert not (project / "made").exists()


def test_a_clean_check_imports_nothing_heavy(project):
    import subprocess

    program = (
        "import sys; from snugly.surfaces.cli.main import main; main(['check', 'fixed.py']); "
        "print(sorted({'torch', 'numpy', 'rich', 'libcst', 'cyclopts'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


def test_shapes_shows_every_line(project, capsys):
    assert main(["shapes", "fixed.py"]) == 0
    assert capsys.readouterr().out.splitlines()[3:] == [
        "4 | scores = torch.randn(32, 10)            scores float32[32, 10]",
        "5 | labels = torch.randint(10, (32,))       labels int64[32]",
        "6 | loss = F.cross_entropy(scores, labels)  cross_entropy: input float32[32, 10], target int64[32]",
        "  |                                         loss float32[]",
        "",
        "1 loss call, 1 with every shape known.",
    ]


def test_shapes_in_json(project, capsys):
    assert main(["shapes", "fixed.py", "--output-format", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["losses"] == [
        {
            "line": 6,
            "loss": "torch.nn.functional.cross_entropy",
            "input": {"shape": [32, 10], "dtype": "float32"},
            "target": {"shape": [32], "dtype": "int64"},
            "weight": None,
        }
    ]


def test_shapes_of_no_file_exits_with_two(project, capsys):
    assert main(["shapes", "gone.py"]) == 2
    assert capsys.readouterr().err.startswith("snugly: gone.py")
