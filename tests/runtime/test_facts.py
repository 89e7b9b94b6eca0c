"""Live facts against torch itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from snugly.facts.records import replace
from snugly.facts.values import Meaning, ValueFacts
from snugly.runtime.facts import facts_of

REARRANGEMENTS = {
    "nothing": lambda x: x,
    "view of the leading axes": lambda x: x.reshape(-1, x.shape[-1]),
    "permute": lambda x: x.permute(2, 0, 1),
    "transpose with negative axes": lambda x: x.transpose(-1, -3),
    "moved and merged": lambda x: x.movedim(2, 0).flatten(1),
    "unsqueeze": lambda x: x.unsqueeze(1),
    "unsqueeze, squeeze": lambda x: x.unsqueeze(-1).squeeze(),
    "select": lambda x: x[:, 0],
    "clone of a cast": lambda x: x.double().clone(),
    "expand": lambda x: x.expand(2, *x.shape),
    "matrix transpose": lambda x: x[0].t(),
    "slice of another axis": lambda x: x[1:],
}


@pytest.mark.parametrize("rearrange", REARRANGEMENTS.values(), ids=REARRANGEMENTS.keys())
@pytest.mark.parametrize("dim", [0, 1, -1])
def test_the_axis_that_sums_to_one_is_followed(rearrange, dim):
    x = torch.randn(4, 5, 3, requires_grad=True)
    result = rearrange(torch.softmax(x, dim))
    values = facts_of(result).values
    if values.axis is not None:
        torch.testing.assert_close(result.sum(values.axis), torch.ones_like(result.sum(values.axis)), check_dtype=False)
    kept = any(
        torch.allclose(result.sum(axis).double(), torch.ones((), dtype=torch.float64)) for axis in range(result.dim())
    )
    assert (values.axis is not None) == kept
    assert values.meaning is Meaning.PROBABILITIES


@pytest.mark.parametrize(
    ("make", "meaning"),
    [
        (lambda x: torch.sigmoid(x).squeeze(), Meaning.BERNOULLI),
        (lambda x: 1 - torch.sigmoid(x), Meaning.BERNOULLI),
        (lambda x: torch.log(torch.sigmoid(x) + 1e-8), Meaning.LOG_BERNOULLI),
        (F.logsigmoid, Meaning.LOG_BERNOULLI),
        (lambda x: F.log_softmax(x, 1), Meaning.LOG_PROBABILITIES),
        (lambda x: torch.softmax(x, 1).clamp(1e-6, 1).log(), Meaning.LOG_PROBABILITIES),
        (lambda x: F.log_softmax(x, 1).exp(), Meaning.PROBABILITIES),
        (nn.Linear(3, 2), Meaning.LOGITS),
        (lambda x: nn.Linear(3, 2, bias=False)(x).reshape(-1, 2) / 0.5, Meaning.LOGITS),
        (nn.Conv1d(5, 2, 1), Meaning.LOGITS),
        (lambda x: torch.ones(4, 6, 5) @ nn.Linear(3, 2)(x), Meaning.LOGITS),
        (lambda x: x[0] @ nn.Parameter(torch.ones(3, 2)) + nn.Parameter(torch.ones(2)), Meaning.LOGITS),
        (lambda x: torch.ones(6, 5) @ (x[0] @ nn.Parameter(torch.ones(3, 2))), Meaning.LOGITS),
        (lambda x: torch.ones(4, 6, 5) @ torch.softmax(x, 1), None),
        (lambda x: torch.sigmoid(x) + nn.Parameter(torch.ones(3)), None),
        (lambda x: nn.Linear(3, 3)(x) + x.relu(), None),
        (torch.relu, None),
        (lambda x: torch.sigmoid(x) * torch.sigmoid(x), None),
        (lambda x: torch.softmax(x, 1) * 3, None),
        (lambda x: x @ x.mT, None),
    ],
)
def test_the_meaning_follows_the_graph(make, meaning):
    assert facts_of(make(torch.randn(4, 5, 3, requires_grad=True))).values.meaning is meaning


def test_the_features_of_a_layer_are_named_where_they_end_up():
    x = torch.randn(2, 5, 3)
    assert facts_of(nn.Linear(3, 4)(x)).axes == (None, None, "features")
    assert facts_of(nn.Linear(3, 4)(x).permute(0, 2, 1)).axes == (None, "features", None)
    assert facts_of(nn.Linear(3, 4)(x).reshape(-1, 4)).axes == (None, "features")
    assert facts_of(nn.Conv1d(5, 4, 1)(x)).axes == (None, "channels", None)
    assert facts_of(x).axes is None


def test_meaning_by_value_needs_more_rows_than_chance():
    labels = torch.arange(6) % 3
    assert facts_of(F.one_hot(labels)).values.meaning is Meaning.ONE_HOT
    assert facts_of(torch.softmax(torch.randn(6, 3), 1)).values.meaning is Meaning.PROBABILITIES
    assert facts_of(torch.log_softmax(torch.randn(6, 3), 1)).values.meaning is Meaning.LOG_PROBABILITIES
    assert facts_of(torch.tensor([[0.0, 1.0]])).values.meaning is None
    assert facts_of(torch.ones(8, 1)).values.meaning is None
    assert facts_of(torch.randn(6, 3)).values.meaning is None


numbers = st.lists(st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 3.0, 255.0, float("nan")]), max_size=12)


@settings(max_examples=300, deadline=None)
@given(
    numbers, st.sampled_from([-1.0, 0.0, 1.0]), st.sampled_from([0.0, 1.0, 255.0]), st.sampled_from([None, -1.0, 255.0])
)
def test_live_values_answer_as_the_elements_do(items, low, high, ignoring):
    tensor = torch.tensor(items, dtype=torch.float32)
    live = facts_of(tensor).values
    plain = ValueFacts(elements=tuple(items))
    assert live.inside(low, high, ignoring=ignoring) == plain.inside(low, high, ignoring=ignoring)
    assert live.contains(high) == plain.contains(high)
    assert live.only((0.0, 1.0)) == plain.only((0.0, 1.0))
    assert live.is_finite() == all(x == x for x in items)  # noqa: PLR0124 - NaN
    assert live.is_integral() == all(x.is_integer() for x in items)


def test_a_sample_refutes_and_never_confirms():
    ones = torch.ones(100)
    values = facts_of(ones, limit=10).values
    assert values.inside(0, 1) is None
    assert values.inside(2, 3) is False
    assert values.only((0, 1)) is None
    assert values.contains(1.0) is True
    assert values.contains(2.0) is None
    assert (values.low, values.attained) == (None, False)
    spread = facts_of(torch.arange(10_000).reshape(100, 100).t(), limit=100).values
    assert spread.inside(0, 5) is False


def test_metadata_and_arrays():
    facts = facts_of(nn.Parameter(torch.zeros(3, 0, dtype=torch.bfloat16)))
    assert (facts.shape, facts.dtype, facts.device, facts.requires_grad, facts.kind) == (
        (3, 0),
        "bfloat16",
        "cpu",
        True,
        "parameter",
    )
    array = facts_of(np.arange(6, dtype=np.int32).reshape(2, 3)[::-1])
    assert (array.shape, array.dtype, array.kind, array.requires_grad) == ((2, 3), "int32", "ndarray", False)
    assert facts_of(np.array(["a"])).dtype is None
    assert facts_of(np.arange(6)).values.high == 5
    with pytest.raises(TypeError, match=r"torch\.Tensor"):
        facts_of([1, 2])


@pytest.mark.parametrize(
    "dtype", [torch.uint8, torch.bool, torch.int64, torch.uint16, torch.uint64, torch.float16, torch.bfloat16]
)
def test_every_dtype_can_be_looked_at(dtype):
    values = facts_of(torch.tensor([0, 1, 1]).to(dtype)).values
    assert (values.low, values.high, values.inside(0, 1), values.only((0, 1)), values.contains(1)) == (
        0,
        1,
        True,
        True,
        True,
    )


def test_unreadable_tensors_answer_unknown():
    seen = []

    def look(x):
        seen.append(facts_of(x))
        return x.sum()

    torch.func.vmap(look)(torch.ones(4, 3))
    torch.func.grad(look)(torch.ones(3))
    assert [facts.shape for facts in seen] == [(3,), (3,)]
    others = [torch.empty(3, device="meta"), torch.ones(2, 2).to_sparse(), torch.ones(2, dtype=torch.complex64)]
    for facts in [*seen, *map(facts_of, others)]:
        assert facts.values.inside(0, 1) is None
        assert facts.values.low is None
        assert facts.values.meaning is None


def test_replacing_a_live_fact_gives_plain_facts():
    assert replace(facts_of(torch.arange(3)).values, axis=1).high == 2


def test_looking_after_backward_still_works():
    x = torch.randn(4, 3, requires_grad=True)
    y = torch.softmax(x, 1)
    y.sum().backward()
    assert facts_of(y).values.inside(0, 1) is True


def test_every_value_fact_has_a_live_answer():
    live = facts_of(torch.tensor([0.0, 1.0, 1.0])).values
    assert [name for name in ValueFacts.__match_args__ if not hasattr(live, name)] == []
    assert live.explicit() == {0.0, 1.0}
