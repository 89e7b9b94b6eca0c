"""The extension in a real notebook, executed by a real kernel: what its cells show, as HTML and as text."""

from __future__ import annotations

import html
import os
import re
from pathlib import Path

import pytest

nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
nbformat = pytest.importorskip("nbformat")

pytestmark = pytest.mark.filterwarnings("ignore")
CELLS = [
    "%load_ext snugly",
    "import torch\nfrom torch import nn\nfrom torch.nn import functional as F\n\nx, y = torch.randn(8, 3), torch.randn(8)\nmodel = nn.Linear(3, 1)",
    "loss = F.mse_loss(model(x), y)",
    "F.cross_entropy(torch.ones(4, 3), torch.zeros(1, 4, dtype=torch.int64))",
    "{}['no']",
    "loss = F.mse_loss(model(x).squeeze(1), y)",
    "%unload_ext snugly\nloss = F.mse_loss(model(x), y)",
]  # fmt: skip


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    """The cells of the notebook, executed one after the other."""
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[2] / "src")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in CELLS])
    folder = str(tmp_path_factory.mktemp("notebook"))
    client = nbclient.NotebookClient(
        notebook, timeout=180, kernel_name="python3", allow_errors=True, resources={"metadata": {"path": folder}}
    )
    return client.execute()["cells"]


def shown(cell):
    """The HTML outputs of a cell, and their text without the markup."""
    pages = [each["data"]["text/html"] for each in cell["outputs"] if "text/html" in each.get("data", {})]
    return pages, [html.unescape(re.sub(r"<[^>]+>", "", each)) for each in pages]


def test_loading_it_shows_nothing(cells):
    assert cells[0]["outputs"] == []
    assert cells[1]["outputs"] == []


def test_a_silent_trap_is_shown_in_its_cell(cells):
    pages, texts = shown(cells[2])
    assert len(pages) == 1
    assert pages[0].startswith("<pre")
    assert 'font-weight: bold">error[SNG401]' in pages[0]
    assert "(8, 1) against (8,)" in texts[0]
    assert "loss = F.mse_loss(model(x), y)" in texts[0]  # the line of the cell, which is in no file
    assert "+ loss = F.mse_loss(model(x), y.unsqueeze(1))" in texts[0]
    plain = [each["data"]["text/plain"] for each in cells[2]["outputs"] if "data" in each]
    assert "SNG401" in plain[0]
    assert "<" not in plain[0].replace("-->", "").replace("<ipython", "")


def test_an_exception_keeps_its_traceback_and_gets_an_explanation(cells):
    errors = [each for each in cells[3]["outputs"] if each["output_type"] == "error"]
    assert [each["ename"] for each in errors] == ["ValueError"]
    _, texts = shown(cells[3])
    assert len(texts) == 1
    assert "SNG102" in texts[0]
    assert "ValueError" in texts[0]


def test_other_exceptions_are_left_alone(cells):
    assert [each["output_type"] for each in cells[4]["outputs"]] == ["error"]
    assert cells[4]["outputs"][0]["ename"] == "KeyError"


def test_what_fits_and_what_is_not_watched_shows_nothing_of_snugly(cells):
    for cell in cells[5:]:
        assert shown(cell) == ([], [])
