"""Checks many files on every core. The process forks, so a worker has loaded what this one has."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Result = TypeVar("Result")

FEWEST = 8
"""Files that a worker must have to be worth its start."""


def spread(work: Callable[[str], Result], files: Sequence[str]) -> list[Result]:
    """Return ``work(file)`` for each file, in order.

    Where this process may not be forked (another system, or a program with torch's threads) it does all the work, and
    so it does for a worker that did not answer.
    """
    if len(files) < 2:
        return [work(file) for file in files]
    results = {0: work(files[0])}  # loads what every file needs
    largest_first = sorted(range(1, len(files)), key=lambda index: -_size(files[index]))
    workers = min(_cores(), 1 + len(largest_first) // FEWEST)
    shares = [largest_first[start::workers] for start in range(workers)]
    started = [_start(work, files, share) for share in shares[1:]]
    results |= {index: work(files[index]) for index in shares[0]}
    for process, answers in started:
        results |= _collect(process, answers)
    return [results[index] if index in results else work(file) for index, file in enumerate(files)]


def _cores() -> int:
    threads = sys.modules.get("threading")
    if not hasattr(os, "fork") or "torch" in sys.modules or (threads is not None and threads.active_count() > 1):
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _size(file: str) -> int:
    try:
        return os.path.getsize(file)
    except OSError:
        return 0


def _start(work: Callable[[str], Result], files: Sequence[str], share: Sequence[int]) -> tuple[int, int]:
    """Fork a worker; return its process and where it will write its results."""
    answers, into = os.pipe()
    process = os.fork()
    if process:
        os.close(into)
        return process, answers
    try:
        import pickle

        with os.fdopen(into, "wb") as stream:
            stream.write(pickle.dumps({index: work(files[index]) for index in share}))
    finally:
        os._exit(0)  # nothing of this process's parent may be run or flushed twice


def _collect(process: int, answers: int) -> dict[int, Result]:
    """Return the results of a worker; none where it ended before it had them all."""
    import pickle

    with os.fdopen(answers, "rb") as stream:
        data = stream.read()
    os.waitpid(process, 0)
    try:
        results: dict[int, Result] = pickle.loads(data)  # noqa: S301 - written by this program
    except (EOFError, pickle.UnpicklingError):
        return {}
    return results
