"""A guarded loss is the same bits as one that is not: values, gradients and exceptions, over generated calls."""

from __future__ import annotations

import importlib
import random
import sys
import warnings
from pathlib import Path

import pytest
import torch

import snugly

EMPTY_IS_UNWRITTEN = {"multilabel_margin_loss", "multi_margin_loss"}
"""Losses that of no rows at all return what happened to be in memory."""


@pytest.fixture(scope="module")
def agreement():
    folder = str(Path(__file__).parents[1] / "agreement")
    sys.path.insert(0, folder)
    yield importlib.import_module("agree"), importlib.import_module("calls"), importlib.import_module("pool")
    sys.path.remove(folder)


def outcome(function, tensors, options):
    """Return everything that a caller can see of a call, to the bit, and the random state after it."""
    torch.manual_seed(0)
    leaves = {name: t.detach().clone().requires_grad_(t.requires_grad) for name, t in tensors.items()}
    try:
        result = function(**leaves, **options)
        result = getattr(result, "loss", result)
        if result.requires_grad:
            (result.abs() if result.is_complex() else result).sum().backward()
    except Exception as error:
        return type(error), str(error)
    return [bits(result.detach()), *(bits(leaf.grad) for leaf in leaves.values()), torch.get_rng_state().tolist()[:8]]


def bits(tensor):
    if tensor is None:
        return None
    return (
        tensor.dtype,
        tuple(tensor.shape),
        tensor.numpy().tobytes() if tensor.dtype != torch.bfloat16 else tensor.view(torch.int16).tolist(),
    )


@pytest.mark.parametrize("count", [1_000, pytest.param(10_000, marks=pytest.mark.long)])
def test_values_gradients_and_exceptions_are_the_same_bits(agreement, count):
    agree, calls, pool = agreement
    warnings.simplefilter("ignore")
    generator = calls.Generator(5)
    draw = random.Random(5)
    drawn = []
    while len(drawn) < count:
        generated = generator.call(draw.choice(calls.LOSSES))
        tensors, facts = pool.arguments_of(generated.entries, generated.wanted)
        name = agree.qualified(generated.loss)
        if generated.loss == "ctc_loss" and not agree.evaluate(agree.LossCall(name, facts, generated.options)).accepted:
            continue  # torch would read and write outside of memory
        if generated.loss in EMPTY_IS_UNWRITTEN and not all(t.numel() for t in tensors.values()):
            continue
        drawn.append((*agree.callable_of(generated.loss, generated.options), tensors))
    plain = [outcome(function, tensors, options) for function, options, tensors in drawn]
    told = []
    with snugly.guard(on_finding=told.append, value_checks="always"):
        guarded = [outcome(function, tensors, options) for function, options, tensors in drawn]
    differing = [index for index in range(count) if plain[index] != guarded[index]]
    assert not [(drawn[index][0], drawn[index][1], plain[index], guarded[index]) for index in differing[:3]]
    assert told
