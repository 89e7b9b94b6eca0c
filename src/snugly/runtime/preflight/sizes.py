"""The batch sizes of a step: those that its loader makes, and those that a proof is wanted for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snugly.runtime.preflight.steps import Step


@dataclass(frozen=True, slots=True)
class Sizes:
    """The batch sizes of a step.

    Attributes:
        configured: the one that is run first.
        run: those that are run one by one, the configured one first.
        every: those that a proof is wanted for.
        occurring: those that certainly are all that occur; ``None`` when that is not known.
    """

    configured: int
    run: tuple[int, ...]
    every: tuple[int, ...]
    occurring: frozenset[int] | None = None

    def certain(self, size: int) -> bool:
        """Tell whether a batch of this size is known to occur."""
        return self.occurring is not None and size in self.occurring

    def occurs(self, size: int) -> bool:
        """Tell whether a batch of this size may occur."""
        return self.occurring is None or size in self.occurring


def sizes_of(step: Step, asked: Iterable[int] | None) -> Sizes:
    """Return the batch sizes to run (the configured one, the last partial one, one sample) and those to prove."""
    if asked is not None:
        wanted = tuple(dict.fromkeys(asked))
        return Sizes(wanted[0], wanted, tuple(range(min(wanted), max(wanted) + 1)), frozenset(wanted))
    configured = step.configured or step.size
    if step.every:
        return Sizes(configured, tuple(dict.fromkeys((configured, 1))), (configured,), frozenset((configured,)))
    run = (configured, *(() if step.last is None else (step.last,)), 1)
    occurring = None if step.known_length is None else frozenset(run[:-1])
    return Sizes(configured, tuple(dict.fromkeys(run)), tuple(range(1, configured + 1)), occurring)
