"""What watching costs a known loss call: ``mse_loss`` of 32 × 10, plain, watched, and wrapped to compare shapes.

The three take turns within each round, so that a busy machine is busy for all of them. Each call is timed by itself;
the difference of the medians is told, and the wrapper's tells how fast the machine was.
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
WARM = 8  # calls of each turn that are not counted: caches hold the side before
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
    _timed(watched, input, target)
    for pattern in interception._STATE.knowledge.patterns.values():  # noqa: SLF001 - what is measured is the time between the looks
        pattern.left = FAR
    times: list[list[int]] = [[], [], []]
    for _ in range(ROUNDS):
        for side, kept in zip(sides, times, strict=True):
            kept.extend(_timed(side, input, target))
    start = time.thread_time()
    functional.mse_loss(input, target)
    first = 1e6 * (time.thread_time() - start)
    interception.unwatch(session.look)
    plain_time, watched_time, wrapped_time = (statistics.median(kept) / 1e3 for kept in times)
    fast = [statistics.quantiles(kept, n=10)[0] / 1e3 for kept in times]
    added, shapes = watched_time - plain_time, wrapped_time - plain_time
    return [
        Row("mse_loss 32×10, plain", plain_time, "µs"),
        Row("mse_loss 32×10, a wrapper that compares shapes: added", shapes, "µs"),
        Row("mse_loss 32×10, watched and known: added", added, "µs", 1.0),
        Row("mse_loss 32×10, watched and known: added, fastest tenth", fast[1] - fast[0], "µs", 1.0),
        Row("… beside that of the wrapper, medians", added / shapes, "×"),
        Row("… beside that of the wrapper, fastest tenths", (fast[1] - fast[0]) / (fast[2] - fast[0]), "×"),
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


def _timed(function: Callable[..., Any], input: Any, target: Any) -> list[int]:
    """Return the nanoseconds of each call but the first few."""
    times = []
    for _ in range(CALLS):
        start = time.perf_counter_ns()
        function(input, target)
        times.append(time.perf_counter_ns() - start)
    return times[WARM:]
