"""NaN and infinities at a loss: told where torch's own kernel lets them into the loss, with what made them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import snugly

NAN, INF = float("nan"), float("inf")
ROWS, CLASSES = 4, 3


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def findings(step):
    """Run a step under a guard and return what it told of SNG311, and the loss."""
    with snugly.guard(on_finding=lambda _: None, select=["SNG311"]) as guard:
        try:
            loss = step()
        except RuntimeError:
            loss = None
    return guard.findings, loss


def scores(at=None, value=NAN):
    made = torch.randn(ROWS, CLASSES)
    if at is not None:
        made[at] = value
    return made


LABELS = torch.tensor([0, 1, 2, 0])
OTHER_CLASS = torch.arange(CLASSES) != LABELS.unsqueeze(1)
LAYER = nn.Linear(CLASSES, CLASSES)


def broken_layer():
    layer = nn.Linear(CLASSES, CLASSES)
    layer.weight.data[0, 0] = NAN
    return layer


FAULTS = {
    "NaN in the scores": (lambda: F.cross_entropy(scores((2, 1)), LABELS), "input holds 1 NaN among 12 elements, the first at [2, 1]"),
    "a row masked throughout": (lambda: F.cross_entropy(scores(1, -INF), LABELS), "3 infinite among 12 elements, the first at [1, 0]"),
    "the label's own class masked": (lambda: F.cross_entropy(scores((2, 2), -INF), LABELS), "cross_entropy is infinite"),
    "missing values": (lambda: F.mse_loss(LAYER(scores()), scores((3, 0))), "the target holds 1 NaN among 12 elements, the first at [3, 0]: values are missing"),
    "missing labels of a binary loss": (lambda: nn.BCEWithLogitsLoss()(LAYER(scores()), scores((0, 1)).sigmoid()), "BCEWithLogitsLoss is NaN"),
    "NaN where torch wants probabilities": (lambda: F.binary_cross_entropy(LAYER(scores((1, 1))).sigmoid(), scores().sigmoid()), "binary_cross_entropy raises"),
    "log of zero": (lambda: F.nll_loss(torch.log(F.relu(LAYER(scores())) * 0), LABELS), "log was taken of 12 zeros"),
    "log of numbers below zero": (lambda: F.mse_loss(torch.log(-LAYER(scores()).abs()), scores()), "log was taken of 12 numbers below"),
    "a division by zero": (lambda: F.l1_loss(LAYER(scores()) / torch.tensor([1.0, 0.0, 2.0]), scores()), "division by 1 zero"),
    "one over zero": (lambda: F.l1_loss((LAYER(scores()) * 0).reciprocal(), scores()), "division by zero"),
    "a root below zero": (lambda: F.mse_loss((-LAYER(scores()).abs() - 1).sqrt(), scores()), "sqrt was taken of 12 numbers below zero"),
    "a power below zero": (lambda: F.mse_loss((-LAYER(scores()).abs() - 1) ** 0.5 * 1, scores()), "12 numbers below zero"),
    "exp": (lambda: F.mse_loss((LAYER(scores()).abs() * 1e4 + 1e3).exp(), scores()), "exp was larger than its dtype holds in 12 places"),
    "attention to nothing": (lambda: F.mse_loss((LAYER(scores()) + torch.full((ROWS, 1), -INF)).softmax(1), scores()), "softmax was taken of 4 rows that are masked throughout"),
    "a parameter": (lambda: F.mse_loss(broken_layer()(scores()), scores()), "a parameter of 3×3 elements is not finite already"),
    "the data": (lambda: F.mse_loss(LAYER(scores((0, 0))), scores()), "what the model was given holds 1 such element already"),
}  # fmt: skip

HARMLESS = {
    "scores masked with minus infinity": lambda: F.cross_entropy(scores().masked_fill(OTHER_CLASS & (torch.rand(ROWS, CLASSES) < 0.6), -INF), LABELS),
    "a row that is ignored": lambda: F.cross_entropy(scores(1), torch.tensor([0, -100, 2, 1])),
    "an infinity that is cut off": lambda: F.soft_margin_loss(torch.full((3,), INF), torch.ones(3)),
    "a margin that is kept": lambda: F.margin_ranking_loss(torch.tensor([INF]), torch.tensor([0.0]), torch.tensor([1.0])),
    "each loss by itself": lambda: F.mse_loss(scores(), scores((3, 0)), reduction="none"),
    "numbers": lambda: F.mse_loss(LAYER(scores()), scores()),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_it_is_told_where_it_is_and_what_made_it(name):
    step, said = FAULTS[name]
    found, loss = findings(step)
    assert loss is None or not loss.isfinite()
    (finding,) = found
    assert said in finding.message


@pytest.mark.parametrize("name", HARMLESS)
def test_what_does_not_get_into_the_loss_is_no_fault(name):
    found, loss = findings(HARMLESS[name])
    assert found == ()
    assert loss.isfinite().all() or loss.dim()


def test_other_rules_do_not_take_nan_for_a_number():
    with snugly.guard(on_finding=lambda _: None) as guard:
        F.binary_cross_entropy_with_logits(LAYER(scores()), scores((0, 1)).sigmoid())
    assert [finding.code for finding in guard.findings] == ["SNG311"]


def test_nothing_is_computed_where_everything_is_finite(monkeypatch):
    monkeypatch.setattr("snugly.runtime.outcomes.LiveOutcome.returned", property(lambda _: pytest.fail("asked")))
    assert findings(HARMLESS["numbers"])[0] == ()


def test_it_is_found_when_elements_are_looked_at_again():
    with snugly.guard(on_finding="raise"):
        for number in range(30):
            broken = number == 23  # the 24th call: 3, 6, 12, 24
            if broken:
                with pytest.raises(snugly.MisfitError, match="SNG311"):
                    F.mse_loss(scores((0, 0)), scores())
                return
            F.mse_loss(scores(), scores())
    raise AssertionError


def test_torch_warns_no_more_than_it_did(recwarn):
    findings(lambda: F.kl_div(scores().log_softmax(1), scores((0, 0)).softmax(1)))
    findings(lambda: F.mse_loss(scores((0, 0))[:, :1], scores()[:, 0]))
    texts = [str(each.message) for each in recwarn]
    assert len(texts) == len(set(texts)) == 2


def test_the_page_shows_what_the_guard_tells():
    (finding,), _ = findings(FAULTS["log of zero"][0])
    page = (Path(__file__).parents[2] / "docs" / "rules" / "SNG311.md").read_text(encoding="utf-8")
    assert f"error[SNG311]: {finding.message}" in " ".join(page.split())
