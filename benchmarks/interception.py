"""What watching costs a known loss call: ``mse_loss`` of 32 × 10, with and without, alternating, in CPU time."""

from __future__ import annotations

import statistics
import time

from benchmarks.measuring import Row

ROUNDS = 60
CALLS = 100
WARM = 6  # rounds before measuring: past the look at the 512th call, before the next one


def measure() -> list[Row]:
    """Return the median cost of a call, of rounds that alternate, and the cost of looking at a new one."""
    import torch
    from torch.nn import functional

    from snugly.runtime.interception import unwatch, watch
    from snugly.runtime.session import Session

    torch.set_num_threads(1)
    input, target = torch.randn(32, 10, requires_grad=True), torch.randn(32, 10)
    session = Session(lambda _: None)

    def call() -> float:
        start = time.thread_time()
        for _ in range(CALLS):
            functional.mse_loss(input, target)
        return 1e6 * (time.thread_time() - start) / CALLS

    plain, added = [], []
    for _ in range(ROUNDS):
        call()
        before = call()
        watch(session.look)
        for _ in range(WARM):
            call()
        watched = call()
        unwatch(session.look)
        call()
        after = call()
        plain.append(min(before, after))
        added.append(watched - (before + after) / 2)
    watch(session.look)
    start = time.thread_time()
    functional.mse_loss(input, target)
    first = 1e6 * (time.thread_time() - start)
    unwatch(session.look)
    return [
        Row("mse_loss 32×10, plain", statistics.median(plain), "µs"),
        Row("mse_loss 32×10, watched and known: added", statistics.median(added), "µs", 1.0),
        Row("mse_loss 32×10, watched and new", first, "µs"),
    ]
