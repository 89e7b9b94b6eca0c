"""Watching changes nothing: results, gradients, exceptions, warnings, identities; and it ends."""

from __future__ import annotations

import gc
import inspect
import threading
import traceback
import warnings
import weakref

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F
from torch.nn.functional import mse_loss  # bound before anyone watches

from snugly.runtime import interception
from snugly.runtime.interception import Refusal, Seen, loss_functions, unwatch, watch
from snugly.runtime.known import PERIOD


class Log(list[Seen]):
    """Keeps what it is told."""

    def __call__(self, seen: Seen) -> None:
        self.append(seen)

    def __hash__(self) -> int:
        return id(self)


@pytest.fixture
def log():
    kept = Log()
    watch(kept.append)
    yield kept
    unwatch(kept.append)


SHAPES = [(), (3,), (4, 3), (4, 1), (4, 3, 2), (0, 3), (1,)]
tensors = st.builds(
    lambda shape, dtype, seed, grad: _tensor(shape, dtype, seed).requires_grad_(grad and dtype.is_floating_point),
    st.sampled_from(SHAPES), st.sampled_from([torch.float32, torch.float64, torch.int64]), st.integers(0, 99), st.booleans(),
)  # fmt: skip


def _tensor(shape, dtype, seed):
    drawn = torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 0.9 + 0.05
    return (drawn * 3).to(dtype) if not dtype.is_floating_point else drawn.to(dtype)


def outcome(function, arguments, options):
    """Return everything that a caller can see of a call."""
    leaves = [a.detach().clone().requires_grad_(a.requires_grad) for a in arguments]
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        try:
            result = function(*leaves, **options)
            if result.requires_grad:
                result.sum().backward()
        except Exception as error:
            return type(error), str(error), [(str(w.message), w.lineno, w.filename) for w in shown]
    grads = [None if leaf.grad is None else leaf.grad.numpy().tobytes() for leaf in leaves]
    return (
        result.detach().numpy().tobytes(),
        result.dtype,
        grads,
        [(str(w.message), w.lineno, w.filename) for w in shown],
    )


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_results_gradients_exceptions_and_warnings_are_the_same_bits(data):
    functions = [(name, f) for name, f in loss_functions() if "ctc" not in name and "Adaptive" not in name]
    _, function = data.draw(st.sampled_from(functions))
    needed = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty and p.name != "self"]
    arguments = [data.draw(tensors) for _ in needed]
    # of no rows at all this kernel returns memory that nobody has written
    assume(function is not F.multilabel_margin_loss or all(argument.numel() for argument in arguments))
    options = data.draw(st.sampled_from([{}, {"reduction": "sum"}, {"reduction": "none"}, {"reduction": "wrong"}]))
    plain = outcome(function, arguments, options)
    kept = Log()
    watch(kept)
    try:
        watched = outcome(function, arguments, options)
        again = outcome(function, arguments, options)
    finally:
        unwatch(kept)
    assert plain == watched == again


def test_torch_is_what_it_was_when_the_last_one_leaves():
    before = {name: (f, f.__code__) for name, f in loss_functions()}
    first, second = Log(), Log()
    watch(first)
    watch(second)
    assert len({f.__code__: name for name, f in loss_functions()}) == len(before)
    assert all(f is before[name][0] and f.__code__ is not before[name][1] for name, f in loss_functions())
    unwatch(first)
    assert interception.is_watching()
    unwatch(second)
    unwatch(second)
    assert not interception.is_watching()
    assert all((f, f.__code__) == before[name] for name, f in loss_functions())


def test_a_call_is_seen_with_names_place_and_module(log):
    x, y = torch.randn(4, 3), torch.randn(4, 3)
    mse_loss(x, target=y, reduction="sum")
    nn.Sequential(nn.HuberLoss(delta=2.0))[0](x, y)
    first, second = log
    assert (first.loss, first.module) == ("torch.nn.functional.mse_loss", None)
    assert first.arguments["input"] is x
    assert first.arguments["reduction"] == "sum"
    assert (
        first.caller.f_code.co_name == second.caller.f_code.co_name == "test_a_call_is_seen_with_names_place_and_module"
    )
    assert isinstance(second.module, nn.HuberLoss)
    assert second.arguments["delta"] == 2.0


def test_a_known_call_is_looked_at_again_at_powers_of_two(log):
    for size in (4, 4, 9, 9, 4, 7, 4, 4):  # one pattern: the verdict does not depend on how large a size is
        F.mse_loss(torch.randn(size, 3), torch.randn(size, 3))
    assert [(seen.first, seen.calls) for seen in log] == [(True, 1), (False, 2), (False, 4), (False, 8)]


def test_other_sizes_dtypes_grads_and_options_are_new(log):
    def call(x, y, **options):
        F.mse_loss(x, y, **options)

    x, y = torch.randn(4, 3), torch.randn(4, 3)
    call(x, y)
    call(x.requires_grad_(), y)
    call(x, y.double())
    call(x, y, reduction="none")
    call(torch.randn(3, 3), torch.randn(3, 3))
    assert [seen.first for seen in log] == [True] * 5


@pytest.mark.parametrize("name", ["mse_loss", "cross_entropy"])
def test_tracebacks_show_torchs_own_lines(log, name):
    with pytest.raises((RuntimeError, AttributeError, TypeError)) as watched:
        getattr(F, name)("no tensor", torch.ones(2))
    lines = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(watched.value.__traceback__)]
    unwatch(log.append)
    with pytest.raises((RuntimeError, AttributeError, TypeError)) as plain:
        getattr(F, name)("no tensor", torch.ones(2))
    assert (
        lines[1:] == [(frame.filename, frame.lineno) for frame in traceback.extract_tb(plain.value.__traceback__)][1:]
    )
    assert (type(plain.value), str(plain.value)) == (type(watched.value), str(watched.value))


def test_a_watcher_that_fails_is_dropped_with_one_warning():
    def broken(_):
        raise KeyError("oops")

    watch(broken)
    with pytest.warns(RuntimeWarning, match="goes on without it"):
        loss = F.mse_loss(torch.ones(2), torch.zeros(2))
    assert loss == 1
    assert not interception.is_watching()


def test_a_refusal_reaches_the_user_before_the_kernel():
    class No(Refusal):
        """What a guard raises."""

    def refuse(_):
        raise No

    watch(refuse)
    try:
        with pytest.raises(No):
            F.mse_loss(torch.ones(2), torch.zeros(2))
    finally:
        unwatch(refuse)


def test_a_watcher_may_call_losses_itself(log):
    watch(lambda _: F.l1_loss(torch.ones(2), torch.ones(2)))
    F.mse_loss(torch.ones(2), torch.ones(2))
    interception._STATE.watchers[:] = [log.append]
    assert [seen.loss for seen in log] == ["torch.nn.functional.mse_loss"]


def test_scripting_and_tracing_read_torchs_own_source(log):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scripted = torch.jit.script(nn.MSELoss())
    assert scripted(torch.ones(3), torch.zeros(3)) == 1
    traced = torch.fx.symbolic_trace(nn.MSELoss())
    assert [node.op for node in traced.graph.nodes] == ["placeholder", "placeholder", "call_function", "output"]
    grads = torch.func.vmap(torch.func.grad(F.mse_loss))(torch.ones(4, 3), torch.zeros(4, 3))
    assert grads.shape == (4, 3)
    assert log[-1].arguments["input"].shape == (3,)


def known_for_long(call, *args, times=300):
    for _ in range(times):
        call(*args)


@pytest.mark.filterwarnings("ignore:Using a target size")
def test_sizes_and_options_that_change_at_a_known_place_are_seen_at_once(log):
    def call(x, y, **options):
        F.mse_loss(x, y, **options)

    x, y = torch.randn(4, 3), torch.randn(4, 3)
    known_for_long(call, x, y)
    del log[:]
    call(torch.randn(4, 1), y[:, :1])
    call(x, y[:1])
    call(x, y, reduction="sum")
    call(x, y, weight=torch.ones(4, 3))
    assert [seen.first for seen in log] == [True] * 4


@pytest.mark.parametrize("change", ["dtype", "grad", "type"])
def test_what_else_changes_at_a_known_place_is_seen_within_a_period(log, change):
    def call(x, y):
        F.mse_loss(x, y)

    x, y = torch.randn(4, 3), torch.randn(4, 3)
    known_for_long(call, x, y)
    del log[:]
    other = {"dtype": x.double(), "grad": x.clone().requires_grad_(), "type": nn.Parameter(x)}[change]
    known_for_long(call, other, y, times=PERIOD)
    assert [seen.first for seen in log][:1] == [True]
    assert log[0].arguments["input"] is other


def test_without_the_step_of_c_python_compares(log, monkeypatch):
    monkeypatch.setattr("snugly.runtime.known._guards", lambda: None)

    def call(x, y):
        F.mse_loss(x, y)

    x, y = torch.randn(4, 3), torch.randn(4, 3)
    known_for_long(call, x, y, times=100)
    assert [seen.calls for seen in log] == [1, 2, 4, 8, 16, 32, 64]
    known_for_long(call, x, y.double(), times=PERIOD)
    assert log[-1].arguments["target"].dtype == torch.float64


def test_the_same_tensors_at_another_line_are_another_call(log):
    criterion = nn.MSELoss()
    x, y = torch.randn(4, 3), torch.randn(4, 3)
    for step in range(200):
        F.mse_loss(x, y)
        criterion(x, y)
        if step == 150:
            F.mse_loss(x, y)
            criterion(x, y)
    lines = [seen.caller.f_lineno for seen in log if seen.first] if log else []
    assert len(lines) == 4
    assert [seen.calls for seen in log if seen.first] == [1] * 4


def test_a_module_called_at_two_places_by_turns_is_counted_at_each(log):
    criterion = nn.CrossEntropyLoss(weight=torch.ones(3))
    scores, labels = torch.randn(4, 3), torch.tensor([0, 1, 2, 0])
    for _ in range(100):
        criterion(scores, labels)
        criterion(scores, labels)
    assert [seen.calls for seen in log] == [n for n in (1, 2, 4, 8, 16, 32, 64) for _ in range(2)]
    assert {seen.pattern.calls for seen in log} == {100}


@pytest.mark.parametrize("threads", [4])
def test_calls_are_counted_in_all_threads(log, threads):
    x, y = torch.randn(4, 3), torch.randn(4, 3)

    def train():
        for _ in range(250):
            F.mse_loss(x, y)

    running = [threading.Thread(target=train) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert sum(seen.first for seen in log) == 1
    assert abs(log[0].pattern.calls - 250 * threads) <= threads * len(log)


def test_a_mode_of_the_user_sees_what_it_sees_without_a_watcher(log):
    class Listens(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            heard.append(function)
            return function(*args, **(kwargs or {}))

    def listen():
        with Listens():
            for _ in range(3):
                F.mse_loss(torch.ones(4, 3), torch.ones(4, 3))

    heard = []
    listen()
    watched = [each for each in heard if each is F.mse_loss]
    unwatch(log.append)
    heard = []
    listen()
    assert watched == [each for each in heard if each is F.mse_loss]


def test_what_a_call_was_given_is_not_kept(log):
    def scope():
        x = torch.randn(4, 3)
        scale, weight = torch.ones(3), torch.ones(4, 3)
        F.mse_loss(x, x.clone(), weight=weight)
        F.triplet_margin_with_distance_loss(x, x, x, distance_function=lambda a, b: ((a - b) * scale).norm(dim=-1))
        return [weakref.ref(each) for each in (x, weight, scale)]

    references = scope()
    assert len(log) == 2
    del log[:]
    gc.collect()
    assert [reference() for reference in references] == [None] * 3


def test_two_callers_whose_calls_lie_at_the_same_offset_are_two_places(log):
    first = lambda x, y: F.mse_loss(x, y)  # noqa: E731, PLW0108
    second = lambda x, y: F.mse_loss(x, y)  # noqa: E731, PLW0108
    x, y = torch.randn(4, 3), torch.randn(4, 3)
    for _ in range(3):
        first(x, y)
        second(x, y)
    assert [(seen.caller.f_code is first.__code__, seen.calls) for seen in log] == [
        (True, 1), (False, 1), (True, 2), (False, 2)
    ]  # fmt: skip
