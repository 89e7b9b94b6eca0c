from __future__ import annotations

import json

import pytest

from snugly.surfaces.cli.main import main


@pytest.mark.parametrize(
    ("tokens", "code"),
    [
        (["cross_entropy", "float32[32, 10]", "int64[32]"], 0),
        (["cross_entropy", "float32[32, 10]", "int64[1, 32]"], 1),
        (["cross_entropy", "float32[32, 10]", "int64[32]", "--weight", "float32[9]"], 1),
        (["cross_entropy", "float32[32, 10]", "int64[32]", "--reduction=none"], 0),
        (["cross_entropy", "float32[N, 10]", "?[*]"], 2),
        (["cross_entropy", "float32[32, 10]", "int64[32]", "--ignore-index", "-1"], 0),
    ],
)
def test_exit_codes(tokens, code, capsys):
    assert main(["fit", *tokens]) == code
    assert capsys.readouterr().out.split()[0] in {0: ("yes",), 1: ("no",), 2: ("it",)}[code]


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        (["no_such_loss", "float32[1]"], "no_such_loss"),
        (["cross_entropy"], "input"),
        (["cross_entropy", "floaty[3]", "int64[3]"], "floaty"),
        (["cross_entropy", "float32[3", "int64[3]"], "float32[3"),
        (["cross_entropy", "float32[3]", "int64[3]", "--colour", "red"], "colour"),
        ([], "loss"),
    ],
)
def test_bad_input_is_told_in_a_line(tokens, said, capsys):
    assert main(["fit", *tokens]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said.lower() in err.lower()
    assert "Traceback" not in err


def test_json(capsys):
    assert main(["fit", "mse_loss", "float32[8, 3]", "float32[8, 3]", "--output-format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["accepted"], told["raises"], told["output"]) == (True, None, {"shape": [], "dtype": "float32"})
