"""The extension in a real IPython shell."""

from __future__ import annotations

import pytest

IPython = pytest.importorskip("IPython")

from IPython.core.interactiveshell import InteractiveShell  # noqa: E402 - after the check that it is there


@pytest.fixture
def shell():
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance()
    yield made
    made.run_line_magic("unload_ext", "snugly")
    InteractiveShell.clear_instance()


def test_cells_are_watched_and_crashes_are_explained(shell, capsys):
    from torch.nn import functional

    code = functional.mse_loss.__code__
    shell.run_line_magic("load_ext", "snugly")
    shell.run_line_magic("load_ext", "snugly")
    shell.run_cell("import torch\nfrom torch.nn import functional as F\nx, y = torch.ones(4, 1), torch.ones(4)")
    capsys.readouterr()
    shell.run_cell("import warnings\nwarnings.simplefilter('ignore')\nloss = F.mse_loss(x, y)")
    assert "SNG401" in capsys.readouterr().err
    shell.run_cell("F.cross_entropy(torch.ones(4, 3), torch.zeros(1, 4).long())")
    shown = capsys.readouterr()
    assert "ValueError" in shown.out
    assert "SNG102" in shown.err
    shell.run_cell("{}['no']")
    shown = capsys.readouterr()
    assert "KeyError" in shown.out
    assert "snugly" not in shown.out + shown.err
    shell.run_line_magic("unload_ext", "snugly")
    assert functional.mse_loss.__code__ is code


def test_a_notebook_gets_html():
    from snugly import Report
    from snugly.surfaces.ipython import _Shown

    html = _Shown(Report())._repr_html_()
    assert html.startswith("<pre")
