"""What ``snugly.guard`` costs: a known loss call, and a training step of a small MLP beside two other ways to check it.

Sides alternate and times are CPU time, so that a busy machine is busy for all; medians are told.
"""

from __future__ import annotations

import statistics
import time
from contextlib import nullcontext
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from benchmarks.measuring import Row

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 60
CALLS = 200
STEPS = 10
BATCH, FEATURES, HIDDEN, CLASSES = 128, 256, 512, 10


def measure() -> list[Row]:
    """Return the cost of a known call, and the ratios of a step that is guarded, typed or seen by an empty mode."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    return [*_call(), *_step()]


def _call() -> list[Row]:
    import torch
    from torch.nn import functional

    import snugly

    input, target = torch.randn(32, 10), torch.randn(32, 10)

    def calls() -> float:
        start = time.thread_time()
        for _ in range(CALLS):
            functional.mse_loss(input, target)
        return (time.thread_time() - start) / CALLS

    guard = snugly.guard()
    with guard:
        calls()  # what is known stays known when the guard comes back
    rounds = []
    for _ in range(ROUNDS):
        before = calls()
        with guard:
            guarded = calls()
        rounds.append((before, guarded, calls()))
    added = [guarded - (before + after) / 2 for before, guarded, after in rounds]
    return [
        Row("mse_loss 32×10, plain", 1e6 * statistics.median(before for before, _, _ in rounds), "µs"),
        Row("mse_loss 32×10, guarded and known: added", 1e6 * statistics.median(added), "µs", 1.0),
    ]


def _step() -> list[Row]:
    import torch
    from torch import nn
    from torch.overrides import TorchFunctionMode

    import snugly

    class Empty(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            return func(*args, **(kwargs or {}))

    model = nn.Sequential(nn.Linear(FEATURES, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, CLASSES))
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
    criterion = nn.CrossEntropyLoss()
    x, y = torch.randn(BATCH, FEATURES), torch.randint(CLASSES, (BATCH,))

    def step(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    guard = snugly.guard()
    sides: dict[str, tuple[Callable[..., Any], Any]] = {
        "snugly.guard": (step, guard),
        "an empty TorchFunctionMode": (step, Empty()),
    }
    if find_spec("jaxtyping") and find_spec("beartype"):
        sides["jaxtyping with beartype"] = (_typed(step), nullcontext())
    rows = []
    for name, (run, context) in sides.items():
        with context:
            _steps(run, x, y)
        ratios = []
        for _ in range(ROUNDS):
            before = _steps(step, x, y)
            with context:
                inside = _steps(run, x, y)
            ratios.append(inside / ((before + _steps(step, x, y)) / 2))
        bar = 1.005 if context is guard else None
        rows.append(Row(f"step of an MLP, {name} / plain", statistics.median(ratios), "×", bar))
    return rows


def _typed(step: Callable[..., Any]) -> Callable[..., Any]:
    """Return the step with its arguments' shapes checked by the two libraries."""
    import torch
    from beartype import beartype
    from jaxtyping import Float, Int, jaxtyped

    annotations = {
        "x": Float[torch.Tensor, "batch features"],
        "y": Int[torch.Tensor, "batch"],
        "return": Float[torch.Tensor, ""],
    }

    def typed(x, y):
        return step(x, y)

    typed.__annotations__ = annotations
    checked: Callable[..., Any] = jaxtyped(typechecker=beartype)(typed)
    return checked


def _steps(step: Callable[..., Any], x: Any, y: Any) -> float:
    start = time.thread_time()
    for _ in range(STEPS):
        step(x, y)
    return time.thread_time() - start
