"""Records the calls of models: with what, in which state, and what came of them.

``nn.Module.__call__`` is not replaced; while someone records, its code gets a statement before and after, as the
losses do (``interception``). So torch.compile neither breaks its graphs nor compiles again, which a global hook
makes it do, and keyword arguments are seen, which such a hook is not given.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from functools import cache
from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass, field
from snugly.runtime.preflight.unchanged import random_states
from snugly.runtime.samples.copying import UnknowableError, inner_of, is_wrapper, sharing
from snugly.runtime.samples.statements import Statements, uncompiled
from snugly.runtime.session import undisturbed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from torch import nn

MOST_CALLS = 32
MOST_BYTES = 2**28
"""Of the calls of one step so many are kept, with so many bytes of arguments."""


@dataclass(slots=True, eq=False)
class Call:
    """One call of a model that no other model made.

    Attributes:
        module: the model, out of torch's wrappers.
        given: the tensors and other leaves of its arguments, as they were passed.
        leaves: the same, the tensors copied.
        tree: puts leaves back together to ``(args, kwargs)``.
        copy: the model as it was, its parameters shared; ``None`` where that cannot be made.
        why: why not.
        ambient: in which state of the process it ran.
        results: the tensors that came of it; ``None`` while it runs.
        thread: that made it.
        judged: a loss that was made of it was judged.
    """

    module: nn.Module
    given: list[Any]
    leaves: list[Any]
    tree: Any
    copy: nn.Module | None
    why: str
    ambient: Ambient
    results: list[Any] | None = None
    thread: int = field(default_factory=threading.get_ident)
    judged: bool = False


@dataclass(frozen=True, slots=True)
class Ambient:
    """What decides a forward pass besides the model and its arguments.

    Attributes:
        random: the states of the random generators.
        learning: whether autograd records.
        autocast: for each kind of device, whether operations are cast, and to what.
    """

    random: dict[str, Any]
    learning: bool
    autocast: dict[str, tuple[bool, Any]]


def ambient() -> Ambient:
    """Return the state of the process."""
    import torch

    devices = ["cpu", "cuda"] if torch.cuda.is_available() and torch.cuda.is_initialized() else ["cpu"]
    casts = {each: (torch.is_autocast_enabled(each), torch.get_autocast_dtype(each)) for each in devices}
    return Ambient(random_states(), torch.is_grad_enabled(), casts)


class Recorder:
    """Keeps the latest calls of models, while it records."""

    def __init__(self) -> None:
        """Prepare; nothing is recorded yet."""
        self._calls: deque[Call] = deque(maxlen=MOST_CALLS)
        self.recording = False

    def start(self) -> None:
        """Record from now on; starting twice is starting once."""
        if not self.recording:
            self.recording = True
            with _LOCK:
                _RECORDERS.append(self)
                _module_call().use()

    def stop(self) -> None:
        """Record no more and forget what was recorded; the last one leaves torch what it was."""
        self._calls.clear()
        if self.recording:
            self.recording = False
            with _LOCK:
                _RECORDERS.remove(self)
                _module_call().leave()

    def ended(self) -> Iterator[Call]:
        """Yield the calls of this thread that have ended, the latest first."""
        here = threading.get_ident()
        yield from (call for call in reversed(self._calls) if call.thread == here and call.results is not None)

    def running(self, frame: FrameType | None) -> Call | None:
        """Return the call of a model that a frame is a part of."""
        outermost = None
        while frame is not None:
            if _is_call(frame) and not is_wrapper(frame.f_locals.get("self")):
                outermost = frame.f_locals.get("self")
            frame = frame.f_back
        here = threading.get_ident()
        running = [call for call in self._calls if call.results is None and call.thread == here]
        return next((call for call in reversed(running) if call.module is outermost), None)

    def keep(self, call: Call) -> None:
        """Keep a call that begins."""
        size = _size(call)
        while self._calls and size + sum(map(_size, self._calls)) > MOST_BYTES:
            self._calls.popleft()
        self._calls.append(call)


_RECORDERS: list[Recorder] = []
_LOCK = threading.RLock()
_BUSY = threading.local()


@cache
def _module_call() -> Statements:
    import torch

    return Statements(torch.nn.Module._wrapped_call_impl, _begin, _end)


@uncompiled
def _begin(module: nn.Module, args: Any, kwargs: Any) -> Any:
    """Record that a model is called, unless it is a part of one that is, or snugly runs it."""
    if getattr(_BUSY, "busy", False) or is_wrapper(module) or type(module).__module__ == "torch.nn.modules.loss":
        return None
    frame = sys._getframe(1).f_back
    while frame is not None:
        if _is_call(frame) and not is_wrapper(frame.f_locals.get("self")):
            return None
        frame = frame.f_back
    try:
        call = _recorded(module, args, kwargs)
        for recorder in tuple(_RECORDERS):
            recorder.keep(call)
    except Exception:
        return None  # what is not recorded is not judged
    return call


@uncompiled
def _end(call: Call, result: Any) -> None:
    import torch
    from torch.utils import _pytree as pytree

    call.results = [each for each in pytree.tree_leaves(result) if isinstance(each, torch.Tensor)]


def _recorded(module: nn.Module, args: Any, kwargs: Any) -> Call:
    import torch
    from torch.utils import _pytree as pytree

    given, tree = pytree.tree_flatten((args, kwargs))
    with undisturbed():
        leaves = [each.detach().clone() if isinstance(each, torch.Tensor) else each for each in given]
        copy, why = None, ""
        try:
            copy = sharing(module)
        except UnknowableError as error:
            why = str(error)
    return Call(inner_of(module), given, leaves, tree, copy, why, ambient())


def _is_call(frame: FrameType) -> bool:
    return _module_call().is_run_by(frame.f_code)


def _size(call: Call) -> int:
    return sum(each.nbytes for each in call.leaves if hasattr(each, "nbytes"))


class unrecorded:  # noqa: N801 - used like a function
    """While it lasts, the calls of models by this thread are snugly's own."""

    def __enter__(self) -> None:
        """Begin."""
        self._before = getattr(_BUSY, "busy", False)
        _BUSY.busy = True

    def __exit__(self, *_: object) -> None:
        """End."""
        _BUSY.busy = self._before
