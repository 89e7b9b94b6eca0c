"""``snugly.fit``: do these fit?"""

import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F

import snugly
from snugly.facts.notation import NotationError, parse


def test_shapes_that_fit_give_the_output():
    verdict = snugly.fit("cross_entropy", "float32[32, 10]", "int64[32]")
    assert verdict.accepted is True
    assert verdict.mode == "class indices"
    assert (verdict.output.shape, verdict.output.dtype) == ((), "float32")


def test_labels_in_one_row_do_not_fit():
    verdict = snugly.fit("cross_entropy", "float32[32, 10]", "int64[1, 32]")
    assert verdict.accepted is False
    assert (verdict.raises.type, verdict.raises.when) == ("ValueError", "forward")
    with pytest.raises(ValueError, match="batch_size") as raised:
        F.cross_entropy(torch.zeros(32, 10), torch.zeros(1, 32, dtype=torch.int64))
    assert verdict.raises.message == str(raised.value)


def test_elements_of_tensors_count():
    scores = torch.zeros(4, 3, requires_grad=True)
    assert snugly.fit(F.cross_entropy, scores, torch.tensor([0, 1, 2, 0])).accepted is True
    verdict = snugly.fit(F.cross_entropy, scores, torch.tensor([0, 1, 2, 3]))
    assert verdict.accepted is False
    assert verdict.raises.message == "Target 3 is out of bounds."


def test_the_backward_pass_counts_for_arguments_that_require_grad():
    given = torch.zeros(3), torch.zeros(3, dtype=torch.float64)
    assert snugly.fit("huber_loss", *given).accepted is True
    verdict = snugly.fit("huber_loss", given[0].requires_grad_(), given[1])
    assert verdict.accepted is False
    assert verdict.raises.when == "backward"


def test_a_module_brings_its_options():
    loss = torch.nn.CrossEntropyLoss(weight=torch.ones(3), reduction="none")
    assert snugly.fit(loss, torch.zeros(4, 3), torch.zeros(4, dtype=torch.int64)).output.shape == (4,)
    loss = torch.nn.CrossEntropyLoss(weight=torch.ones(4))
    assert snugly.fit(loss, "float32[4, 3]", "int64[4]").raises.type == "RuntimeError"


def test_a_module_by_name_takes_its_options_too():
    verdict = snugly.fit("nn.NLLLoss", "float32[4, 3]", "int64[4]", reduction="none", weight="float32[3]")
    assert verdict.output.shape == (4,)


def test_facts_and_symbols():
    verdict = snugly.fit("mse_loss", parse("float32[N, 1]"), "float32[N, 1]")
    assert verdict.accepted is True
    assert snugly.fit("nll_loss", "float32[N, T, 10]", "int64[N, T]").accepted is None


def test_what_stands_open_is_said():
    verdict = snugly.fit("nll_loss", "float32[N, T, 10]", "int64[N, T]")
    assert {doubt.clause for doubt in verdict.doubts} == {"target-shape", "label-range"}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("cross_entropi", "float32[2]", "float32[2]"), ValueError),
        (("mse_loss", "float32[2]"), TypeError),
        (("mse_loss", "float3[2]", "float32[2]"), NotationError),
        (("mse_loss", "float32[2]", "float32[2]", "float32[2]", 1, 2, 3, 4), TypeError),
        ((F.relu, "float32[2]"), ValueError),
        ((lambda x, _: x, "float32[2]", "float32[2]"), ValueError),
    ],
)
def test_what_is_not_a_call_of_a_loss(arguments, error):
    with pytest.raises(error):
        snugly.fit(*arguments)


def test_a_near_name_is_proposed():
    with pytest.raises(ValueError, match="did you mean cross_entropy"):
        snugly.fit("cross_entropi", "float32[2]", "float32[2]")


def test_a_text_needs_no_torch():
    program = (
        "import sys, snugly\n"
        "assert snugly.fit('cross_entropy', 'float32[32, 10]', 'int64[32]').accepted\n"
        "assert not {'torch', 'numpy', 'rich', 'libcst'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_labels_that_ctc_would_read_outside_of_memory_are_refused():
    verdict = snugly.fit(
        "ctc_loss",
        torch.zeros(6, 2, 4).log_softmax(2),
        torch.tensor([[1, 2], [3, 4]]),
        torch.tensor([6, 6]),
        torch.tensor([2, 2]),
    )
    assert verdict.accepted is False
    assert verdict.violations[0].clause == "label-range"
    assert verdict.raises is None


def test_the_first_label_out_of_range_is_named_in_a_large_tensor():
    target = torch.zeros(100_000, dtype=torch.int64)
    target[70_000], target[80_000] = -100, 12
    verdict = snugly.fit("cross_entropy", torch.zeros(100_000, 10), target)
    with pytest.raises(IndexError) as raised:
        F.cross_entropy(torch.zeros(100_000, 10), target)
    assert verdict.raises.message == str(raised.value)
    assert snugly.fit("gaussian_nll_loss", *[torch.zeros(9000)] * 2, torch.full((9000,), -1.0)).accepted is False
