"""The tables of parameters, modules and dtypes against torch's own."""

import inspect
import itertools
import warnings

import pytest
import torch
from agree import disagreement
from calls import LOSSES as GENERATED
from calls import Generator
from oracle import run
from pool import DTYPES, arguments_of

from snugly.contracts import LOSSES, REQUIRED, contract, evaluate
from snugly.contracts.arithmetic import Node, can_cast, promote, result_type
from snugly.contracts.binding import MODULES, BindingError, bind_function, bind_module, construct
from snugly.runtime.losses import loss_call, module_state

FUNCTIONS = [name for name in LOSSES if ".functional." in name]


def own(signature: inspect.Signature, leave_out=()) -> list[tuple]:
    return [
        (p.name, REQUIRED if p.default is p.empty else p.default, p.kind is p.KEYWORD_ONLY)
        for p in signature.parameters.values()
        if p.name not in leave_out
    ]


def ours(parameters) -> list[tuple]:
    return [(p.name, p.default, p.keyword_only) for p in parameters]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_parameters_of_functions_are_torchs(name):
    function = inspect.unwrap(getattr(torch.nn.functional, name.rpartition(".")[2]))
    assert ours(contract(name).parameters) == own(inspect.signature(function))


@pytest.mark.parametrize("name", MODULES)
def test_parameters_of_modules_are_torchs(name):
    module = getattr(torch.nn, name.rpartition(".")[2])
    assert ours(MODULES[name].parameters) == own(inspect.signature(module.__init__), leave_out=("self",))
    assert list(MODULES[name].forward) == [row[0] for row in own(inspect.signature(module.forward), ("self",))]


def test_every_loss_module_of_torch_is_there():
    named = {name for name in dir(torch.nn) if name.endswith(("Loss", "Loss2d", "WithLoss"))}
    assert named == {name.rpartition(".")[2] for name in MODULES}


def test_every_loss_function_of_torch_is_there():
    named = {name for name in dir(torch.nn.functional) if name.endswith("_loss") or "cross_entropy" in name}
    assert named | {"kl_div"} == {name.rpartition(".")[2] for name in FUNCTIONS}


def test_a_reduction_by_position_is_size_average():
    state = construct("nn.MSELoss", ["none"], {})
    with pytest.warns(UserWarning, match="size_average"):
        module = torch.nn.MSELoss("none")
    assert state.options["reduction"] == "mean" == module.reduction


@pytest.mark.parametrize(
    ("name", "positional", "keywords"),
    [
        ("mse_loss", [1, 2, 3, 4, 5, 6, 7], {}),
        ("mse_loss", [1], {}),
        ("mse_loss", [1, 2], {"input": 1}),
        ("mse_loss", [1, 2], {"margin": 1}),
    ],
)
def test_arguments_that_python_refuses(name, positional, keywords):
    with pytest.raises(TypeError):
        getattr(torch.nn.functional, name)(*positional, **keywords)
    with pytest.raises(BindingError):
        bind_function(name, positional, keywords)


@pytest.mark.parametrize(
    ("name", "keywords"),
    [
        ("TripletMarginLoss", {"margin": 0.0}),
        ("TripletMarginWithDistanceLoss", {"margin": -1.0}),
        ("MultiMarginLoss", {"p": 3}),
        ("HuberLoss", {"delta": "1"}),
        ("AdaptiveLogSoftmaxWithLoss", {"in_features": 4, "n_classes": 5, "cutoffs": []}),
        ("AdaptiveLogSoftmaxWithLoss", {"in_features": 4, "n_classes": 5, "cutoffs": [5]}),
        ("LinearCrossEntropyLoss", {"in_features": 4, "num_classes": 5, "label_smoothing": 2.0}),
    ],
)
def test_what_constructors_refuse(name, keywords):
    with pytest.raises(Exception) as raised:  # noqa: PT011 - the type is compared below
        getattr(torch.nn, name)(**keywords)
    assert construct(name, [], keywords).error == (raised.type.__name__, str(raised.value))


MODULE_OF = {module.loss.rpartition(".")[2]: name for name, module in MODULES.items()}


@pytest.mark.parametrize(
    "loss", [loss for loss in GENERATED if loss in MODULE_OF and loss[0].islower() and loss != "ctc_loss"]
)
def test_modules_agree_with_kernels(loss):
    found = MODULES[MODULE_OF[loss]]
    if loss == "linear_cross_entropy":
        pytest.skip("its module makes its own layer: see the samples of torch")
    generator = Generator(7)
    for _ in range(300):
        generated = generator.call(loss)
        tensors, facts = arguments_of(generated.entries, generated.wanted)
        names = {p.name for p in found.parameters}
        forward = {found_name: (found.renamed or {}).get(found_name, found_name) for found_name in found.forward}
        if not set(generated.options) <= names or not set(tensors) <= names | set(forward.values()):
            continue
        held = {name: value.detach() for name, value in tensors.items() if name in names - {"log_input"}}
        if any(facts[name].requires_grad for name in held):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                module = getattr(torch.nn, found.name.rpartition(".")[2])(**generated.options, **held)
            except ValueError:
                continue
            given = [tensors[name] for name in forward.values()]
            truth = _forward(module, given)
        state = construct(found.name, [], {**generated.options, **{name: facts[name] for name in held}})
        call = bind_module(state, [facts[name] for name in forward.values()], {})
        assert disagreement(evaluate(call), truth) is None, generated
        assert disagreement(evaluate(loss_call(module, given, {})), truth) is None
        assert module_state(module).options.get("reduction", "mean") == call.options.get("reduction", "mean")


def _forward(module, given):
    positional = {str(position): value for position, value in enumerate(given)}
    return run(lambda **named: module(*[named[name] for name in positional]), positional, {})


def test_promotion_is_torchs():
    for a, b in itertools.product(DTYPES, DTYPES):
        expected = torch.promote_types(getattr(torch, a), getattr(torch, b))
        assert f"torch.{promote(a, b)}" == str(expected), (a, b)
        assert can_cast(a, b) == torch.can_cast(getattr(torch, a), getattr(torch, b)), (a, b)


def test_result_types_are_torchs():
    for a, b in itertools.product(DTYPES, DTYPES):
        for left, right in itertools.product(((), (2,)), repeat=2):
            x, y = torch.ones(left, dtype=getattr(torch, a)), torch.ones(right, dtype=getattr(torch, b))
            ours_ = result_type(Node(left, a, None), Node(right, b, None))
            assert f"torch.{ours_}" == str(torch.result_type(x, y)), (a, left, b, right)


@pytest.mark.parametrize("target", [[1.0, 2.0, 3.0], None, 1.5], ids=str)
@pytest.mark.parametrize(
    "loss", [name.rpartition(".")[2] for name in FUNCTIONS if contract(name).tensors[:2] == ("input", "target")]
)
def test_a_target_that_is_no_tensor(loss, target):
    function = getattr(torch.nn.functional, loss)
    rest = [torch.ones(3)] if loss == "gaussian_nll_loss" else []
    call = loss_call(function, [torch.ones(3), target, *rest], {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        truth = run(lambda x: function(x, target, *rest), {"x": torch.ones(3)}, {})
    assert disagreement(evaluate(call), truth) is None
