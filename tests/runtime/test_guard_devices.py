"""Elements on a device are asked for without waiting. There is no device here: a stream of events on the CPU stands for it."""

from __future__ import annotations

from collections import deque

import pytest
import torch
from torch.nn import functional as F

from snugly.runtime.devices import Pending, summary, values


class Stream:
    """Does what was launched only when it is told to go on, in order, as a device does."""

    def __init__(self):
        self.queue = deque()
        self.waits = 0

    def ask(self, tensor, ignoring):
        ticket = Ticket(self, tensor, ignoring)
        self.queue.append(ticket)
        return ticket

    def go_on(self):
        while self.queue:
            ticket = self.queue.popleft()
            ticket.numbers = summary(ticket.tensor, ticket.ignoring).tolist()


class Ticket:
    def __init__(self, stream, tensor, ignoring):
        self.stream, self.tensor, self.ignoring, self.numbers = stream, tensor, ignoring, None

    def done(self):
        return self.numbers is not None

    def read(self, *, wait):
        if wait and self.numbers is None:
            self.stream.waits += 1
            self.stream.go_on()
        return self.numbers


def test_an_answer_is_read_when_it_is_there_and_never_waited_for():
    stream, pending, told = Stream(), Pending(), []
    for labels in (torch.tensor([0, 1]), torch.tensor([0, 7])):
        pending.add(
            {"target": (stream.ask(labels, None), None)}, lambda facts: told.append(facts["target"].inside(0, 2))
        )
        pending.read()
    assert told == []
    stream.go_on()
    pending.read()
    assert told == [True, False]
    assert not pending
    assert stream.waits == 0


def test_what_is_owed_at_the_end_is_waited_for():
    stream, pending, told = Stream(), Pending(), []
    pending.add({"target": (stream.ask(torch.tensor([9]), None), None)}, told.append)
    pending.read(wait=True)
    assert told[0]["target"].high == 9
    assert stream.waits == 1


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int64, torch.uint8, torch.bool])
def test_a_summary_says_what_the_elements_are(dtype):
    tensor = torch.tensor([0, 1, 1]).to(dtype)
    facts = values(summary(tensor, None).tolist(), None)
    assert (facts.low, facts.high, facts.integral, facts.finite, facts.only((0, 1))) == (0, 1, True, True, True)


def test_the_ignored_label_and_nan_are_kept_apart():
    labels = torch.tensor([-100, 0, 3])
    facts = values(summary(labels, -100).tolist(), -100)
    assert facts.inside(0, 3, ignoring=-100) is True
    assert facts.inside(0, 2, ignoring=-100) is False
    assert facts.inside(0, 3) is False
    only_ignored = values(summary(torch.tensor([-100]), -100).tolist(), -100)
    assert only_ignored.inside(0, 2, ignoring=-100) is True
    nan = values(summary(torch.tensor([float("nan"), 0.5]), None).tolist(), None)
    assert (nan.finite, nan.inside(0, 1), nan.low) == (False, False, 0.5)


def _guarded(device_like):
    """Return a guard whose first argument counts as on a device, and what it told."""
    from snugly.runtime.guard import Guard

    told = []
    return Guard(told.extend, ask=lambda _: device_like.ask), told


def test_a_guard_tells_late_what_the_stream_answers(monkeypatch):
    import snugly.runtime.guard as room

    stream = Stream()
    guard, told = _guarded(stream)
    real = room.running_call

    def elsewhere(*args, look=True, wait=True):
        """Describe the call as one whose tensors are on a device: unread unless waited for."""
        call = real(*args, look=look and wait)
        if wait:
            return call
        moved = {name: facts.with_(device="cuda:0") for name, facts in call.arguments.items()}
        return type(call)(call.loss, moved, call.options, call.module)

    monkeypatch.setattr(room, "running_call", elsewhere)
    guard.start()
    try:
        for number in range(1, 9):
            labels = torch.tensor([0, 5 if number == 6 else 1])
            with pytest.raises(IndexError) if number == 6 else torch.no_grad():
                F.cross_entropy(torch.zeros(2, 3), labels)
            assert told == []
        stream.go_on()
        F.cross_entropy(torch.zeros(2, 3), torch.tensor([0, 1]))
        assert [finding.code for finding in told] == ["SNG301"]
    finally:
        guard.stop()
    assert stream.waits == 0
