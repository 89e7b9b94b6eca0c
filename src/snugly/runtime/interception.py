"""Sees every call of a loss function of torch; a call that is known is only counted.

The functions are not replaced. While someone watches, each one's code gets a prologue (``prologue``), which
recognizes the calls that are known and counts them. Of the others, and of a known one whose elements are due to be
looked at again, the watchers are told.
So the function keeps its identity (a copy bound by ``from torch.nn.functional import
mse_loss`` is covered, tables keyed by functions keep working), tracebacks and the lines of warnings stay
those of torch, scripting reads torch's own source, and there is no second call to pay for. When the
last watcher leaves, the original code objects are put back.

The prologue never touches a result or an exception of torch's. A watcher that fails is dropped with one
warning; what it raises as ``Refusal`` is meant for the user and passes.
"""

from __future__ import annotations

import inspect
import sys
import threading
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass, field
from snugly.runtime.known import Known, Pattern, Places, signature
from snugly.runtime.prologue import PREFIX, with_prologue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import CodeType, FrameType, FunctionType

    Watcher = Callable[["Seen"], int | None]

MAX_KNOWN = 20_000
MAX_REMEMBERED = 16


class Refusal(Exception):  # noqa: N818 - the user asked for it
    """The base of what a watcher raises for the user to see, before torch's kernel runs."""


class Passing(Refusal):
    """Carries an exception of the user's own, raised by what the user had called about a finding."""

    def __init__(self, error: Exception) -> None:
        """Keep the exception, which is raised in place of this one."""
        super().__init__(str(error))
        self.error = error


@dataclass(slots=True)
class Seen:
    """A call of a loss that is about to run.

    Attributes:
        loss: qualified name of the function, or of the class where there is no function.
        arguments: what was passed, by torch's parameter names, defaults filled in.
        caller: the frame that called the loss, or called the module that called it.
        module: the ``torch.nn`` loss module it was called through.
        first: this place was not seen before with sizes of this pattern; otherwise the elements may
            have changed and nothing else.
        calls: how often this place was called with this pattern so far, this call included.
        pattern: the place and the pattern; it counts on.
        taken: what a watcher has told of this call, for those that were there before it.
    """

    loss: str
    arguments: Mapping[str, Any]
    caller: FrameType
    module: Any
    first: bool
    calls: int
    pattern: Pattern
    taken: set[Any] = field(default_factory=set)


@dataclass(slots=True)
class _Patched:
    """A function with a prologue, and the code it had before."""

    function: Any  # a FunctionType, which as an attribute would read as a method
    original: CodeType


@dataclass(slots=True)
class _Knowledge:
    """What is known while the same watchers are there.

    Attributes:
        calls: by all that is compared of a call, and its place.
        patterns: by the place and the pattern of sizes.
        places: for each loss, the last call at each offset.
    """

    calls: dict[Any, Known] = field(default_factory=dict)
    patterns: dict[Any, Pattern] = field(default_factory=dict)
    places: dict[str, dict[int, Known]] = field(default_factory=dict)


@dataclass(slots=True)
class _State:
    """What the prologues of this process share."""

    watchers: list[Watcher] = field(default_factory=list)
    knowledge: _Knowledge = field(default_factory=_Knowledge)
    remembered: dict[tuple[Watcher, ...], _Knowledge] = field(default_factory=dict)
    places: dict[str, Places] = field(default_factory=dict)
    patched: list[_Patched] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    busy: threading.local = field(default_factory=threading.local)


_STATE = _State()


def watch(watcher: Watcher) -> None:
    """Call ``watcher`` before each loss call that is new, and again at its 2nd, 4th, 8th … call.

    A watcher that returns a number is called again after so many calls instead. Of several, the one that came last
    is called first. A watcher that comes back where it was remembers which calls it knows.
    """
    with _STATE.lock:
        if not _STATE.watchers:
            _patch_all()
        _changed([*_STATE.watchers, watcher])


def unwatch(watcher: Watcher) -> None:
    """Stop calling ``watcher``; with the last one torch is what it was. Unknown watchers are ignored."""
    with _STATE.lock:
        if watcher not in _STATE.watchers:
            return
        at = _STATE.watchers.index(watcher)
        _changed([*_STATE.watchers[:at], *_STATE.watchers[at + 1 :]])
        if not _STATE.watchers:
            for patched in _STATE.patched:
                patched.function.__code__ = patched.original
            _STATE.patched.clear()


def is_watching() -> bool:
    """Tell whether anyone watches."""
    return bool(_STATE.watchers)


def _changed(watchers: list[Watcher]) -> None:
    """Keep what is known for these watchers, and take up what was known when the others were there."""
    if len(_STATE.remembered) >= MAX_REMEMBERED:
        _STATE.remembered.clear()
    if _STATE.watchers:
        _STATE.knowledge.places = {loss: places.by for loss, places in _STATE.places.items() if places.by}
        _STATE.remembered[tuple(_STATE.watchers)] = _STATE.knowledge
    _STATE.watchers[:] = watchers
    _STATE.knowledge = _STATE.remembered.get(tuple(watchers)) or _Knowledge()
    for loss, places in _STATE.places.items():
        places.recall(_STATE.knowledge.places.get(loss, {}))


def loss_functions() -> Iterable[tuple[str, FunctionType]]:
    """Yield the qualified name and the function of each loss that this torch has."""
    from torch import nn

    for name in _LOSSES:
        function = getattr(nn.functional, name, None)
        if inspect.isfunction(function):
            yield f"torch.nn.functional.{name}", function
    yield "torch.nn.AdaptiveLogSoftmaxWithLoss", nn.AdaptiveLogSoftmaxWithLoss.forward


_LOSSES = (
    *("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "cross_entropy", "nll_loss", "linear_cross_entropy"),
    *("binary_cross_entropy", "binary_cross_entropy_with_logits", "kl_div", "poisson_nll_loss", "gaussian_nll_loss"),
    *("hinge_embedding_loss", "soft_margin_loss", "multilabel_soft_margin_loss", "multilabel_margin_loss"),
    *("multi_margin_loss", "margin_ranking_loss", "cosine_embedding_loss", "ctc_loss"),
    *("triplet_margin_loss", "triplet_margin_with_distance_loss"),
)


def _patch_all() -> None:
    for loss, function in loss_functions():
        try:
            code = _patched_code(loss, function)
        except (OSError, SyntaxError, ValueError, TypeError, LookupError) as error:
            warnings.warn(f"snugly cannot watch {loss}: {error}", RuntimeWarning, stacklevel=3)
            continue
        _STATE.patched.append(_Patched(function, function.__code__))
        function.__code__ = code


@cache
def _patched_code(loss: str, function: FunctionType) -> CodeType:
    return with_prologue(function, _STATE.places.setdefault(loss, Places()), _Looker(loss, function))


class _Looker:
    """Looks at one call of one loss; the slow way, taken when a call is new or due."""

    def __init__(self, loss: str, function: FunctionType) -> None:
        self._loss = loss
        self._signature = signature(function)

    def __call__(self) -> None:
        """Count the call at its pattern and ask the watchers, unless they are the ones who called."""
        if getattr(_STATE.busy, "looking", False) or not _STATE.watchers:
            return
        _STATE.busy.looking = True
        try:
            self._look(sys._getframe(1))
        except Passing as passing:
            raise passing.error from None
        except Refusal:
            raise
        except Exception:
            return  # arguments that have no facts: symbolic sizes while tracing, what only poses as a tensor
        finally:
            _STATE.busy.looking = False

    def _look(self, frame: FrameType) -> None:
        import torch

        arguments = {name: value for name, value in frame.f_locals.items() if not name.startswith(PREFIX)}
        direct, module = frame.f_back, arguments.pop("self", None)
        if direct is None:
            return
        if direct.f_globals is torch.nn.modules.loss.__dict__:
            module = direct.f_locals.get("self")
        caller, depth = (direct, 1) if module is None else _outside_of_modules(direct)
        if caller is None:
            return
        with torch._C.DisableTorchFunction():  # no mode of the user's is told of what is read here
            pattern, known, first = self._recall(arguments, caller)
        if not first and pattern.left > 1:
            pattern.left -= 1
        else:
            self._tell(Seen(self._loss, arguments, caller, module, first, pattern.due, pattern))
        if known is not None:
            known.grant()
            _STATE.places[self._loss].put(known, direct, caller, depth)

    def _tell(self, seen: Seen) -> None:
        """Ask the watchers about a call, and when to look at one like it again."""
        pattern, calls = seen.pattern, seen.calls
        pattern.left, pattern.due = 1, calls + 1  # when a watcher refuses the call, the next one is looked at again
        gaps = [_ask(watcher, seen) for watcher in reversed(_STATE.watchers)]
        gap = min((gap if isinstance(gap, int) else calls for gap in gaps), default=calls)
        pattern.left, pattern.due = gap, calls + gap

    def _recall(self, arguments: Mapping[str, Any], caller: FrameType) -> tuple[Pattern, Known | None, bool]:
        """Return the pattern of a call, what others are compared with, and whether the pattern is new."""
        code, at = caller.f_code, caller.f_lasti
        alike = self._signature.key(arguments)
        if alike is None:
            pattern, first = self._pattern(arguments, code, at)
            return pattern, None, first
        calls, key = _STATE.knowledge.calls, (self._loss, id(code), at, alike)
        known = calls.get(key)
        pattern, first = self._pattern(arguments, code, at) if known is None else (known.pattern, False)
        if pattern.known is not None:
            pattern.known.settle()
        if known is None or not known.is_like(*(arguments[name] for name in self._signature.required)):
            if len(calls) >= MAX_KNOWN:
                calls.clear()
            known = calls[key] = self._signature.describe(arguments, pattern)
        return pattern, known, first

    def _pattern(self, arguments: Mapping[str, Any], code: CodeType, at: int) -> tuple[Pattern, bool]:
        patterns = _STATE.knowledge.patterns
        key = (self._loss, id(code), at, _pattern_of(arguments))
        pattern = patterns.get(key)
        if pattern is not None:
            return pattern, False
        if len(patterns) >= MAX_KNOWN:
            patterns.clear()
        pattern = patterns[key] = Pattern(code)
        return pattern, True


def _ask(watcher: Watcher, seen: Seen) -> int | None:
    try:
        return watcher(seen)
    except Refusal:
        raise
    except Exception as error:
        unwatch(watcher)
        message = (
            f"snugly stopped watching the losses: {type(error).__name__}: {error}. The program goes on without it."
        )
        warnings.warn(message, RuntimeWarning, stacklevel=2)
        return None


def _outside_of_modules(frame: FrameType) -> tuple[FrameType | None, int]:
    """Return the frame that called the module and its depth: the frames of ``Module.__call__`` lie between."""
    caller, depth = frame, 1
    while caller.f_globals.get("__name__", "").startswith("torch.nn.modules."):
        if caller.f_back is None:
            return None, depth
        caller, depth = caller.f_back, depth + 1
    return caller, depth


def _pattern_of(arguments: Mapping[str, Any]) -> tuple[Any, ...]:
    """Name what decides the verdict besides elements: sizes in order of appearance, 0 and 1 as they are.

    The kernels' verdict depends on which sizes are equal, not on how large they are (``kernel``).
    """
    import torch

    names: dict[int, int] = {0: 0, 1: 1}
    parts: list[Any] = []
    for name, value in arguments.items():
        if isinstance(value, torch.Tensor):
            sizes = tuple(names.setdefault(size, len(names)) for size in value.shape)
            parts.append((name, sizes, value.dtype, value.device, value.requires_grad))
        elif isinstance(value, (bool, int, float, str, type(None))):
            parts.append((name, value))
        else:
            parts.append((name, type(value)))
    return tuple(parts)
