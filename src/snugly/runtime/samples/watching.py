"""Watches the losses of a loop and shows of each, when it is first met, whether samples depend on each other.

Models are recorded until every loss that was met is judged; then nothing is left in place but a look-up in the
interception that the guard has anyway. A loss that is met later, such as one of the evaluation, is judged at its
second call: it has its models recorded from the first on.
"""

from __future__ import annotations

import sys
import threading
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass, field, replace
from snugly.rules.batches.samples_depend_on_each_other import Way
from snugly.runtime import interception
from snugly.runtime.frames import user_frame
from snugly.runtime.interception import Passing, Refusal
from snugly.runtime.samples.describing import Told
from snugly.runtime.samples.handwritten import pairing, unjudged
from snugly.runtime.samples.proving import Shown, show, show_outputs
from snugly.runtime.samples.recording import Recorder
from snugly.runtime.samples.reporting import BACKWARD, BatchProof, finding_at, finding_before, proof_of
from snugly.runtime.samples.statements import Statements, uncompiled
from snugly.runtime.tracing import is_traced

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

    from snugly.rules.findings import Finding
    from snugly.runtime.interception import Seen
    from snugly.runtime.known import Pattern

NEVER_AGAIN = 2**29
MOST_TRIES = 3
"""A loss whose models were not seen is tried again so often."""


@dataclass(slots=True, eq=False)
class SampleWatch:
    """Judges each loss once, between ``start`` and ``stop``.

    Attributes:
        tell: is given a finding and, where a loss of torch's is called, the call.
        insists: tell at each call.
        proofs: what was shown, in order.
    """

    tell: Callable[[Finding, Seen | None], None]
    insists: bool = False
    proofs: list[BatchProof] = field(default_factory=list)
    _known: dict[Pattern, Finding | None] = field(default_factory=dict)
    _backward: set[tuple[CodeType, int]] = field(default_factory=set)
    _tries: dict[Pattern, int] = field(default_factory=dict)
    _recorder: Recorder = field(default_factory=Recorder)
    _depth: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def start(self) -> None:
        """Watch; each start wants a stop."""
        with self._lock:
            self._depth += 1
            if self._depth == 1:
                self._arm()
                interception.watch(self.look)

    def stop(self) -> None:
        """Watch no more; torch is what it was."""
        with self._lock:
            self._depth -= 1
            if not self._depth:
                interception.unwatch(self.look)
                self._disarm()

    @uncompiled
    def look(self, seen: Seen) -> int:
        """Judge a loss that was not judged yet; return when to look again."""
        if is_traced():
            return 1  # on fake tensors nothing can be shown
        if seen.pattern in self._known:
            self._settle()
            known = self._known[seen.pattern]
            if known is None or not self.insists:
                return NEVER_AGAIN
            self.tell(known, seen)
            return 1
        if not self._recorder.recording:
            self._tries.setdefault(seen.pattern, 0)
            self._arm()
            return 1
        found = self._judge(seen)
        if found is not None:
            self.tell(found, seen)
        return 1

    def before_backward(self, loss: Any, caller: FrameType | None) -> None:
        """Judge a loss that is written by hand and was not judged yet."""
        frame = user_frame(caller)
        if frame is None or not self._tries.keys() <= self._known.keys():
            return
        place = frame.f_code, frame.f_lasti
        if place in self._backward:
            self._settle()
            return
        self._backward.add(place)
        found = self._judge_backward(loss, frame)
        if found is not None:
            self.tell(found, None)

    def _arm(self) -> None:
        with self._lock:
            if not self._recorder.recording:
                self._recorder.start()
                _backward().use()
                _WATCHES.append(self)

    def _settle(self) -> None:
        """A round has passed: record no more, unless the models of some loss were not seen yet."""
        if self._tries.keys() <= self._known.keys():
            self._disarm()

    def _disarm(self) -> None:
        with self._lock:
            if self._recorder.recording:
                self._recorder.stop()
                _backward().leave()
                _WATCHES.remove(self)

    def _judge(self, seen: Seen) -> Finding | None:
        """Show what can be shown and keep it; where no model was seen it is tried again."""
        try:
            shown = show(seen.loss, seen.arguments, seen.caller, self._recorder)
        except Exception as error:
            shown = _failed(error)
            for call in self._recorder.ended():
                call.judged = True
        tries = self._tries[seen.pattern] = self._tries.get(seen.pattern, 0) + 1
        if shown.unseen and tries < MOST_TRIES:
            return None
        self.proofs.append(proof_of(shown, seen.loss, seen.caller))
        found = None if shown.told is None else finding_at(seen, shown, shown.told)
        self._known[seen.pattern] = found
        return found

    def _judge_backward(self, loss: Any, frame: FrameType) -> Finding | None:
        try:
            calls = unjudged(loss, self._recorder.ended())
            shown = show_outputs(calls)
            pairs = pairing(loss, [each for call in calls for each in call.results or ()])
        except Exception as error:
            shown, pairs = _failed(error), None
        if shown is None:
            return None
        if pairs is not None and shown.told is None:
            told = Told(Way.BROADCAST, operation=pairs.operation, before=pairs.taken, after=pairs.made)
            shown = replace(shown, independent=False, samples=pairs.made[0], told=told)
        self.proofs.append(proof_of(shown, BACKWARD, frame))
        return None if shown.told is None else finding_before(shown, shown.told, frame)


_WATCHES: list[SampleWatch] = []


@cache
def _backward() -> Statements:
    import torch

    return Statements(torch.autograd.backward, _begin)


@uncompiled
def _begin(tensors: Any, *_: Any) -> None:
    """Show a loss to who watches, when ``backward`` is called with it."""
    import torch

    loss = tensors[0] if isinstance(tensors, (tuple, list)) and tensors else tensors
    if not isinstance(loss, torch.Tensor) or loss.numel() != 1 or loss.grad_fn is None:
        return
    caller = sys._getframe(1).f_back
    for watch in tuple(reversed(_WATCHES)):
        try:
            watch.before_backward(loss, caller)
        except Passing as passing:
            raise passing.error from None
        except Refusal:
            raise
        except Exception as error:
            _failed(error)


def _failed(error: Exception) -> Shown:
    """Say once that something of snugly's broke, and that nothing is known."""
    shown = Shown(None, why=f"{type(error).__name__}: {error}")
    message = f"snugly could not look for samples that depend on each other: {shown.why}. The program goes on."
    warnings.warn(message, RuntimeWarning, stacklevel=2)
    return shown
