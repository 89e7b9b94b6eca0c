"""How everything here is timed: alternately, so that a busy machine is busy for both sides; medians are told."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        what: what was measured.
        measured: the figure.
        unit: of the figure and of the bar; ``"×"`` for a ratio.
        bar: the most it may be, or ``None`` for a figure that others are compared with.
    """

    what: str
    measured: float
    unit: str
    bar: float | None = None

    def __str__(self) -> str:
        """Write the line, with a verdict where there is a bar."""
        bar = "" if self.bar is None else f"{self.bar:g} {self.unit}"
        verdict = "" if self.bar is None else ("ok" if self.measured <= self.bar else "MISSED")
        return f"{self.what:<58} {self.measured:>10.4g} {self.unit:<3} {bar:>10}  {verdict}"


def alternately(repeats: int, *sides: Callable[[], object]) -> list[float]:
    """Return the median seconds of each side, run in turn ``repeats`` times after one run that is not counted."""
    times: list[list[float]] = [[] for _ in sides]
    for turn in range(repeats + 1):
        for side, kept in zip(sides, times, strict=True):
            start = time.perf_counter()
            side()
            if turn:
                kept.append(time.perf_counter() - start)
    return [statistics.median(kept) for kept in times]


def process(*arguments: str, cwd: str | None = None) -> Callable[[], object]:
    """Return a call that runs this Python with arguments, its output thrown away."""
    return program(sys.executable, *arguments, cwd=cwd)


def program(file: str, *arguments: str, cwd: str | None = None) -> Callable[[], object]:
    """Return a call that runs a program with arguments, its output thrown away."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}

    def run() -> None:
        subprocess.run([file, *arguments], cwd=cwd, env=environment, capture_output=True, check=False)

    return run


def table(rows: Sequence[Row]) -> str:
    """Return the lines under a heading."""
    heading = f"{'what':<58} {'measured':>10} {'':<3} {'bar':>10}"
    return "\n".join([heading, "-" * len(heading), *map(str, rows)])
