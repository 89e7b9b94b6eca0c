"""Preflight of the models of ``examples/models``: proved for every size, and not a bit of them is changed."""

import copy
import runpy
from pathlib import Path

import pytest
import torch

import snugly

MODELS = sorted((Path(__file__).parents[2] / "examples" / "models").glob("*.py"))


def modules(model):
    return list(model.values()) if isinstance(model, dict) else [model]


def state(models):
    """Everything of the models that training could change, by value."""
    tensors = [
        each.detach().clone()
        for model in models
        for each in (*model.parameters(), *model.buffers(), *(p.grad for p in model.parameters() if p.grad is not None))
    ]
    kept = [
        {name: copy.copy(value) for name, value in vars(module).items() if not name.startswith("_")}
        for model in models
        for module in model.modules()
    ]
    hooks = [
        len(module._forward_hooks) + len(module._forward_pre_hooks) for model in models for module in model.modules()
    ]
    return tensors, kept, hooks, torch.get_rng_state()


@pytest.mark.parametrize("file", MODELS, ids=lambda file: file.stem)
def test_a_model_is_proved_and_left_as_it_was(file):
    made = runpy.run_path(str(file))["make_step"]()
    if not isinstance(made, dict):
        made = dict(zip(("model", "loss", "batch_or_loader"), made, strict=True))
    models = modules(made["model"])
    next(models[0].parameters()).grad = torch.ones_like(next(models[0].parameters()))
    before = state(models)
    report = snugly.preflight(**made)
    after = state(models)
    assert report.proof.startswith("proved for every batch size from 1 to ")
    assert not report.findings
    assert not report.without_gradient
    assert all(torch.equal(a, b) for a, b in zip(before[0], after[0], strict=True))
    assert [list(each) for each in before[1]] == [list(each) for each in after[1]]
    assert before[2] == after[2]
    assert torch.equal(before[3], after[3])
