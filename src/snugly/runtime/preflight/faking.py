"""One run of a step on fake tensors: the model's operations for real, its losses by their contracts."""

from __future__ import annotations

import inspect
import sys
from contextlib import ExitStack, contextmanager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any

from snugly.facts.dims import value
from snugly.facts.records import dataclass, field, replace
from snugly.runtime.calls import loss_call
from snugly.runtime.facts import facts_of
from snugly.runtime.frames import is_user_file
from snugly.runtime.preflight.layers import Recorder
from snugly.runtime.preflight.sizes import dim_of
from snugly.runtime.preflight.steps import batch_axis
from snugly.runtime.session import judge_call, undisturbed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType

    from snugly.contracts.calls import Verdict
    from snugly.facts.tensors import TensorFacts
    from snugly.rules.findings import Finding
    from snugly.runtime.preflight.layers import Layer
    from snugly.runtime.preflight.steps import Step


class LossRefusedError(Exception):
    """Torch would refuse this loss call; carries the findings."""

    def __init__(self, raises: str, message: str, findings: tuple[Finding, ...]) -> None:
        """Keep what torch would raise."""
        super().__init__(f"{raises}: {message}")
        self.findings = findings


@dataclass(slots=True)
class Outcome:
    """What one run of a step showed.

    Attributes:
        size: the batch size; ``None`` for a symbolic one.
        error: what stopped the run, with its traceback; ``None`` when it went through.
        findings: what the losses showed.
        losses: the judged loss calls: name and verdict.
        loss: facts of what the step returned.
        layers: the modules in the order of their calls, with shapes and memory.
        without_gradient: names of the parameters that require a gradient and got none.
        saved: bytes that the forward pass keeps for the backward pass.
    """

    size: int | None
    error: BaseException | None = None
    findings: list[Finding] = field(default_factory=list)
    losses: list[tuple[str, Verdict]] = field(default_factory=list)
    loss: TensorFacts | None = None
    layers: list[Layer] = field(default_factory=list)
    without_gradient: list[str] = field(default_factory=list)
    saved: int = 0


def run(
    step: Step,
    size: int,
    *,
    mode: Any,
    symbolic: Any = None,
    backward: bool = True,
    autocast: Any = None,
) -> Outcome:
    """Run a step on fake tensors with ``size`` samples, or with a symbolic number of which ``size`` is an example.

    Args:
        step: the step.
        size: the number of samples.
        mode: a ``FakeTensorMode``.
        symbolic: makes the fake tensors of a batch, for a symbolic size.
        backward: whether gradients are followed too.
        autocast: a dtype for mixed precision, ``None`` for none.
    """
    import torch

    outcome = Outcome(None if symbolic else size)
    batch, twins = (symbolic or fake_batch)(step.batch, step.size, size, mode)
    recorder = Recorder()
    judge = _judge_class()(_Losses(outcome, twins))
    device = next((p.device.type for model in step.models.values() for p in model.parameters()), "cpu")
    casting = torch.autocast(device, dtype=autocast) if autocast is not None else nullcontext()
    try:
        with ExitStack() as stack:
            parameters = stack.enter_context(_faked(step.models, mode))
            stack.enter_context(recorder.watching(step.models))
            stack.enter_context(torch.enable_grad())
            stack.enter_context(mode)
            stack.enter_context(judge)
            stack.enter_context(casting)
            with recorder.saving():
                loss = step.run(batch)
            outcome.loss = _loss_facts(loss)
            if backward and isinstance(loss, torch.Tensor) and loss.requires_grad:
                with torch.autocast(device, enabled=False) if autocast is not None else nullcontext():
                    loss.sum().backward()
                outcome.without_gradient = [
                    name for name, fake in parameters.items() if fake.requires_grad and fake.grad is None
                ]
    except Exception as error:
        outcome.error = error
        if isinstance(error, LossRefusedError):
            outcome.findings += error.findings
    outcome.layers = recorder.layers
    outcome.saved = recorder.saved
    return outcome


def fake_batch(batch: Any, given: int, size: int, mode: Any) -> tuple[Any, dict[int, Any]]:
    """Return a fake batch of ``size`` samples, and the real tensor that each fake one stands for."""
    import torch

    twins: dict[int, Any] = {}

    def fake(leaf: Any) -> Any:
        if not isinstance(leaf, torch.Tensor):
            return leaf
        axis = batch_axis(leaf, given)
        real = leaf.detach() if axis is None or size == given else _resized(leaf.detach(), axis, size)
        made = mode.from_tensor(real, static_shapes=True)
        twins[id(made)] = (made, real)
        return made

    return torch.utils._pytree.tree_map(fake, batch), twins


def _resized(tensor: Any, axis: int, size: int) -> Any:
    """Return a tensor with another number of samples, without copying: a slice, or the first sample repeated."""
    here = tensor.size(axis)
    if size <= here:
        return tensor.narrow(axis, 0, size)
    return tensor.narrow(axis, 0, 1).expand(*tensor.shape[:axis], size, *tensor.shape[axis + 1 :])


@contextmanager
def _faked(models: Mapping[str, Any], mode: Any) -> Iterator[dict[str, Any]]:
    """Put fake parameters and buffers into the modules; ``left_as_it_was`` takes them out again."""
    fakes: dict[int, Any] = {}
    named: dict[str, Any] = {}
    for prefix, model in models.items():
        for path, module in model.named_modules():
            for name, tensor in (*module._parameters.items(), *module._buffers.items()):
                if tensor is None:
                    continue
                fake = fakes.get(id(tensor))
                if fake is None:
                    fake = fakes[id(tensor)] = mode.from_tensor(tensor, static_shapes=True)
                    if name in module._parameters:
                        named[".".join(part for part in (prefix, path, name) if part)] = fake
                (module._parameters if name in module._parameters else module._buffers)[name] = fake
        for module in model.modules():
            _replace_lists(module, fakes)
    yield named


def _replace_lists(module: Any, fakes: Mapping[int, Any]) -> None:
    """Replace parameters in lists that a module keeps beside its own table, as recurrent layers do."""
    for name, held in list(vars(module).items()):
        if type(held) is list and any(id(each) in fakes for each in held):
            vars(module)[name] = [fakes.get(id(each), each) for each in held]


def _loss_facts(loss: Any) -> TensorFacts | None:
    import torch

    return (
        facts_of(loss, look=False).with_(shape=tuple(dim_of(s) for s in loss.shape))
        if isinstance(loss, torch.Tensor)
        else None
    )


@cache
def _judge_class() -> type[Any]:
    """Return the mode that answers every loss by its contract, made when torch is there."""
    from torch.overrides import TorchFunctionMode

    class Judge(TorchFunctionMode):  # type: ignore[misc]
        """Answers a loss call by its contract: fake kernels are wrong about one call in eight."""

        def __init__(self, losses: _Losses) -> None:
            super().__init__()
            self._losses = losses

        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            from snugly.runtime.losses import loss_name

            kwargs = kwargs or {}
            name = loss_name(func) if inspect.isroutine(func) and hasattr(func, "__name__") else None
            return func(*args, **kwargs) if name is None else self._losses.answer(name, func, args, kwargs)

    return Judge


@dataclass(slots=True)
class _Losses:
    """Judges the losses of one run."""

    outcome: Outcome
    twins: Mapping[int, Any]

    def answer(self, name: str, func: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Judge a loss call and return a fake result, or raise what torch would."""
        bound = inspect.signature(inspect.unwrap(func)).bind(*args, **kwargs)
        bound.apply_defaults()
        caller, module = _caller()
        with undisturbed():
            call = loss_call(name, bound.arguments)
            known = {name: self._known(bound.arguments, name, facts) for name, facts in call.arguments.items()}
            verdict, findings = judge_call(replace(call, arguments=known), caller, module)
        self.outcome.losses.append((name, verdict))
        self.outcome.findings += [finding for finding in findings if finding.raises is None]
        if verdict.accepted is False and verdict.raises is not None:
            raise LossRefusedError(verdict.raises.type, verdict.raises.message, findings)
        return _result(bound.arguments, verdict, func, args, kwargs)

    def _known(self, arguments: Mapping[str, Any], name: str, facts: TensorFacts) -> TensorFacts:
        """Return the facts of an argument: sizes as dims, and the elements of the real tensor it stands for."""
        given = arguments.get(name, arguments.get(f"{name}_"))
        shape = tuple(dim_of(size) for size in given.shape) if hasattr(given, "shape") else facts.shape
        twin = self.twins.get(id(given))
        values = facts_of(twin[1]).values if twin is not None and twin[0] is given else facts.values
        return facts.with_(shape=shape, values=values)


def _caller() -> tuple[FrameType | None, Any]:
    """Return the frame that called the loss, and the loss module that it called it through."""
    frame: FrameType | None = sys._getframe(2)
    module = None
    while frame is not None and not is_user_file(frame.f_code.co_filename):
        if frame.f_globals.get("__name__") == "torch.nn.modules.loss":
            module = frame.f_locals.get("self")
        frame = frame.f_back
    return frame, module


def _result(arguments: Mapping[str, Any], verdict: Verdict, func: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Return a fake tensor of the contract's shape and dtype, connected to every argument with a gradient."""
    import torch

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
