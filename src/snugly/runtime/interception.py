"""Sees every call of a loss function of torch; of a known call it only compares the sizes with the last one there.

The functions are not replaced. While someone watches, each one's code gets a prologue: its first
statement asks whether this place was last called with these shapes, dtypes and options. Only if not it looks
further: whether they are known from earlier, and else what the watchers say.
So the function keeps its identity (a copy bound by ``from torch.nn.functional import
mse_loss`` is covered, tables keyed by functions keep working), tracebacks and the lines of warnings stay
those of torch, scripting reads torch's own source, and there is no second call to pay for. When the
last watcher leaves, the original code objects are put back.

The prologue never touches a result or an exception of torch's. A watcher that fails is dropped with one
warning; what it raises as ``Refusal`` is meant for the user and passes.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
import threading
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import CodeType, FrameType, FunctionType

    Watcher = Callable[["Seen"], int | None]

MAX_KNOWN = 20_000
MAX_REMEMBERED = 16
_PREFIX = "snugly_"


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


@dataclass(slots=True, eq=False)
class Pattern:
    """One place with one pattern of sizes: when to look at it again.

    Attributes:
        left: calls until then.
        due: which call that is, counted from the first.
        code: of the caller; kept alive, so that its id stays its own.
    """

    left: int = 1
    due: int = 1
    code: CodeType | None = None

    @property
    def calls(self) -> int:
        """How many calls there were."""
        return self.due - self.left


@dataclass(slots=True)
class _Known:
    """The last call of a place: what the next one is compared with."""

    code: CodeType
    pattern: Pattern
    rest: tuple[Any, ...]
    size0: Any = None
    size1: Any = None
    size2: Any = None
    size3: Any = None


@dataclass(slots=True)
class _Patched:
    """A function with a prologue, and the code it had before."""

    function: Any  # a FunctionType, which as an attribute would read as a method
    original: CodeType


@dataclass(slots=True)
class _State:
    """What the prologues of this process share."""

    watchers: list[Watcher] = field(default_factory=list)
    known: dict[Any, Pattern] = field(default_factory=dict)
    patterns: dict[Any, Pattern] = field(default_factory=dict)
    remembered: dict[tuple[Watcher, ...], tuple[dict[Any, Pattern], dict[Any, Pattern]]] = field(default_factory=dict)
    places: dict[str, dict[int, _Known]] = field(default_factory=dict)
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
        _STATE.remembered[tuple(_STATE.watchers)] = dict(_STATE.known), dict(_STATE.patterns)
    known, patterns = _STATE.remembered.get(tuple(watchers), ({}, {}))
    _STATE.watchers[:] = watchers
    for mine, then in ((_STATE.known, known), (_STATE.patterns, patterns)):
        mine.clear()
        mine.update(then)
    for places in _STATE.places.values():
        places.clear()


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
            code = _with_prologue(loss, function)
        except (OSError, SyntaxError, ValueError, TypeError, LookupError) as error:
            warnings.warn(f"snugly cannot watch {loss}: {error}", RuntimeWarning, stacklevel=3)
            continue
        _STATE.patched.append(_Patched(function, function.__code__))
        function.__code__ = code


_PROLOGUE = """
if not torch.compiler.is_dynamo_compiling():
    snugly_caller = None
    try:
        snugly_caller = "snugly:getframe"(1)
        if snugly_caller.f_code.co_filename == "snugly:modules":
            snugly_caller = snugly_caller.f_back.f_back.f_back
        snugly_known = "snugly:get"(snugly_caller.f_lasti)
        if snugly_known is not None and snugly_known.code is snugly_caller.f_code and {sizes}:
            snugly_left = snugly_known.pattern.left - 1
            if snugly_left & {seldom} and snugly_left > {near} or snugly_left > 0 and snugly_known.rest == ({rest}):
                snugly_known.pattern.left = snugly_left
            else:
                snugly_known = None
        else:
            snugly_known = None
    except Exception:
        snugly_known = None
    if snugly_known is None:
        "snugly:look"(snugly_caller)
    snugly_caller = None
"""
NEAR, SELDOM = 64, 7
"""The sizes of a known place are compared at each call. What else a call is made of changes with another place or
another run, hardly within one; it is compared at each call while the next look is near, else at every eighth."""


@cache
def _with_prologue(loss: str, function: FunctionType) -> CodeType:
    """Compile the function's own source with the prologue in front, lines unchanged.

    The objects that the prologue needs are constants of the code, so no module gets a new name. All of them are
    hashable, because code objects are (debuggers and torch.compile keep them as keys).
    """
    import torch

    original = function.__code__
    lines = "\n" * (original.co_firstlineno - 1)  # so that every node has the line it has in torch
    tree = ast.parse(lines + textwrap.dedent(inspect.getsource(function)))
    definition = tree.body[0]
    if not isinstance(definition, ast.FunctionDef) or original.co_freevars:
        msg = "it is not a plain function"
        raise TypeError(msg)
    compiling = "is_dynamo_compiling" if hasattr(torch.compiler, "is_dynamo_compiling") else "is_compiling"
    sizes, rest = _signature(function)
    alike = " and ".join(f"snugly_known.size{at} == {size}" for at, size in enumerate(sizes))
    text = _PROLOGUE.format(sizes=alike, rest=rest, near=NEAR, seldom=SELDOM)
    text = text.replace("is_dynamo_compiling", compiling)
    prologue = ast.parse(text).body
    body = definition.body
    first = 1 if ast.get_docstring(definition, clean=False) is not None else 0
    for node in prologue:
        for inner in ast.walk(node):
            if "lineno" in inner._attributes:
                inner.lineno = inner.end_lineno = definition.lineno  # type: ignore[attr-defined]
                inner.col_offset = inner.end_col_offset = 0  # type: ignore[attr-defined]
    definition.body = [*body[:first], *prologue, *body[first:]]
    definition.decorator_list = []
    flags = original.co_flags & _future_flags()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # the prologue calls constants, until they are replaced
        module = compile(tree, original.co_filename, "exec", flags=flags, dont_inherit=True)
    code = next(constant for constant in module.co_consts if inspect.iscode(constant))
    bindings = {
        "snugly:getframe": sys._getframe,
        "snugly:modules": torch.nn.MSELoss.forward.__code__.co_filename,
        "snugly:get": _STATE.places.setdefault(loss, {}).get,
        "snugly:look": _Looker(loss, function, sizes, rest),
    }
    constants = tuple(bindings.get(c, c) if isinstance(c, str) else c for c in code.co_consts)
    return code.replace(co_consts=constants, co_qualname=original.co_qualname)


def _future_flags() -> int:
    import __future__

    return sum({getattr(__future__, name).compiler_flag for name in __future__.all_feature_names[-2:]})


def _signature(function: FunctionType) -> tuple[list[str], str]:
    """Write what tells calls at one place apart: the sizes of each tensor that is always there, and the rest."""
    sizes: list[str] = []
    rest: list[str] = []
    for name, parameter in inspect.signature(function).parameters.items():
        annotation = str(parameter.annotation)
        if name in ("self", "size_average", "reduce"):
            continue  # the deprecated options do not change from call to call at one place
        if "Callable" in annotation or "Tensor" not in annotation:
            rest.append(name)
        elif parameter.default is inspect.Parameter.empty and "|" not in annotation and "Union" not in annotation:
            rest += [f"{name}.dtype"] if sizes else [f"{name}.dtype", f"{name}.requires_grad"]  # training or not
            sizes.append(f"{name}.shape")
        else:
            rest.append(f"{name} if {name} is None or {name}.__class__ is float else ({name}.shape, {name}.dtype)")
    return sizes, f"{', '.join(rest)},"


class _Looker:
    """Looks at one call of one loss; the slow way, taken when a call is new or due."""

    def __init__(self, loss: str, function: FunctionType, sizes: list[str], rest: str) -> None:
        self._loss = loss
        names = [name for name in inspect.signature(function).parameters if name != "self"]
        self._signature = eval(f"lambda {', '.join(names)}: (({', '.join(sizes)},), ({rest}))")  # noqa: S307 - ours

    def __call__(self, place: FrameType | None) -> None:
        """Count the call at its pattern and ask the watchers, unless they are the ones who called."""
        if getattr(_STATE.busy, "looking", False) or not _STATE.watchers:
            return
        _STATE.busy.looking = True
        try:
            self._look(sys._getframe(1), place)
        except Passing as passing:
            raise passing.error from None
        except Refusal:
            raise
        except Exception:
            return  # arguments that have no facts: symbolic sizes while tracing, what only poses as a tensor
        finally:
            _STATE.busy.looking = False

    def _look(self, frame: FrameType, place: FrameType | None) -> None:
        import torch

        arguments = {name: value for name, value in frame.f_locals.items() if not name.startswith(_PREFIX)}
        caller, module = frame.f_back, arguments.pop("self", None)
        if caller is not None and caller.f_globals is torch.nn.modules.loss.__dict__:
            module = caller.f_locals.get("self")
        if module is not None:
            caller = _outside_of_modules(caller)
        if caller is None:
            return
        pattern, first = self._known_or_new(caller, arguments, place)
        if not first and pattern.left > 0:
            pattern.left -= 1  # sizes that were new, in a pattern that is not
        if not first and pattern.left > 0:
            return
        calls = pattern.due
        pattern.left, pattern.due = 1, calls + 1  # when a watcher refuses the call, the next one is looked at again
        seen = Seen(self._loss, arguments, caller, module, first, calls, pattern)
        gaps = [_ask(watcher, seen) for watcher in reversed(_STATE.watchers)]
        gap = min((gap if isinstance(gap, int) else calls for gap in gaps), default=calls)
        pattern.left, pattern.due = gap, calls + gap

    def _known_or_new(
        self, caller: FrameType, arguments: Mapping[str, Any], place: FrameType | None
    ) -> tuple[Pattern, bool]:
        """Return the pattern of a call, and let the prologue recognize it: the last call of a place is at hand."""
        if place is None:
            return self._pattern(caller, arguments)
        try:
            sizes, rest = self._signature(**arguments)
            key = (self._loss, id(place.f_code), place.f_lasti, sizes, rest)
            pattern, first = _STATE.known.get(key), False
        except Exception:  # what only poses as a tensor has no sizes, or they are symbolic
            return self._pattern(caller, arguments)
        if pattern is None:
            pattern, first = self._pattern(caller, arguments)
            if len(_STATE.known) >= MAX_KNOWN:
                _STATE.known.clear()
            _STATE.known[key] = pattern
        _STATE.places[self._loss][place.f_lasti] = _Known(place.f_code, pattern, rest, *sizes)
        return pattern, first

    def _pattern(self, caller: FrameType, arguments: Mapping[str, Any]) -> tuple[Pattern, bool]:
        key = (self._loss, id(caller.f_code), caller.f_lasti, _pattern_of(arguments))
        pattern = _STATE.patterns.get(key)
        if pattern is not None:
            return pattern, False
        if len(_STATE.patterns) >= MAX_KNOWN:
            _STATE.patterns.clear()
        pattern = _STATE.patterns[key] = Pattern(code=caller.f_code)
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


def _outside_of_modules(frame: FrameType | None) -> FrameType | None:
    """Return the frame that called the module: the frames of ``Module.__call__`` lie between."""
    while frame is not None and frame.f_globals.get("__name__", "").startswith("torch.nn.modules."):
        frame = frame.f_back
    return frame


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
            parts.append((name, sizes, value.dtype, value.requires_grad))
        elif isinstance(value, (bool, int, float, str, type(None))):
            parts.append((name, value))
        else:
            parts.append((name, type(value)))
    return tuple(parts)
