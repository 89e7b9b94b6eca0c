"""The oracle on stand-ins against the same call on the real arguments."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from snugly.contracts.calls import UNKNOWN, LossCall
from snugly.facts.notation import parse
from snugly.facts.values import ValueFacts
from snugly.runtime import kernel
from snugly.runtime.facts import facts_of
from snugly.runtime.kernel import run_kernel

LOSSES = (
    "mse_loss",
    "cross_entropy",
    "nll_loss",
    "binary_cross_entropy",
    "kl_div",
    "soft_margin_loss",
    "multi_margin_loss",
)
sizes = st.lists(st.sampled_from([0, 1, 2, 3, 5]), max_size=4)
dtypes = st.sampled_from([torch.float32, torch.float64, torch.int64, torch.bool])


def call(loss: str, options: dict | None = None, **notations: str) -> LossCall:
    return LossCall(
        f"torch.nn.functional.{loss}", {name: parse(text) for name, text in notations.items()}, options or {}
    )


def really(loss: str, tensors: list[torch.Tensor]) -> tuple[bool, str | None, str | None]:
    try:
        output = getattr(torch.nn.functional, loss)(*tensors)
    except Exception as error:
        return False, type(error).__name__, "forward"
    try:
        if output.requires_grad:
            output.sum().backward()
    except Exception as error:
        return False, type(error).__name__, "backward"
    return True, None, None


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=400, deadline=None)
@given(st.sampled_from(LOSSES), sizes, sizes, dtypes, dtypes, st.booleans())
def test_the_verdict_is_that_of_the_real_arguments(loss, left, right, left_dtype, right_dtype, shrink):
    tensors = [torch.full(left, 0.5).to(left_dtype), torch.full(right, 0.5).to(right_dtype)]
    tensors[0].requires_grad_(left_dtype.is_floating_point)
    asked = LossCall(f"torch.nn.functional.{loss}", dict(zip(("input", "target"), map(facts_of, tensors), strict=True)))
    kept, kernel.KEEP_UP_TO = kernel.KEEP_UP_TO, (-1 if shrink else kernel.KEEP_UP_TO)
    try:
        verdict = run_kernel(asked)
    finally:
        kernel.KEEP_UP_TO = kept
    raises = verdict.raises
    assert (verdict.accepted, raises and raises.type, raises and raises.when) == really(loss, tensors)
    if verdict.accepted:
        output = getattr(torch.nn.functional, loss)(*tensors)
        assert (verdict.output.shape, verdict.output.dtype) == (tuple(output.shape), str(output.dtype)[6:])


def test_a_large_call_is_shrunk_and_its_output_told_in_the_users_sizes():
    verdict = run_kernel(
        call("cross_entropy", {"reduction": "none"}, input="float32[64, 21, 512, 512]", target="int64[64, 512, 512]")
    )
    assert verdict.accepted
    assert verdict.output.shape == (64, 512, 512)
    assert (
        run_kernel(
            call("cross_entropy", input="float32[64, 21, 512, 512]", target="int64[64, 1, 512, 512]")
        ).raises.type
        == "RuntimeError"
    )


def test_known_elements_of_a_small_call_are_used():
    target = parse("int64[2]").with_(values=ValueFacts(elements=(0, 3)))
    verdict = run_kernel(
        LossCall("torch.nn.functional.cross_entropy", {"input": parse("float32[2, 3]"), "target": target})
    )
    assert verdict.raises.type == "IndexError"


def test_backward_is_run():
    verdict = run_kernel(call("huber_loss", input="float32[4]", target="float64[4]"))
    assert (verdict.raises.when, verdict.output.shape) == ("backward", ())


@pytest.mark.parametrize(
    "unknown",
    [
        call("mse_loss", input="float32[N]", target="float32[4]"),
        call("mse_loss", input="?[4]", target="float32[4]"),
        call("mse_loss", {"reduction": UNKNOWN}, input="float32[4]", target="float32[4]"),
        LossCall("mylib.loss", {"input": parse("float32[4]")}),
        call("ctc_loss", {"blank": 7}, log_probs="float32[50, 4, 5]", targets="int64[4, 9]"),
    ],
)
def test_what_is_not_known_is_not_run(unknown):
    assert run_kernel(unknown) is None


def test_ctc_is_run_with_labels_and_lengths_that_cannot_leave_memory():
    arguments = {
        "log_probs": "float32[50, 4, 5]",
        "targets": "int64[4, 9]",
        "input_lengths": "int64[4]",
        "target_lengths": "int64[4]",
    }
    assert run_kernel(call("ctc_loss", **arguments)).accepted
    assert run_kernel(call("ctc_loss", **{**arguments, "targets": "int64[36]"})).accepted
    assert not run_kernel(call("ctc_loss", **{**arguments, "target_lengths": "int64[3]"})).accepted


def test_a_module_that_draws_its_weights_leaves_the_generator_alone():
    options = {"in_features": 8, "n_classes": 20, "cutoffs": [5, 10]}
    arguments = {"input": parse("float32[4, 8]"), "target": parse("int64[4]")}
    state = torch.get_rng_state()
    verdict = run_kernel(LossCall("torch.nn.AdaptiveLogSoftmaxWithLoss", arguments, options))
    assert verdict.accepted
    assert torch.equal(state, torch.get_rng_state())


def test_modes_of_the_user_do_not_reach_the_oracle():
    with torch.no_grad(), torch.inference_mode(), torch.device("meta"), torch.autocast("cpu", dtype=torch.bfloat16):
        verdict = run_kernel(call("huber_loss", input="float32[4]", target="float64[4]"))
    assert verdict.raises.when == "backward"
