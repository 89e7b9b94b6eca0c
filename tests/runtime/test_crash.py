"""What an exception means, from the frames it went through: each fault is raised by torch itself."""

from __future__ import annotations

import textwrap

import pytest
import torch

import snugly
from snugly.runtime.crash import explain_exception
from snugly.runtime.session import Session

HEAD = "import torch\nfrom torch import nn\nfrom torch.nn import functional as F\n"


def crash(tmp_path, text):
    """Run a program that raises and return the exception, with the number of its line that is marked."""
    text = HEAD + textwrap.dedent(text)
    file = tmp_path / "train.py"
    file.write_text(text)
    code = compile(text, str(file), "exec")
    try:
        exec(code, {"__name__": "__main__"})
    except Exception as error:
        marked = [number for number, line in enumerate(text.splitlines(), 1) if "# here" in line]
        return error, marked[0] if marked else None
    raise AssertionError("it did not raise")


FAULTS = {
    "labels in one row": ("F.cross_entropy(torch.randn(4, 3), torch.zeros(1, 4).long())  # here", "target"),
    "through a module": ("x = torch.randn(4, 3)\nnn.CrossEntropyLoss()(x, torch.zeros(3).long())  # here", "target"),
    "label out of range": ("F.nll_loss(torch.randn(4, 3), torch.tensor([0, 1, 2, 3]))  # here", "target"),
    "backward": (
        "x = torch.ones(3, requires_grad=True)\nF.huber_loss(x, x.detach().double()).backward()  # here",
        None,
    ),
    "linear": ("net = nn.Linear(5, 7)\nnet(torch.ones(2, 6))  # here", "input"),
    "convolution": ("net = nn.Conv2d(3, 4, 3)\nnet(torch.ones(2, 1, 8, 8))  # here", None),
    "matmul": ("a, b = torch.ones(2, 3), torch.ones(4, 5)\na @ b  # here", None),
    "broadcast": ("a, b = torch.ones(2, 3), torch.ones(2, 4)\na * b  # here", None),
    "view": ("a = torch.ones(6, 5)\na.view(4, -1)  # here", None),
    "cat": ("a, b = torch.ones(2, 3), torch.ones(2, 4)\ntorch.cat([a, b])  # here", None),
    "stack": ("a, b = torch.ones(2), torch.ones(3)\ntorch.stack([a, b])  # here", None),
    "batch norm of one": ("norm = nn.BatchNorm1d(3)\nnorm(torch.ones(1, 3))  # here", None),
    "embedding": ("table = nn.Embedding(5, 2)\ntable(torch.tensor([5]))  # here", None),
    "hidden state": ("rnn = nn.LSTM(3, 4)\nh = torch.zeros(1, 5, 4)\nrnn(torch.ones(2, 6, 3), (h, h))  # here", None),
    "collate": (
        "from torch.utils.data import DataLoader\nfor batch in DataLoader([torch.ones(2), torch.ones(3)], 2):  # here\n    pass",
        None,
    ),
    "in a function": ("def step(x):\n    return F.mse_loss(x, torch.ones(3))  # here\nstep(torch.ones(2))", None),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("text", "argument"), FAULTS.values(), ids=FAULTS.keys())
def test_each_fault_is_explained_at_its_line(tmp_path, text, argument):
    error, line = crash(tmp_path, text)
    (finding,) = snugly.explain(error).findings
    assert finding.line == line
    assert finding.raises.type == type(error).__name__
    assert finding.raises.message.strip() in str(error)
    assert argument is None or finding.argument == argument


def test_the_exception_that_another_was_raised_from_is_explained(tmp_path):
    text = """
    def step():
        try:
            F.binary_cross_entropy(torch.ones(2), torch.ones(3))  # here
        except ValueError as error:
            raise SystemError("step 3 failed") from error
    step()
    """
    error, line = crash(tmp_path, text)
    (finding,) = snugly.explain(error).findings
    assert (finding.line, finding.raises.type) == (line, "ValueError")


NO_MATTER_OF_TENSORS = [
    "{}['no']",
    "int('x')",
    "raise ValueError('my own check failed')",
    "raise RuntimeError('out of cheese')",
    "open('/no/such/file')",
    "[1][5]",
    "nn.Linear(3)",
]


@pytest.mark.parametrize("text", NO_MATTER_OF_TENSORS)
def test_other_exceptions_are_left_alone(tmp_path, text):
    error, _ = crash(tmp_path, text)
    assert explain_exception(error) == ()


def test_nothing_of_the_users_runs_again(tmp_path):
    text = """
    class Loud:
        count = 0
        def __getattr__(self, name):
            Loud.count += 1
            return torch.ones(4)
    loud = Loud()
    def weight():
        Loud.count += 1
        return torch.ones(2, 3)
    def run():
        return F.linear(loud.x, weight())
    try:
        run()
    except RuntimeError as e:
        e.count, e.loud = Loud.count, Loud
        raise
    """
    error, _ = crash(tmp_path, text)
    explain_exception(error)
    assert error.loud.count == error.count == 2


def test_a_session_tells_each_finding_once(tmp_path):
    told = []
    session = Session(told.append)
    with session.watching():
        for _ in range(5):
            torch.nn.functional.cross_entropy(
                torch.softmax(torch.randn(4, 3, requires_grad=True), 1), torch.zeros(4).long()
            )
    session.finish()
    assert [finding.line for finding in told] == [told[0].line]


def test_watching_leaves_random_numbers_and_graphs_alone():
    def losses():
        torch.manual_seed(3)
        x = torch.randn(4, 1, requires_grad=True)
        loss = torch.nn.functional.smooth_l1_loss(torch.sigmoid(x), torch.rand(4, 1))
        loss.backward()
        return loss.detach(), x.grad, torch.rand(1)

    plain = losses()
    with Session(lambda _: None).watching():
        watched = losses()
    assert all(torch.equal(a, b) for a, b in zip(plain, watched, strict=True))
