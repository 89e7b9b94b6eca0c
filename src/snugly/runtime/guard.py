"""Watches a loop's losses: judges what is new, looks at elements now and then, and counts what it met.

A place and a pattern of sizes is judged when it is first met. After that its sizes have nothing new to tell; its
elements have, and they are looked at as often as ``Checks`` says. What the elements on a device are is asked
without waiting (``devices``), except in the first batches, where labels are read before a kernel can assert.
"""

from __future__ import annotations

import os
import threading
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from snugly.facts.origins import Place
from snugly.facts.records import dataclass, field
from snugly.rules.judge import judge_loss
from snugly.runtime import interception
from snugly.runtime.calls import running_call
from snugly.runtime.devices import Pending, asker
from snugly.runtime.frames import user_frame
from snugly.runtime.session import capturing, judge_call, judge_traced, key_of, undisturbed
from snugly.runtime.tracing import is_traced

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import torch

    from snugly.contracts.calls import LossCall
    from snugly.facts.values import ValueFacts
    from snugly.rules.findings import Finding
    from snugly.runtime.devices import Ticket
    from snugly.runtime.interception import Seen
    from snugly.runtime.known import Pattern

    Answer = Callable[[tuple[Finding, ...]], None]
    Asker = Callable[[torch.Tensor], Callable[[torch.Tensor, float | None], Ticket] | None]

FIRST = 3
"""Of each place and pattern, the elements of so many batches are looked at before the checks get rare."""
RAREST = 1024
"""Sampled elements are looked at again after at most so many calls."""
NEVER_AGAIN = 2**29  # as far as an integer of one digit goes
_UNSAFE = frozenset(("torch.nn.functional.ctc_loss",))
"""Losses whose kernels read and write other memory when a label is out of range; they are looked at each time."""


class Checks(StrEnum):
    """How often elements are looked at, of each place and pattern of sizes."""

    FIRST = "first"
    SAMPLED = "sampled"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(slots=True)
class Met:
    """A finding and where it was met.

    Attributes:
        finding: as it was met first.
        looks: how many batches that were looked at showed it.
        patterns: where sizes and dtypes alone show it: each call there is one of it.
        said: how many calls the last summary spoke of.
    """

    finding: Finding
    looks: int = 0
    patterns: list[Pattern] = field(default_factory=list)
    said: int = 0

    @property
    def calls(self) -> int:
        """How many calls are known to have it."""
        return sum(pattern.calls for pattern in self.patterns) or self.looks


class Guard:
    """A watcher of losses that can start and stop, also within itself.

    Attributes:
        met: what was met, by what makes two findings one.
    """

    def __init__(
        self,
        answer: Answer,
        *,
        checks: Checks = Checks.SAMPLED,
        wanted: Callable[[Finding], bool] = lambda _: True,
        insists: bool = False,
        ask: Asker = asker,
    ) -> None:
        """Prepare; nothing is watched yet.

        Args:
            answer: is given the findings of a call that were not met before; what it raises stops the call.
            checks: how often elements are looked at.
            wanted: tells which findings count.
            insists: give ``answer`` the findings of each call, known or not.
            ask: how elements on a device are asked for.
        """
        self.met: dict[Any, Met] = {}
        self._answer = answer
        self._checks = checks
        self._wanted = wanted
        self._insists = insists
        self._ask = ask
        self._pending = Pending()
        self._next: dict[Pattern, int] = {}
        self._faulty: set[Pattern] = set()
        self._depth = 0
        self._lock = threading.Lock()
        self._process = os.getpid()

    def start(self) -> None:
        """Watch; each start wants a stop."""
        with self._lock:
            self._depth += 1
            if self._depth == 1:
                interception.watch(self.look)

    def stop(self) -> None:
        """Stop watching. Answers that a device still owes are waited for; what they tell may be raised from here."""
        with self._lock:
            self._depth -= 1
            if self._depth:
                return
            interception.unwatch(self.look)
        if os.getpid() == self._process:
            self._pending.read(wait=True)

    @property
    def own(self) -> bool:
        """Whether this process made the guard, and is no fork of the one that did."""
        return os.getpid() == self._process

    def look(self, seen: Seen) -> int:
        """Judge a loss call that is about to run, as far as it has something new to tell; return when to look again."""
        if is_traced():
            for finding in judge_traced(seen):
                self.meet(finding, None)
            return 1
        if self._pending and self.own:
            self._pending.read()
        due = seen.calls >= self._next.get(seen.pattern, 1)
        elements = due and self._checks is not Checks.NEVER
        if due:
            if len(self._next) >= interception.MAX_KNOWN:
                self._next.clear()
            self._next[seen.pattern] = seen.calls + self._step(seen)
        if seen.first or elements or seen.pattern in self._faulty:
            self._judge(seen, elements=elements or seen.pattern in self._faulty)
        return 1 if self._pending else max(1, self._next[seen.pattern] - seen.calls)

    def _step(self, seen: Seen) -> int:
        if self._checks is Checks.NEVER:
            return NEVER_AGAIN
        if self._checks is Checks.ALWAYS or seen.loss in _UNSAFE or seen.calls < FIRST:
            return 1
        return min(seen.calls, RAREST) if self._checks is Checks.SAMPLED else NEVER_AGAIN

    def _judge(self, seen: Seen, *, elements: bool) -> None:
        import torch

        learning = torch.is_grad_enabled()
        elements = elements and not capturing()
        wait = self._checks is Checks.ALWAYS or seen.calls <= FIRST
        with undisturbed():
            call = running_call(seen.loss, seen.arguments, seen.module, look=elements, wait=wait)
            findings = judge_call(call, seen.caller, seen.module)[1]
            plain: frozenset[str] = frozenset()
            if findings:
                unseen = running_call(seen.loss, seen.arguments, seen.module, look=False)
                plain = frozenset(each.code for each in judge_call(unseen, None, None)[1])
            if elements and not wait and not self._pending.full:
                self._ask_devices(seen, call)
        self._meet(tuple(each for each in findings if learning or not _in_backward(each)), plain, seen)

    def meet(self, finding: Finding, seen: Seen | None) -> None:
        """Take up what someone else found, about a call, which each call of its pattern has, or about no call."""
        if seen is not None:
            self._meet((finding,), frozenset((finding.code,)), seen)
        elif self._wanted(finding) and (told := self._count(finding, None)):
            self._answer(told)

    def _meet(self, findings: tuple[Finding, ...], plain: frozenset[str], seen: Seen) -> None:
        told: list[Finding] = []
        for finding in findings:
            key = key_of(finding)
            if key in seen.taken or not self._wanted(finding):
                continue
            seen.taken.add(key)
            if finding.code not in plain:
                told += self._count(finding, None)
                continue
            told += self._count(finding, seen.pattern)
            if self._insists:
                self._faulty.add(seen.pattern)
        if told:
            self._answer(tuple(told))

    def _count(self, finding: Finding, pattern: Pattern | None) -> tuple[Finding, ...]:
        """Count a finding and return it, unless it was told before."""
        fresh = Met(finding)
        met = self.met.setdefault(_signature(finding), fresh)
        met.looks += 1
        if pattern is not None and pattern not in met.patterns:
            met.patterns.append(pattern)
        return (finding,) if met is fresh or self._insists else ()

    def _ask_devices(self, seen: Seen, call: LossCall) -> None:
        """Ask the devices of the arguments for what was not read, and judge the call again when they have answered."""
        ignored = seen.arguments.get("ignore_index")
        tickets: dict[str, tuple[Ticket, float | None]] = {}
        for name, value in seen.arguments.items():
            facts = call.arguments.get(name)
            ask = None if facts is None or facts.shape is None or facts.device == "cpu" else self._ask(value)
            if ask is not None:
                tickets[name] = ask(value, ignored), ignored
        if not tickets:
            return
        frame = user_frame(seen.caller)
        place = None if frame is None else Place(frame.f_code.co_filename, frame.f_lineno)

        def judge(answers: Mapping[str, ValueFacts]) -> None:
            known = {
                name: facts.with_(values=answers[name]) if name in answers else facts
                for name, facts in call.arguments.items()
            }
            late = type(call)(call.loss, known, call.options, call.module)
            found = [each for each in judge_loss(late, place=place)[1] if self._wanted(each)]
            told = [each for finding in found for each in self._count(finding, None)]
            if told:
                self._answer(tuple(told))

        self._pending.add(tickets, judge)


def _in_backward(finding: Finding) -> bool:
    return finding.raises is not None and finding.raises.when == "backward"


def _signature(finding: Finding) -> tuple[Any, ...]:
    """Return what makes two findings one report: rule, loss, line, and the ranks and dtypes that were passed."""
    passed = tuple((name, facts.rank, facts.dtype) for name, facts in finding.facts.items())
    return (*key_of(finding), passed)
