"""Contracts against the samples and the error inputs that torch ships for its own losses."""

import warnings

import pytest
import torch
from agree import disagreement
from oracle import run

from snugly.contracts import LOSSES, LossCall, evaluate
from snugly.runtime.losses import loss_call

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from torch.testing._internal.common_methods_invocations import op_db
    from torch.testing._internal.common_modules import module_db

FUNCTIONAL = "nn.functional."
OPERATORS = [
    operator for operator in op_db if f"torch.{operator.name}" in LOSSES and operator.name.startswith(FUNCTIONAL)
]
MODULES = [
    info
    for info in module_db
    if info.module_cls.__name__.endswith(("Loss", "Loss2d", "LossWithLoss", "SoftmaxWithLoss"))
]


def judged(call: LossCall, result, tensors: dict, options: dict) -> str | None:
    verdict = evaluate(call)
    if verdict.accepted is None and any(doubt.clause == "no-gradient" for doubt in verdict.doubts):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        truth = run(result, tensors, options)
    return disagreement(verdict, truth)


def compared(function, args, kwargs) -> str | None:
    call = loss_call(function, args, kwargs)
    own = {"distance_function", "options"} & {name for name, value in call.options.items() if value is not None}
    if own:
        return None  # a user's own function, a path of its own: the contract says that it does not know
    positional = {f"argument {position}": value for position, value in enumerate(args)}
    return judged(call, lambda **given: function(*[given[name] for name in positional], **kwargs), positional, {})


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.name)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int64], ids=str)
def test_samples_of_operators(operator, dtype):
    function = getattr(torch.nn.functional, operator.name.removeprefix(FUNCTIONAL))
    if dtype not in operator.supported_dtypes("cpu"):
        pytest.skip(f"torch has no samples of {dtype}")
    for grad in (False, True) if dtype.is_floating_point else (False,):
        for sample in operator.sample_inputs("cpu", dtype, requires_grad=grad):
            problem = compared(function, (sample.input, *sample.args), sample.kwargs)
            assert problem is None, f"{sample}: {problem}"


@pytest.mark.parametrize(
    "operator", [op for op in OPERATORS if op.error_inputs_func], ids=lambda operator: operator.name
)
def test_error_inputs_of_operators(operator):
    function = getattr(torch.nn.functional, operator.name.removeprefix(FUNCTIONAL))
    for wrong in operator.error_inputs("cpu"):
        sample = wrong.sample_input
        problem = compared(function, (sample.input, *sample.args), sample.kwargs)
        assert problem is None, f"{sample}: {problem}"


@pytest.mark.parametrize("info", MODULES, ids=lambda info: info.module_cls.__name__)
def test_inputs_of_modules(info):
    for grad in (False, True):
        for sample in info.module_inputs_func(
            info, device="cpu", dtype=torch.float32, requires_grad=grad, training=True
        ):
            given = sample.constructor_input
            module = info.module_cls(*given.args, **given.kwargs)
            problem = compared(module, sample.forward_input.args, sample.forward_input.kwargs)
            assert problem is None, f"{given} {sample.forward_input}: {problem}"


def test_the_samples_are_many():
    count = sum(1 for operator in OPERATORS for _ in operator.sample_inputs("cpu", torch.float32, requires_grad=False))
    assert count > 400
    assert len(OPERATORS) >= 20
    assert len(MODULES) >= 20
