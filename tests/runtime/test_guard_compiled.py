"""Losses within functions given to torch.compile: judged when they are traced, with no graph broken."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import snugly

LAYER, LOSS = nn.Linear(3, 3), nn.CrossEntropyLoss()
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def _fresh():
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def softmaxed(scores, y):
    return F.cross_entropy(scores.softmax(1), y)  # SNG501


def twice(x, y):
    return softmaxed(LAYER(x), y)


def through_a_module(x, y):
    return LOSS(LAYER(x).softmax(1), y)  # SNG501


def column(x, y):
    return F.mse_loss(LAYER(x)[:, :1], y.float())  # SNG401


def in_one_row(x, y):
    return F.cross_entropy(LAYER(x), y[None])  # SNG102


def fits(x, y):
    return F.cross_entropy(LAYER(x), y)


def line_of(code):
    lines = enumerate(open(__file__, encoding="utf-8").read().splitlines(), start=1)  # noqa: SIM115
    return {number for number, line in lines if line.endswith(f"# {code}")}


def compiled(function, **options):
    """Compile a function; return it and the counter of graphs."""
    from torch._dynamo.testing import CompileCounterWithBackend

    counter = CompileCounterWithBackend("aot_eager")
    return torch.compile(function, backend=counter, **options), counter


def batch():
    return torch.randn(8, 3), torch.randint(3, (8,))


@pytest.mark.parametrize(
    ("function", "code"),
    [(twice, "SNG501"), (through_a_module, "SNG501"), (column, "SNG401")],
    ids=str,
)
def test_it_is_found_once_at_the_line_that_is_traced(function, code):
    step, counter = compiled(function, fullgraph=True)
    told = []
    with snugly.guard(on_finding=told.append) as guard:
        for _ in range(3):
            step(*batch()).backward()
    assert counter.frame_count == 1
    assert [finding.code for finding in told] == [code]
    assert told[0].file == __file__
    assert told[0].line in line_of(code)
    assert told[0].fixes
    assert guard.counts == (1,)


def test_what_torch_refuses_is_explained_before_the_compiler_fails():
    step, _ = compiled(in_one_row)
    told = []
    with snugly.guard(on_finding=told.append), pytest.raises(torch._dynamo.exc.TorchRuntimeError):
        step(*batch())
    assert [(finding.code, finding.line) for finding in told] == [("SNG102", *line_of("SNG102"))]


def test_raised_while_it_is_traced_it_arrives_as_an_error_of_the_compiler():
    step, _ = compiled(column)
    with snugly.guard(on_finding="raise"), pytest.raises(torch._dynamo.exc.TorchRuntimeError, match="SNG401"):
        step(*batch())


def test_what_fits_compiles_once_and_gives_the_same_bits():
    torch.manual_seed(0)
    x, y = batch()
    step, counter = compiled(fits, fullgraph=True)
    with snugly.guard(on_finding="raise", batch_axis=True):
        losses = [step(x, y) for _ in range(3)]
    assert counter.frame_count == 1
    torch._dynamo.reset()
    plain, _ = compiled(fits, fullgraph=True)
    assert all(torch.equal(loss, plain(x, y)) for loss in losses)


def test_other_sizes_are_traced_again_and_judged_as_far_as_they_are_numbers():
    step, counter = compiled(column, dynamic=True)
    told = []
    with snugly.guard(on_finding=told.append):
        step(*batch())
    assert told == []  # sizes are symbols, and what is not known is no finding
    assert counter.frame_count == 1


def test_a_run_explains_it_too(tmp_path):
    import subprocess
    import sys
    from pathlib import Path

    program = (
        "import torch\nfrom torch.nn import functional as F\n\n"
        "def step(x, y):\n    return F.mse_loss(x * 2, y)\n\n"
        'fast = torch.compile(step, backend="aot_eager")\n'
        "for _ in range(2):\n    fast(torch.ones(4, 1), torch.ones(4))\n"
    )
    (tmp_path / "loop.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "-m", "snugly", "run", "loop.py"], cwd=tmp_path, capture_output=True, text=True, check=False,
        timeout=120, env={"PYTHONPATH": str(Path(__file__).parents[2] / "src"), "OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("SNG401") == 1
    assert "loop.py:5" in done.stderr
