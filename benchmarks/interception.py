"""What watching costs a known loss call: ``mse_loss`` of 32 × 10, plain, watched, and wrapped to compare shapes.

The three take turns within each round, in CPU time, so that a busy machine is busy for all of them. Of many rounds
the median of the difference to the plain call is told, and the wrapper's tells how fast the machine was.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

from benchmarks.measuring import Row

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 300
CALLS = 60
WARM = 20  # calls before those that are measured, after the code of the function has changed
FAR = 2**20  # calls until the next look, so that none falls into a measured round


def measure() -> list[Row]:
    """Return the median cost of a known call beside that of a wrapper, and the cost of looking at a new one."""
    import torch
    from torch.nn import functional

    from snugly.runtime import interception
    from snugly.runtime.session import Session

    torch.set_num_threads(1)
    session = Session(lambda _: None)
    input, target = torch.randn(32, 10, requires_grad=True), torch.randn(32, 10)
    plain, watched, wrapped = (_copy(functional.mse_loss) for _ in range(3))
    interception.watch(session.look)
    watched.__code__ = functional.mse_loss.__code__
    sides = (plain, watched, _wrapper(wrapped))
    for _ in range(WARM):
        _timed(watched, input, target)
    for pattern in interception._STATE.knowledge.patterns.values():  # noqa: SLF001 - what is measured is the time between the looks
        pattern.left = FAR
    rounds = [[_timed(side, input, target) for side in sides] for _ in range(ROUNDS)]
    start = time.thread_time()
    functional.mse_loss(input, target)
    first = 1e6 * (time.thread_time() - start)
    interception.unwatch(session.look)
    added, shapes = (statistics.median(each[side] - each[0] for each in rounds) for side in (1, 2))
    best = [min(each[side] for each in rounds) for side in range(3)]
    return [
        Row("mse_loss 32×10, plain", statistics.median(each[0] for each in rounds), "µs"),
        Row("mse_loss 32×10, a wrapper that compares shapes: added", shapes, "µs"),
        Row("mse_loss 32×10, watched and known: added", added, "µs", 1.0),
        Row("mse_loss 32×10, watched and known: added, best round", best[1] - best[0], "µs", 1.0),
        Row("… beside that of the wrapper, medians", added / shapes, "×"),
        Row("… beside that of the wrapper, best rounds", (best[1] - best[0]) / (best[2] - best[0]), "×"),
        Row("mse_loss 32×10, watched and new", first, "µs"),
    ]


def _copy(function: Any) -> Any:
    """Return a function of the same code, which nothing else changes and whose code is warmed by itself."""
    return type(function)(
        function.__code__.replace(),
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )


def _wrapper(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return what people write by hand to be told of sizes that broadcast."""

    def checked(input: Any, target: Any, **options: Any) -> Any:
        if input.shape != target.shape:
            message = f"{input.shape} against {target.shape}"
            raise ValueError(message)
        return function(input, target, **options)

    return checked


def _timed(function: Callable[..., Any], input: Any, target: Any) -> float:
    start = time.thread_time()
    for _ in range(CALLS):
        function(input, target)
    return 1e6 * (time.thread_time() - start) / CALLS
