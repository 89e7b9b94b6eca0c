"""What a run adds to what its source shows, and what it takes away."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from snugly.facts.notation import parse
from snugly.facts.origins import Place
from snugly.rules.findings import Finding, OriginStep, Severity
from snugly.runtime.session import Session

pytestmark = pytest.mark.filterwarnings("ignore:Using a target size")
LOSS = "torch.nn.functional.mse_loss"


def from_source(code, line, input, target, **parts):
    facts = {"input": parse(input), "target": parse(target)}
    return Finding(code, "n", Severity.ERROR, "m", Place(__file__, line), parts.pop("loss", LOSS), facts, **parts)


def run(static, x, y):
    told = []
    session = Session(told.append, lambda _: tuple(static))
    with session.watching():
        F.mse_loss(x, y)
    session.finish()
    return told


LINE = 27  # of the loss call in run


def test_the_run_takes_back_what_it_contradicts_and_keeps_the_rest():
    x, y = torch.zeros(4, 1), torch.zeros(4, 1)
    elsewhere = from_source("SNG401", LINE + 100, "float32[N, 1]", "float32[N]")
    by_hand = from_source("SNG402", LINE, "float32[N, 1]", "float32[N]", loss=None)
    agrees = from_source("SNG305", LINE, "float32[N, 1]", "float32[N, 1]")
    contradicted = from_source("SNG401", LINE, "float32[N, 1]", "float32[N]")
    raising = from_source("SNG105", LINE, "float32[N, 1]", "float32[N, 1]", raises=object())
    assert run([elsewhere, by_hand, agrees, contradicted, raising], x, y) == [elsewhere, by_hand, agrees]


def test_a_live_finding_keeps_its_facts_and_takes_the_cause_from_the_source():
    cause = Place(__file__, 3)
    step = OriginStep(cause, "y = y[0]", "target")
    static = from_source("SNG401", LINE, "float32[N, 1]", "float32[N]", cause=cause, origin=(step,))
    (told,) = run([static], torch.zeros(4, 1), torch.zeros(4))
    assert (told.line, told.cause, told.origin) == (LINE, cause, (step,))
    assert told.facts["input"].shape == (4, 1)
    assert "4" in told.message
