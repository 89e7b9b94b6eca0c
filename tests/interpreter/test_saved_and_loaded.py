"""What a program loads: what it saved itself, or a network like the one that it would have made."""

from __future__ import annotations

import pytest

HEAD = """
import os
import torch
from torch import nn

model = nn.Linear(4, 3)
x = torch.rand(2, 4)
"""


@pytest.mark.parametrize(
    "loading",
    [
        "torch.save(model, 'model.pt')\nloaded = torch.load('model.pt')",
        "torch.save({'net': model}, 'model.pt')\nloaded = torch.load('model.pt', map_location='cpu')['net']",
        "loaded = model\nif os.path.exists('model.pt'):\n    loaded = torch.load('model.pt')",
        "if os.path.isfile('model.pt'):\n    loaded = torch.load('model.pt')\nelse:\n    loaded = nn.Linear(4, 3)",
    ],
)
def test_a_network_that_is_loaded_is_the_one_that_was_made(names_of, loading):
    assert names_of(f"{HEAD}\n{loading}\nfound = loaded(x)\n")["found"].shape == (2, 3)


@pytest.mark.parametrize(
    "loading",
    [
        "loaded = torch.load('model.pt')",
        "torch.save(model, 'model.pt')\nloaded = torch.load('other.pt')",
        "loaded = torch.zeros(0)\nif os.path.exists('data.pt'):\n    loaded = torch.load('data.pt')",
    ],
)
def test_nothing_is_known_of_another_file(names_of, loading):
    names = names_of(f"{HEAD}\n{loading}\nfound = loaded + 1 if isinstance(loaded, torch.Tensor) else loaded(x)\n")
    assert getattr(names["found"], "shape", None) is None


def test_a_module_is_found_from_where_the_project_begins(names_of, tmp_path):
    (tmp_path / "requirements.txt").write_text("torch\n")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "net.py").write_text("from torch import nn\n\n\ndef make():\n    return nn.Linear(4, 3)\n")
    (tmp_path / "scripts").mkdir()
    names = names_of(
        "import torch\nfrom models.net import make\nfound = make()(torch.rand(2, 4))\n", tmp_path / "scripts"
    )
    assert names["found"].shape == (2, 3)


def test_a_folder_above_that_is_no_project_is_not_looked_into(names_of, tmp_path):
    (tmp_path / "net.py").write_text("def make():\n    raise ValueError\n")
    (tmp_path / "scripts").mkdir()
    names = names_of("import net\nfound = net.make\n", tmp_path / "scripts")
    assert "net.make" in str(names["found"])
