"""What a guard tells, when, and how it ends."""

from __future__ import annotations

import asyncio
import gc
import logging
import pickle
import warnings

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import snugly
from snugly.runtime import interception
from snugly.runtime.interception import loss_functions


@pytest.fixture(autouse=True)
def torch_is_what_it_was(recwarn):
    before = [(function, function.__code__) for _, function in loss_functions()]
    yield
    assert not interception.is_watching()
    assert [(function, function.__code__) for _, function in loss_functions()] == before


def broadcast(rows=8):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Using a target size")
        return F.mse_loss(torch.ones(rows, 1), torch.ones(rows))


def fits(rows=8):
    return F.mse_loss(torch.ones(rows, 1), torch.ones(rows, 1))


def codes(guard):
    return [finding.code for finding in guard.findings]


def test_a_finding_is_told_once_for_each_place_and_counted(recwarn, capsys):
    with snugly.guard() as guard:
        for rows in (8, 8, 8, 5, 8):
            broadcast(rows)
            fits(rows)
    told = [each for each in recwarn if issubclass(each.category, snugly.MisfitWarning)]
    assert len(told) == 1
    assert told[0].filename == __file__
    assert "SNG401" in str(told[0].message)
    assert codes(guard) == ["SNG401"]
    assert guard.counts == (5,)
    assert "5 calls" in capsys.readouterr().err


def test_every_call_is_refused_where_it_was_asked_to_raise():
    with snugly.guard(on_finding="raise"):
        for rows in (8, 8, 5, 8):
            fits(rows)
            with pytest.raises(snugly.MisfitError) as caught:
                broadcast(rows)
            assert [finding.code for finding in caught.value.findings] == ["SNG401"]


def test_what_torch_would_raise_is_still_caught_as_that():
    with snugly.guard(on_finding="raise"):
        with pytest.raises(ValueError, match="SNG102") as caught:
            F.cross_entropy(torch.ones(4, 3), torch.zeros(1, 4, dtype=torch.int64))
        assert isinstance(caught.value, snugly.MisfitError)
        again = pickle.loads(pickle.dumps(caught.value))
        assert type(again) is type(caught.value)
        assert str(again) == str(caught.value)


def test_torchs_own_exception_comes_through_where_it_was_asked_to_warn():
    with pytest.warns(snugly.MisfitWarning), pytest.raises(IndexError, match="Target 7 is out of bounds") as caught:  # noqa: SIM117
        with snugly.guard():
            F.cross_entropy(torch.ones(4, 3), torch.full((4,), 7))
    assert type(caught.value) is IndexError


def test_a_filter_can_make_errors_of_its_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error", snugly.MisfitWarning)
        with snugly.guard(), pytest.raises(snugly.MisfitWarning):
            broadcast()


def test_it_logs(caplog):
    with caplog.at_level(logging.WARNING, "snugly"), snugly.guard(on_finding="log"):
        broadcast()
        broadcast()
    assert "SNG401" in caplog.text
    assert "2 calls" in caplog.text


def test_a_function_is_called_with_each_finding_and_may_stop_the_step():
    told = []
    with snugly.guard(on_finding=told.append):
        broadcast()
        broadcast()
    assert [finding.code for finding in told] == ["SNG401"]

    def stop(finding):
        raise KeyError(finding.code)

    with snugly.guard(on_finding=stop), pytest.raises(KeyError, match="SNG401"):
        broadcast()


def test_codes_are_selected_and_ignored():
    with snugly.guard(on_finding="raise", ignore=["SNG401"]), snugly.guard(on_finding="raise", select=["sng1"]):
        broadcast()
        with pytest.raises(snugly.MisfitError):
            F.cross_entropy(torch.ones(4, 3), torch.zeros(1, 4, dtype=torch.int64))


def test_of_nested_guards_the_innermost_tells():
    outer, inner = [], []
    with snugly.guard(on_finding=outer.append):
        broadcast()
        with snugly.guard(on_finding=inner.append):
            broadcast()
            F.l1_loss(torch.ones(4, 1), torch.ones(4))
        F.l1_loss(torch.ones(3, 1), torch.ones(3))
    assert [finding.loss.rpartition(".")[2] for finding in inner] == ["mse_loss", "l1_loss"]
    assert [finding.loss.rpartition(".")[2] for finding in outer] == ["mse_loss", "l1_loss"]
    assert len({finding.line for finding in (*inner, *outer)}) == 3


def test_a_decorated_function_knows_what_it_knew():
    told = []
    guard = snugly.guard(on_finding=told.append, value_checks="first")

    @guard
    def step():
        """Train."""
        return broadcast()

    for _ in range(5):
        step()
    assert step.__doc__ == "Train."
    assert len(told) == 1
    assert guard.counts == (5,)

    @snugly.guard(on_finding=told.append)
    async def later():
        return broadcast()

    @snugly.guard(on_finding=told.append)
    def steps():
        yield broadcast()
        yield broadcast()

    assert asyncio.run(later()) == 0
    assert list(steps()) == [0, 0]
    assert len(told) == 3


def test_it_can_be_enabled_for_the_process():
    told = []
    guard = snugly.guard.enable(on_finding=told.append)
    assert snugly.guard.enable(on_finding=told.append) is not guard
    broadcast()
    snugly.guard.disable()
    snugly.guard.disable()
    broadcast()
    assert len(told) == 1


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"on_finding": "shout"}, ValueError, "on_finding must be"),
        ({"on_finding": 3}, TypeError, "on_finding must be"),
        ({"value_checks": "often"}, ValueError, "value_checks must be"),
        ({"value_checks": None}, TypeError, "value_checks must be"),
        ({"select": ["E501"]}, ValueError, "select takes codes"),
        ({"ignore": [401]}, TypeError, "ignore takes codes"),
    ],
)
def test_options_are_checked_at_the_door(options, error, words):
    with pytest.raises(error, match=words):
        snugly.guard(**options)


def test_options_are_keywords():
    with pytest.raises(TypeError):
        snugly.guard("warn")
    with pytest.raises(TypeError, match="decorates functions"):
        snugly.guard()(3)


LABELS = [torch.zeros(4, dtype=torch.int64), torch.full((4,), 3)]


@pytest.mark.parametrize(
    ("checks", "caught"),
    [("never", []), ("first", [1, 3]), ("sampled", [1, 3, 6, 12, 24, 48]), ("always", list(range(1, 51)))],
)
def test_elements_are_looked_at_as_often_as_was_asked(checks, caught):
    def refused(call):
        with snugly.guard(on_finding="raise", value_checks=checks):
            for number in range(1, call + 1):
                try:
                    F.cross_entropy(torch.ones(4, 3), LABELS[number == call])
                except snugly.MisfitError:
                    return True
                except IndexError:  # torch's own: the guard did not look at this batch
                    return False
        raise AssertionError

    calls = [1, 3, 4, 5, 6, 12, 13, 24, 48, 49, 50] if checks != "always" else range(1, 51)
    assert [call for call in calls if refused(call)] == caught


@pytest.mark.parametrize("checks", ["first", "sampled", "always"])
def test_ctc_labels_are_looked_at_before_every_call(checks):
    scores = torch.zeros(10, 2, 5).log_softmax(-1)
    lengths = torch.tensor([10, 10]), torch.tensor([2, 2])
    with snugly.guard(on_finding="raise", value_checks=checks):
        for _ in range(9):
            F.ctc_loss(scores, torch.tensor([[1, 2], [3, 4]]), *lengths)
        with pytest.raises(snugly.MisfitError, match="SNG310"):
            F.ctc_loss(scores, torch.tensor([[1, 2], [3, 5]]), *lengths)


def test_what_is_refused_only_in_the_backward_pass_is_none_of_an_evaluation():
    scores, target = torch.ones(4, requires_grad=True), torch.ones(4, dtype=torch.float64)
    with snugly.guard(on_finding="raise"):
        with torch.no_grad():
            F.huber_loss(scores, target)
        with pytest.raises(snugly.MisfitError) as caught:
            F.huber_loss(scores, target)
    assert caught.value.findings[0].raises.when == "backward"


def test_it_fails_open_with_one_warning(monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("snugly.runtime.guard.judge_call", broken)
    with snugly.guard(on_finding="raise"):
        with pytest.warns(RuntimeWarning, match="goes on without it") as told:
            broadcast()
        assert broadcast() == 0
    assert len(told) == 1


def test_an_exception_of_the_user_passes_and_everything_ends():
    error = KeyError("mine")
    with pytest.raises(KeyError) as caught, snugly.guard():
        raise error
    assert caught.value is error
    assert error.__context__ is None


def test_losses_of_other_libraries_are_watched_at_the_line_that_calls_them(tmp_path, monkeypatch):
    package = tmp_path / "site-packages" / "theirs"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "from torch.nn.functional import mse_loss\ndef loss(a, b):\n    return mse_loss(a, b) + 1\n"
    )
    monkeypatch.syspath_prepend(str(package.parent))
    import theirs

    told = []
    with snugly.guard(on_finding=told.append):
        theirs.loss(torch.ones(4, 1), torch.ones(4))
    assert [finding.file for finding in told] == [__file__]


def test_nothing_of_the_user_stays_alive():
    import weakref

    def scope():
        x = torch.ones(8, 1, requires_grad=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            nn.MSELoss()(x, torch.ones(8)).backward()
        return weakref.ref(x)

    with snugly.guard(on_finding=lambda _: None) as guard:
        alive = scope()
        gc.collect()
    assert guard.findings
    assert alive() is None
