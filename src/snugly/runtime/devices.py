"""Facts about elements on a device that nobody waits for: asked now, answered when the device gets there.

A question is a small reduction, launched behind the work that the device already has, whose result is copied to
the host behind it. It is read when the event after the copy is done; until then nothing waits. The answer lies in
host memory, so it can be read even after a later kernel has asserted and taken the device's context along.
"""

from __future__ import annotations

import math
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from snugly.facts.records import dataclass
from snugly.facts.values import ValueFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import torch

    Numbers = list[float]

MAX_PENDING = 64
"""Questions that may wait for their answers at once; while so many do, no new one is asked."""


class Ticket(Protocol):
    """A question that was asked of a device."""

    def done(self) -> bool:
        """Tell whether the answer is there, without waiting."""

    def read(self, *, wait: bool) -> Numbers | None:
        """Return the numbers of ``summary``; ``None`` when the device never got there."""


@dataclass(frozen=True, slots=True)
class SummaryValues(ValueFacts):
    """What a summary tells of all elements.

    Attributes:
        ignored: the value that was left out of ``rest``.
        rest: the smallest and the largest of the other elements, if there are any.
        binary: whether every element is 0 or 1.
        nan: whether there is a NaN.
    """

    ignored: float | None = None
    rest: tuple[float, float] | None = None
    binary: bool | None = None
    nan: bool | None = None

    def inside(self, low: float, high: float, *, ignoring: float | None = None) -> bool | None:
        """Tell whether every element lies in ``[low, high]``, those equal to ``ignoring`` left out."""
        if self.nan:
            return False
        if ignoring is not None and ignoring == self.ignored:
            return self.rest is None or (low <= self.rest[0] and self.rest[1] <= high)
        return ValueFacts.inside(self, low, high, ignoring=ignoring)

    def has_nan(self) -> bool | None:
        """Tell whether some element is NaN."""
        return self.nan

    def only(self, values: Any) -> bool | None:
        """Tell whether every element is one of ``values``."""
        allowed = frozenset(values)
        if self.binary and {0.0, 1.0} <= allowed:
            return True
        if self.binary is False and allowed <= {0.0, 1.0}:
            return False
        return ValueFacts.only(self, allowed)


def summary(tensor: torch.Tensor, ignoring: float | None) -> torch.Tensor:
    """Return the numbers that ``values`` reads, on the device of the tensor; no element leaves it, nothing waits."""
    import torch

    flat = tensor.detach().reshape(-1)
    plain = flat if flat.is_floating_point() else flat.to(torch.int64)
    nan = plain.isnan() if plain.is_floating_point() else torch.zeros_like(plain, dtype=torch.bool)
    finite = plain.isfinite().all() if plain.is_floating_point() else torch.ones_like(nan[0])
    whole = (plain == plain.round()).all() if plain.is_floating_point() else torch.ones_like(nan[0])
    wide = plain.double()
    kept = nan if ignoring is None else nan | (plain == ignoring)
    parts = [
        wide.masked_fill(nan, math.inf).amin(),
        wide.masked_fill(nan, -math.inf).amax(),
        wide.masked_fill(kept, math.inf).amin(),
        wide.masked_fill(kept, -math.inf).amax(),
        nan.any().double(),
        finite.double(),
        whole.double(),
        ((plain == 0) | (plain == 1)).all().double(),
    ]
    return torch.stack(parts)


def values(numbers: Numbers, ignored: float | None) -> ValueFacts:
    """Return the facts that the numbers of ``summary`` tell."""
    low, high, rest_low, rest_high, nan, finite, whole, binary = numbers
    return SummaryValues(
        low=low if low <= high else None,
        high=high if low <= high else None,
        integral=bool(whole),
        finite=bool(finite),
        attained=low <= high,
        ignored=ignored,
        rest=(rest_low, rest_high) if rest_low <= rest_high else None,
        binary=bool(binary),
        nan=bool(nan),
    )


class CudaTicket:
    """A summary on its way from a CUDA device to pinned memory of the host."""

    def __init__(self, tensor: torch.Tensor, ignoring: float | None) -> None:
        """Launch the reduction and the copy on the current stream of the tensor's device."""
        import torch

        with torch.cuda.device(tensor.device):
            self._source = summary(tensor, ignoring)
            self._host = torch.full(self._source.shape, math.nan, dtype=torch.float64, pin_memory=True)
            self._host.copy_(self._source, non_blocking=True)
            self._event = torch.cuda.Event()
            self._event.record()

    def done(self) -> bool:
        """Tell whether the copy has arrived. A device that asserted is done, whatever it got to."""
        try:
            return bool(self._event.query())
        except RuntimeError:
            return True

    def read(self, *, wait: bool) -> Numbers | None:
        """Return what is in the host's memory; NaN is there until the copy has arrived."""
        if wait:
            with suppress(RuntimeError):  # the device asserted; what was copied before is here
                self._event.synchronize()
        numbers: Numbers = self._host.tolist()
        return None if math.isnan(numbers[0]) else numbers


def asker(tensor: torch.Tensor) -> Callable[[torch.Tensor, float | None], Ticket] | None:
    """Return how to ask the device of a tensor; ``None`` where there is no way that does not wait."""
    return CudaTicket if tensor.device.type == "cuda" and tensor.numel() else None


@dataclass(frozen=True, slots=True)
class _Waiting:
    tickets: Mapping[str, tuple[Ticket, float | None]]
    then: Callable[[Mapping[str, ValueFacts]], None]


class Pending:
    """Questions in the order in which they were asked, with what to do about the answers."""

    def __init__(self) -> None:
        """Start with none."""
        self._waiting: deque[_Waiting] = deque()

    def __bool__(self) -> bool:
        """Tell whether an answer is missing."""
        return bool(self._waiting)

    @property
    def full(self) -> bool:
        """Whether so many wait that no new one should be asked."""
        return len(self._waiting) >= MAX_PENDING

    def add(
        self,
        tickets: Mapping[str, tuple[Ticket, float | None]],
        then: Callable[[Mapping[str, ValueFacts]], None],
    ) -> None:
        """Call ``then`` with the facts by argument, once all tickets are done and someone reads."""
        self._waiting.append(_Waiting(tickets, then))

    def read(self, *, wait: bool = False) -> None:
        """Answer what the devices have got to; with ``wait`` all of it."""
        for ready in self._ready(wait=wait):
            answers = {
                name: values(numbers, ignored)
                for name, (ticket, ignored) in ready.tickets.items()
                if (numbers := ticket.read(wait=wait)) is not None
            }
            ready.then(answers)

    def _ready(self, *, wait: bool) -> Iterator[_Waiting]:
        while self._waiting:
            first = self._waiting[0]
            if not wait and not all(ticket.done() for ticket, _ in first.tickets.values()):
                return
            try:
                yield self._waiting.popleft()
            except IndexError:
                return  # another thread read it
