"""Judges what a step does while it runs: its losses by their contracts, arithmetic and comparisons by the rules."""

from __future__ import annotations

import inspect
import os
import sys
from contextlib import nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass, field, replace
from snugly.operations.registry import Application
from snugly.runtime.calls import running_call
from snugly.runtime.facts import facts_of, is_tensor_like
from snugly.runtime.frames import argument_sources, callers, expression, is_user_file
from snugly.runtime.preflight.devices import asked_device, moved, without_device
from snugly.runtime.preflight.formation import ElementsNeededError
from snugly.runtime.preflight.outcomes import call_at, compared, loss_output, sizes_at
from snugly.runtime.preflight.recurrent import RECURRENT, recurrent_output
from snugly.runtime.preflight.shadows import is_shadow
from snugly.runtime.session import call_site, judge_call, undisturbed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from types import FrameType

    from snugly.contracts.calls import LossCall, Verdict
    from snugly.facts.origins import Place, Source
    from snugly.facts.tensors import TensorFacts
    from snugly.rules.findings import Finding
    from snugly.runtime.preflight.batches import Twins
    from snugly.runtime.preflight.shadows import Shadows

# Reading an element of a tensor for Python: what follows is followed with an example.
_READING = {"item": float, "__float__": float, "__bool__": bool, "__int__": int, "__index__": int, "tolist": list}
_OPERATORS = {"__eq__": "eq", "__ne__": "ne", "__rsub__": "sub", "__radd__": "add", "__rmul__": "mul"}


class LossRefusedError(Exception):
    """Torch would refuse this loss call; carries the findings."""

    def __init__(self, raises: str, message: str, findings: tuple[Finding, ...]) -> None:
        """Keep what torch would raise."""
        super().__init__(f"{raises}: {message}")
        self.findings = findings


@dataclass(slots=True)
class Judged:
    """One loss call as it was judged, so that it can be judged again with other labels.

    Attributes:
        call: the facts of its arguments.
        verdict: the contract's verdict.
        recipes: for arguments that carry the batch's own elements, how they come of the batch.
        findings: what was found.
        place: the call in the user's source.
        sources: the sources of its arguments.
    """

    call: LossCall
    verdict: Verdict
    recipes: Mapping[str, Callable[[list[Any]], Any]]
    findings: tuple[Finding, ...]
    place: Place | None
    sources: Mapping[str, Source]


@dataclass(slots=True)
class Seen:
    """What one run of a step showed.

    Attributes:
        losses: the judged loss calls.
        findings: what losses and operations showed although torch raises nothing.
        elsewhere: what they showed at another batch size of the formation, by that size.
        backwards: facts of each tensor that the step itself called ``backward`` on.
        read: lines at which an element decides a branch or becomes a number of Python's.
    """

    losses: list[Judged] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    elsewhere: dict[int, list[Finding]] = field(default_factory=dict)
    backwards: list[TensorFacts] = field(default_factory=list)
    read: dict[str, str] = field(default_factory=dict)


@cache
def judge_class() -> type[Any]:
    """Return the mode that judges calls, made when torch is there."""
    from torch.overrides import TorchFunctionMode

    class Judge(TorchFunctionMode):  # type: ignore[misc]
        """Answers a loss call by its contract: kernels for fake tensors are wrong about one in eight."""

        def __init__(self, judge: Judging) -> None:
            super().__init__()
            self._judge = judge

        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return self._judge.call(func, args, kwargs or {})

    return Judge


@dataclass(slots=True)
class Judging:
    """Judges the calls of one run.

    Attributes:
        seen: where it writes.
        twins: the real tensors that the shadows of the batch stand for.
        shadows: the shadows of the run; ``None`` where it runs on copies.
        example: the element that is made up where the step reads one of a shadow.
        sizes: further batch sizes at which each call is looked at for traps.
    """

    seen: Seen
    twins: Twins
    shadows: Shadows | None = None
    example: int = 1
    sizes: frozenset[int] = frozenset()

    def call(self, func: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Judge one call of torch, and do it."""
        name = getattr(func, "__name__", "")
        loss = _loss_name(func)
        if loss is not None:
            return self._loss(loss, func, args, kwargs)
        if name == "backward" and args and is_tensor_like(args[0]):
            self.seen.backwards.append(known_facts(args[0]))
        result = (
            func(*args, **kwargs) if self.shadows is None else self._shadowed(self.shadows, name, func, args, kwargs)
        )
        self.twins.carry(func, args, kwargs, result)
        if name in _pairing():
            self._pair(_OPERATORS.get(name, name), args, result)
        return result

    def _shadowed(self, shadows: Shadows, name: str, func: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Do a call that meets shadows, or could make some."""
        if name in _READING and args and is_shadow(args[0]):
            return self._read(shadows, name, args)
        if name in {"numpy", "__array__"} and args and is_shadow(args[0]):
            return self._elements(args[0], name, args[1:])
        if name in RECURRENT and is_shadow(args[0]) and isinstance(args[3], bool):  # packed ones have weights there
            return recurrent_output(args)
        wanted = asked_device(name, args, kwargs)
        if wanted is None:
            with shadows.among(args):
                result = func(*args, **kwargs)
        else:
            func, args, kwargs = without_device(func, name, args, kwargs)
            with shadows.asking(wanted):
                result = moved(func(*args, **kwargs), wanted)
        if name == "__set__" and is_shadow(args[0]) and is_shadow(args[1]) and args[0].shape == args[1].shape:
            args[0].form = args[1].form  # tensor.data = other
        return result

    def _loss(self, name: str, func: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        bound = inspect.signature(inspect.unwrap(func)).bind(*args, **kwargs)
        bound.apply_defaults()
        caller, module = _caller()
        with undisturbed(), self._looking():
            plain = running_call(name, bound.arguments, look=self.shadows is None)
            given = {each: bound.arguments.get(each, bound.arguments.get(f"{each}_")) for each in plain.arguments}
            known = {each: _as_cast(self._known(given[each], facts)) for each, facts in plain.arguments.items()}
            call = replace(plain, arguments=known)
            verdict, findings = judge_call(call, caller, module)
            verdicts = {} if self.shadows is None else compared(self.shadows.formation, call, given, verdict)
        self._look_elsewhere(call, given, findings, caller, module)
        recipes = {
            each: self.twins.recipes[id(tensor)]
            for each, tensor in given.items()
            if self.twins.of(tensor) is not None and id(tensor) in self.twins.recipes
        }
        place, sources = call_site(caller, name, module)
        self.seen.losses.append(Judged(call, verdict, recipes, findings, place, sources))
        self.seen.findings += [finding for finding in findings if finding.raises is None]
        if verdict.accepted is False and verdict.raises is not None:
            raise LossRefusedError(verdict.raises.type, verdict.raises.message, findings)
        if self.shadows is None:
            return func(*args, **kwargs)
        output = loss_output(self.shadows, bound.arguments, verdicts)
        return func(*args, **kwargs) if output is None else output

    def _looking(self) -> AbstractContextManager[None]:
        return nullcontext() if self.shadows is None else self.shadows.formation.looking()

    def _known(self, given: Any, facts: TensorFacts) -> TensorFacts:
        """Return the facts of an argument, with the elements of the real tensor that it stands for."""
        if self.shadows is None or not is_shadow(given):
            return facts if self.shadows is None else facts.with_(values=facts_of(given).values)
        twin = self.twins.of(given)
        known = known_facts(given)
        return known if twin is None else known.with_(values=facts_of(twin).values)

    def _look_elsewhere(
        self, call: LossCall, given: Mapping[str, Any], findings: tuple[Finding, ...], caller: Any, module: Any
    ) -> None:
        """Look for traps that the call has at another batch size that matters."""
        if self.shadows is None:
            return
        formation = self.shadows.formation
        known = {finding.code for finding in findings}
        for member in formation.flying:
            size = formation.members[member]
            if size not in self.sizes or member == formation.lead:
                continue
            with undisturbed(), formation.looking():
                found = judge_call(call_at(call, given, member), caller, module)[1]
            new = [each for each in found if each.raises is None and each.code not in known]
            self.seen.elsewhere.setdefault(size, []).extend(new)

    def _read(self, shadows: Shadows, name: str, args: Any) -> Any:
        """Return an element of the real tensor, where one stands behind, else an example."""
        tensor = args[0]
        if self.twins.of(tensor) is not None:
            return self._elements(tensor, name, args[1:])
        if not tensor.is_floating_point() and tensor.dtype is not _torch().bool and name != "__bool__":
            if name == "item":
                return shadows.formation.size_of(shadows.formation.unknown())  # a number that must not decide anything
            return self._elements(tensor, name, args[1:])
        self.seen.read.setdefault(_line(sys._getframe(4)), "branch" if name == "__bool__" else "number")
        if name == "tolist":
            return _filled([int(size) for size in tensor.shape], float(self.example))
        kind = bool if tensor.dtype is _torch().bool and name == "item" else _READING[name]
        return kind(self.example)

    def _elements(self, tensor: Any, name: str, more: Any) -> Any:
        real = self.twins.of(tensor)
        if real is None:
            msg = f"{name}() needs the elements"
            raise ElementsNeededError(msg)
        return getattr(real, name)(*more)

    def _pair(self, name: str, args: Any, result: Any) -> None:
        """Judge arithmetic or a comparison that the user wrote, where both sides are repeated."""
        frame: FrameType | None = sys._getframe(3)
        if frame is None or not is_user_file(frame.f_code.co_filename) or len(args) < 2:
            return
        a, b = args[:2]
        if not (is_tensor_like(a) and is_tensor_like(b) and is_tensor_like(result)):
            return
        if not (a.dim() and b.dim()) or sizes_at(result) in (sizes_at(a), sizes_at(b)):
            return
        from snugly.rules.judge import judge_operation

        with undisturbed(), self._looking():
            facts = {"input": known_facts(a), "other": known_facts(b)}
            application = Application(f"operator.{name}", facts, known_facts(result))
            if not judge_operation(application):
                return
            at = expression(frame)
            sources = argument_sources(at, ("input", "other"))
            self.seen.findings += judge_operation(application, place=at.place, sources=sources, callers=callers(frame))


def _as_cast(facts: TensorFacts) -> TensorFacts:
    """Return the facts of an argument as a loss gets it: mixed precision runs losses in float32.

    https://docs.pytorch.org/docs/stable/amp.html#cpu-ops-that-autocast-to-float32
    """
    kind = (facts.device or "cpu").partition(":")[0]
    if facts.dtype in {"float16", "bfloat16"} and _torch().is_autocast_enabled(kind):
        return facts.with_(dtype="float32")
    return facts


def known_facts(tensor: Any) -> TensorFacts:
    """Return the facts of a tensor without looking at its elements; its sizes at the lead's batch size."""
    return facts_of(tensor, look=False, shape=sizes_at(tensor))


@cache
def _pairing() -> frozenset[str]:
    from snugly.rules.registry import rules

    looking = (rule for rule in rules("operation") if rule.family == "broadcasting" and not rule.refused)
    named = {name for rule in looking for name in rule.names}
    return frozenset(named | set(_OPERATORS))


def _loss_name(func: Callable[..., Any]) -> str | None:
    from snugly.runtime.losses import loss_name

    return loss_name(func) if inspect.isroutine(func) and hasattr(func, "__name__") else None


def _filled(shape: list[int], example: float) -> Any:
    return example if not shape else [_filled(shape[1:], example) for _ in range(shape[0])]


def _line(frame: FrameType | None) -> str:
    while frame is not None and not is_user_file(frame.f_code.co_filename):
        frame = frame.f_back
    return "" if frame is None else f"{os.path.relpath(frame.f_code.co_filename)}:{frame.f_lineno}"


def _caller() -> tuple[FrameType | None, Any]:
    """Return the frame that called the loss, and the loss module that it called it through.

    There is no frame where preflight itself calls the loss that it was given.
    """
    frame: FrameType | None = sys._getframe(4)
    module = None
    while frame is not None and not is_user_file(frame.f_code.co_filename):
        if frame.f_globals.get("__name__") == "torch.nn.modules.loss":
            module = frame.f_locals.get("self")
        if frame.f_globals.get("__name__", "").startswith("snugly."):
            return None, module
        frame = frame.f_back
    return frame, module


def _torch() -> Any:
    import torch

    return torch
