"""How much work one file may cost, and the exceptions that end a run that would cost more."""

from __future__ import annotations

import time

CONCRETE_ITERATIONS = 64
"""How many iterations of one loop are followed one by one."""

CONCRETE_STEPS = 6000
"""How many steps the one-by-one iterations of one loop may take together."""

LISTED_ITEMS = 4096
"""How many items a list of constants may have before it is summed up."""

LISTED_COPIES = 256
"""How many items ``items * n`` may list where they are no constants."""

LARGEST_TEXT = 200_000
"""How long a computed string may become."""

LARGEST_BITS = 512
"""How long a computed integer may become, in bits."""


SECONDS = 2.5
"""How long a run may take, and the shortest time that a file which took long to parse is left with."""

IMPORTS = 1.2
"""How many seconds of a run the modules may take that its script imports, while their bodies are followed."""

SHORTEST = 0.5


class Exhausted(BaseException):
    """The budget of a run is spent. Not an ``Exception``: nothing on the way may swallow it."""


class Budget:
    """Counts steps and looks now and then at the processor time of this thread, which no other process lengthens.

    Attributes:
        steps: how many nodes were evaluated.
        check: the number of steps at which to look next.
        depth: how many calls of the user's functions are open.
        imports: how many seconds are left for the bodies of imported modules.
    """

    __slots__ = ("check", "deadline", "depth", "imports", "limit", "steps")

    def __init__(self, seconds: float = SECONDS, steps: int = 600_000) -> None:
        """Start the clock."""
        self.steps = 0
        self.depth = 0
        self.limit = steps
        self.deadline = time.thread_time() + seconds
        self.imports = min(IMPORTS, seconds / 2)
        self.check = min(512, steps)

    def spend(self) -> None:
        """Count one step. Raises ``Exhausted`` when no step is left."""
        self.steps += 1
        if self.steps >= self.check:
            self.look()

    def look(self) -> None:
        """Look at what is spent. Raises ``Exhausted`` when no step or no time is left."""
        self.check = self.steps + 512
        if self.steps >= self.limit or time.thread_time() > self.deadline:
            raise Exhausted

    def lend(self) -> float:
        """Leave only what imports may take, until ``take_back`` is called with what this returns."""
        kept, now = self.deadline, time.thread_time()
        self.deadline = min(kept, now + max(self.imports, 0.0))
        return kept

    def take_back(self, deadline: float) -> bool:
        """Give the run its own time again; tell whether there is any left."""
        now = time.thread_time()
        if self.deadline < deadline:
            self.imports = self.deadline - now
        self.deadline = deadline
        return now <= deadline and self.steps < self.limit
