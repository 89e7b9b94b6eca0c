"""Lists that every iteration of a loop makes longer by the same, whatever else changes from one to the next.

Such a loop is followed with ever wider facts, so nobody counts its iterations. Lists that grow together have lengths
that go together all the same: as many of each as there were iterations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, value
from snugly.facts.records import dataclass
from snugly.interpreter.joins import length_of
from snugly.interpreter.values import Range, Sequence

if TYPE_CHECKING:
    from snugly.interpreter.heap import Delta, State
    from snugly.interpreter.machine import Machine


@dataclass(eq=False, slots=True)
class _Growing:
    """A list, its length before the first iteration that was watched, and by how much each makes it longer."""

    sequence: Sequence
    base: Dim
    step: int


class Steady:
    """Watches iterations for lists that grow evenly."""

    def __init__(self, machine: Machine) -> None:
        """Watch the iterations of one loop."""
        self._machine = machine
        self._growing: dict[int, _Growing] | None = None

    def name_lengths(self) -> None:
        """Before an iteration with wider facts: give each list that grows a length of its own."""
        for each in (self._growing or {}).values():
            self._machine.touch(each.sequence)
            each.sequence.length = self._machine.new_symbol("L", 0)

    def measure(self, level: Delta, moment: int) -> None:
        """After an iteration: keep the lists that grew by the same as in the one before.

        Args:
            level: the states before the iteration of what it wrote.
            moment: when it began; what is younger was made in it.
        """
        steps = {
            key: (thing, _length(saved), step)
            for key, (thing, saved) in level.items()
            if isinstance(thing, Sequence) and not isinstance(thing, Range) and getattr(thing, "born", 0) <= moment
            if (step := _step(thing, saved))
        }
        if self._growing is None:
            self._growing = {
                key: _Growing(thing, base, step) for key, (thing, base, step) in steps.items() if base is not None
            }
            return
        kept = {key: each for key, each in self._growing.items() if key in steps and steps[key][2] == each.step}
        for key, each in kept.items():
            each.sequence.length = steps[key][1]
        self._growing = kept

    def finish(self, iterations: Dim | None) -> None:
        """Give each list the length that it has after so many iterations, the watched ones among them."""
        count = self._machine.new_symbol("L", 0) if iterations is None and self._growing else iterations
        for each in (self._growing or {}).values():
            if each.sequence.items is not None or count is None:
                continue
            self._machine.touch(each.sequence)
            each.sequence.length = each.base + each.step * count
            each.sequence.cases = ()


def _length(saved: State) -> Dim | None:
    items, _, length, _ = saved
    return length if items is None else len(items)


def _step(sequence: Sequence, saved: State) -> int | None:
    before, after = _length(saved), length_of(sequence)
    step = None if before is None or after is None else value(after - before)
    return step if step is not None and step > 0 else None
