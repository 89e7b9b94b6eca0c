"""Judges what a step does while it runs: its losses by their contracts, arithmetic and comparisons by the rules."""

from __future__ import annotations

import inspect
import os
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from snugly.facts.dims import value
from snugly.facts.records import dataclass, field, replace
from snugly.operations.registry import Application
from snugly.runtime.calls import loss_call
from snugly.runtime.facts import facts_of, is_tensor_like
from snugly.runtime.frames import argument_sources, callers, expression, is_user_file
from snugly.runtime.preflight.recurrent import RECURRENT, is_symbolic, recurrent_output
from snugly.runtime.preflight.sizes import dim_of
from snugly.runtime.session import call_site, judge_call, undisturbed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType

    from snugly.contracts.calls import LossCall, Verdict
    from snugly.facts.origins import Place, Source
    from snugly.facts.tensors import Shape, TensorFacts
    from snugly.rules.findings import Finding
    from snugly.runtime.preflight.batches import Twins

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
        backwards: facts of each tensor that the step itself called ``backward`` on.
        read: lines at which an element decides a branch or becomes a number of Python's.
    """

    losses: list[Judged] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    backwards: list[TensorFacts] = field(default_factory=list)
    read: dict[str, str] = field(default_factory=dict)


@cache
def judge_class() -> type[Any]:
    """Return the mode that judges calls, made when torch is there."""
    from torch.overrides import TorchFunctionMode

    class Judge(TorchFunctionMode):  # type: ignore[misc]
        """Answers a loss call by its contract: fake kernels are wrong about one call in eight."""

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
        twins: the real tensors that the fake ones of the batch stand for.
        faked: whether the tensors are fake, so that a loss is answered and an element is made up.
        example: the element that is made up.
        gradients: whether there are any, so that ``backward`` can be called.
    """

    seen: Seen
    twins: Twins
    faked: bool = True
    example: int = 1
    gradients: bool = True

    def call(self, func: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Judge one call of torch, and do it."""
        name = getattr(func, "__name__", "")
        loss = _loss_name(func)
        if loss is not None:
            return self._loss(loss, func, args, kwargs)
        if self.faked and name in _READING and _is_fake(args):
            return self._read(name, func, args)
        if name == "backward" and args and is_tensor_like(args[0]):
            self.seen.backwards.append(known_facts(args[0]))
            if not self.gradients:
                return None
        if name in RECURRENT and is_symbolic(args[0]):
            return recurrent_output(args)
        result = func(*args, **kwargs)
        self.twins.carry(func, args, kwargs, result)
        if name in _pairing():
            self._pair(_OPERATORS.get(name, name), args, result)
        return result

    def _loss(self, name: str, func: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        bound = inspect.signature(inspect.unwrap(func)).bind(*args, **kwargs)
        bound.apply_defaults()
        caller, module = _caller()
        with undisturbed():
            call = loss_call(name, bound.arguments, look=not self.faked)
            given = {each: bound.arguments.get(each, bound.arguments.get(f"{each}_")) for each in call.arguments}
            known = {each: self._known(given[each], facts) for each, facts in call.arguments.items()}
            call = replace(call, arguments={each: _as_cast(facts) for each, facts in known.items()})
            verdict, findings = judge_call(call, caller, module)
        recipes = {
            each: self.twins.recipes[id(tensor)] for each, tensor in given.items() if self.twins.of(tensor) is not None
        }
        place, sources = call_site(caller, name, module)
        self.seen.losses.append(Judged(call, verdict, recipes, findings, place, sources))
        self.seen.findings += [finding for finding in findings if finding.raises is None]
        if verdict.accepted is False and verdict.raises is not None:
            raise LossRefusedError(verdict.raises.type, verdict.raises.message, findings)
        return _result(bound.arguments, verdict, func, args, kwargs) if self.faked else func(*args, **kwargs)

    def _known(self, given: Any, facts: TensorFacts) -> TensorFacts:
        """Return the facts of an argument: sizes as dims, and the elements of the real tensor it stands for."""
        if not self.faked or not hasattr(given, "shape"):
            return facts
        twin = self.twins.of(given)
        real = twin if twin is not None else None if _is_fake((given,)) else given
        return facts.with_(shape=shape_of(given), values=facts.values if real is None else facts_of(real).values)

    def _read(self, name: str, func: Callable[..., Any], args: Any) -> Any:
        """Return an element of the real tensor, where one stands behind, else an example."""
        real = self.twins.of(args[0])
        if real is not None:
            return getattr(real, name)(*args[1:])
        tensor = args[0]
        whole = not tensor.is_floating_point() and tensor.dtype is not _torch().bool
        if name in {"item", "tolist", "__index__", "__int__"} and whole:
            return func(*args)  # a symbol, which must not decide anything
        self.seen.read.setdefault(_line(sys._getframe(3)), "branch" if name == "__bool__" else "number")
        if name == "tolist":
            return _filled([int(size) for size in tensor.shape], float(self.example))
        kind = bool if tensor.dtype is _torch().bool and name == "item" else _READING[name]
        return kind(self.example)

    def _pair(self, name: str, args: Any, result: Any) -> None:
        """Judge arithmetic or a comparison that the user wrote, where both sides are repeated."""
        frame: FrameType | None = sys._getframe(3)
        if frame is None or not is_user_file(frame.f_code.co_filename) or len(args) < 2:
            return
        a, b = args[:2]
        if not (is_tensor_like(a) and is_tensor_like(b) and is_tensor_like(result)):
            return
        shape = shape_of(result)
        if not (a.dim() and b.dim()) or shape in (shape_of(a), shape_of(b)):
            return
        from snugly.rules.judge import judge_operation

        with undisturbed():
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
    """Return the facts of a tensor without looking at its elements; sizes as dims."""
    return facts_of(tensor, look=False).with_(shape=shape_of(tensor))


def shape_of(tensor: Any) -> Shape:
    """Return the sizes of a tensor as dims."""
    return tuple(dim_of(size) for size in tensor.shape)


@cache
def _pairing() -> frozenset[str]:
    from snugly.rules.registry import rules

    looking = (rule for rule in rules("operation") if rule.family == "broadcasting" and not rule.refused)
    named = {name for rule in looking for name in rule.names}
    return frozenset(named | set(_OPERATORS))


def _loss_name(func: Callable[..., Any]) -> str | None:
    from snugly.runtime.losses import loss_name

    return loss_name(func) if inspect.isroutine(func) and hasattr(func, "__name__") else None


def _is_fake(args: Any) -> bool:
    from torch._subclasses.fake_tensor import FakeTensor

    return bool(args) and isinstance(args[0], FakeTensor)


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


def _result(arguments: Mapping[str, Any], verdict: Verdict, func: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Return a fake tensor of the contract's shape and dtype, connected to every argument with a gradient."""
    torch = _torch()
    output = verdict.output
    shape = None if output is None or output.shape is None else tuple(value(size) for size in output.shape)
    if output is None or output.dtype is None or shape is None or None in shape:
        return func(*args, **kwargs)
    linked = [each for each in arguments.values() if isinstance(each, torch.Tensor) and each.requires_grad]
    dtype = getattr(torch, output.dtype)
    if not linked:
        tensor = next(each for each in arguments.values() if isinstance(each, torch.Tensor))
        return torch.zeros(shape, dtype=dtype, device=tensor.device)
    total = sum(each.sum().to(dtype) for each in linked)
    return total.expand(shape) if shape else total


def _torch() -> Any:
    import torch

    return torch
