"""Checks many files on every core. The process forks, so a worker has loaded what this one has.

This process only hands out files, one to a worker at a time, and takes the results in. So the cores stay busy to the
end, and when a worker stops or stays away it is known which file it had.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Result = TypeVar("Result")

FEWEST = 2
"""Files that a worker must have to be worth its start, which takes a fifth of the time of a small one."""
SMALLEST = 4096
"""Bytes of source that they must have."""
PATIENCE = 60.0
"""Seconds after which a worker will not come back. A file has a budget of far less of its own."""
HEADER = 8
"""Bytes before each result that say how long it is."""


def spread(work: Callable[[str], Result], files: Sequence[str], lost: Callable[[str], Result]) -> list[Result]:
    """Return ``work(file)`` for each file, in order.

    Where this process may not be forked (another system, or a program with torch's threads) it does all the work, and
    so it does where a worker ends by itself.

    Args:
        work: what to do; a result can be pickled.
        files: the files.
        lost: the result for a file that twice took the process down that worked on it, or kept it beyond all patience.
    """
    results: dict[int, Result] = {}
    if files:
        results[0] = work(files[0])  # loads what every file needs
    largest_first = sorted(range(1, len(files)), key=lambda index: -_size(files[index]))
    size = sum(_size(file) for file in files[1:])
    workers = min(_cores(), len(largest_first) // FEWEST, size // SMALLEST)
    if workers > 1:
        office = _Office(work, files, lost, largest_first)
        try:
            office.run(workers)
        finally:
            office.close()
        results |= office.results
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


class _Worker:
    """A process that works, as the one that started it sees it.

    Attributes:
        process: its number.
        orders: where the number of its next file is written.
        answers: where its results are read.
        index: the file it has, if it has one.
        until: when patience with that file ends.
    """

    __slots__ = ("answers", "index", "orders", "process", "until")

    def __init__(self, process: int, orders: int, answers: int) -> None:
        self.process, self.orders, self.answers = process, orders, answers
        self.index: int | None = None
        self.until = 0.0

    def give(self, index: int) -> None:
        """Let it work on a file."""
        self.index, self.until = index, time.monotonic() + PATIENCE
        with suppress(BrokenPipeError):  # it has ended, which is read from its answers
            os.write(self.orders, index.to_bytes(HEADER, "little"))

    def end(self) -> int:
        """Close what leads to it, wait for its end, and return how it ended, as ``os.waitstatus_to_exitcode`` says."""
        os.close(self.orders)
        os.close(self.answers)
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])


class _Office(Generic[Result]):
    """Hands out files and takes results in.

    Attributes:
        results: what has come in, by the number of the file.
    """

    def __init__(
        self, work: Callable[[str], Result], files: Sequence[str], lost: Callable[[str], Result], waiting: Sequence[int]
    ) -> None:
        """Begin with the files of these numbers, in this order."""
        self.results: dict[int, Result] = {}
        self._work, self._files, self._lost = work, files, lost
        self._waiting = list(reversed(waiting))
        self._stopped: set[int] = set()
        self._workers: dict[int, _Worker] = {}

    def run(self, workers: int) -> None:
        """Have all the work done by so many processes."""
        import pickle
        from select import POLLHUP, POLLIN, poll

        watched = poll()
        while self._waiting or any(worker.index is not None for worker in self._workers.values()):
            while self._waiting and len(self._workers) < workers:
                try:
                    worker = self._start()
                except OSError:  # there may be no more processes
                    if not self._workers:
                        return
                    workers = len(self._workers)
                    break
                self._workers[worker.answers] = worker
                watched.register(worker.answers, POLLIN | POLLHUP)
                worker.give(self._waiting.pop())
            patience = min(worker.until for worker in self._workers.values()) - time.monotonic()
            for answers, _ in watched.poll(max(0.0, patience) * 1000 + 1):
                worker = self._workers[answers]
                answer = _read(answers)
                if answer is None:
                    watched.unregister(answers)
                    self._take_back(self._workers.pop(answers))
                    continue
                if worker.index is not None:
                    self.results[worker.index] = pickle.loads(answer)  # noqa: S301 - written by this program
                worker.index = None
                if self._waiting:
                    worker.give(self._waiting.pop())
                else:
                    watched.unregister(answers)
                    self._workers.pop(answers).end()
            self._stop_the_late()

    def close(self) -> None:
        """End every worker at once; there is one left only where the work was interrupted."""
        for worker in self._workers.values():
            _kill(worker)
            worker.end()
        self._workers.clear()

    def _stop_the_late(self) -> None:
        now = time.monotonic()
        for worker in self._workers.values():
            if worker.until < now:
                _kill(worker)  # its end is read from its answers
                if worker.index is not None:
                    self._stopped.add(worker.index)

    def _take_back(self, worker: _Worker) -> None:
        """Decide about the file of a worker that has ended: another worker tries it once; what ends two is lost.

        A worker that ended by itself met an exception, which this process will meet as well, and show.
        """
        code = worker.end()
        index = worker.index
        if index is None:
            return
        if code >= 0:
            self.results[index] = self._work(self._files[index])
        elif index in self._stopped:
            self.results[index] = self._lost(self._files[index])
        else:
            self._stopped.add(index)
            self._waiting.append(index)

    def _start(self) -> _Worker:
        """Fork a worker."""
        (ordered, orders), (answers, answered) = os.pipe(), os.pipe()
        try:
            process = os.fork()
        except OSError:
            for end in (ordered, orders, answers, answered):
                os.close(end)
            raise
        if process:
            os.close(ordered)
            os.close(answered)
            return _Worker(process, orders, answers)
        try:
            for other in self._workers.values():  # so that each ends when this process's parent does
                os.close(other.orders)
            os.close(orders)
            self._serve(ordered, answered)
        finally:
            os._exit(1)  # nothing of this process's parent may be run or flushed twice

    def _serve(self, ordered: int, answered: int) -> None:
        """Work on each file whose number comes in, until there are no more."""
        import pickle

        while order := os.read(ordered, HEADER):
            answer = pickle.dumps(self._work(self._files[int.from_bytes(order, "little")]))
            with os.fdopen(os.dup(answered), "wb") as stream:
                stream.write(len(answer).to_bytes(HEADER, "little") + answer)
        os._exit(0)


def _read(answers: int) -> bytes | None:
    """Return the next result of a worker; ``None`` where it ended before it had written it all."""
    left, data = HEADER, b""
    header = True
    while len(data) < left:
        part = os.read(answers, left - len(data))
        if not part:
            return None
        data += part
        if header and len(data) == left:
            header, left, data = False, int.from_bytes(data, "little"), b""
    return data


def _kill(worker: _Worker) -> None:
    import signal

    with suppress(ProcessLookupError):
        os.kill(worker.process, signal.SIGKILL)
