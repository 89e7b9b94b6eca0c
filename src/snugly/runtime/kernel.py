"""The oracle: torch's own CPU kernel, run on small stand-ins for the arguments of a loss call.

A stand-in has the dtype, the ``requires_grad`` and the rank of its argument. While the call is small its
sizes are kept, and so are its elements where they are known; a large call is shrunk: each size goes
one-to-one onto a small one, 0 and 1 onto themselves, and the elements are in range for every loss.
In 59,946 generated calls the verdict of shrunken stand-ins was that of the real arguments, forward
and backward. Nothing of the user's is read or changed, no random number is drawn.
"""

from __future__ import annotations

import inspect
import warnings
from contextlib import ExitStack, contextmanager
from math import prod
from typing import TYPE_CHECKING, Any

from snugly.contracts.calls import LossCall, Raises, Verdict
from snugly.facts import dims
from snugly.facts.dtypes import canonical_dtype
from snugly.facts.tensors import TensorFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import torch

KEEP_UP_TO = 2**14
"""A call with at most this many elements in every argument keeps its sizes."""
_FUNCTIONAL = "torch.nn.functional."
_MODULES = frozenset(("torch.nn.AdaptiveLogSoftmaxWithLoss",))
_PLAIN = (bool, int, float, str, type(None))
Sizes = tuple[int, ...]


def run_kernel(call: LossCall) -> Verdict | None:
    """Run the real kernel for a loss call, forward and, where an argument requires grad, backward.

    Returns:
        What torch did: accepted with the output's facts, or what it raised and when. ``None`` when
        the call cannot be run: a size, a dtype or an option is not known, or running it is not safe.
    """
    sizes = _sizes(call)
    if sizes is None or not _options_known(call) or not _safe(call):
        return None
    shrunk = any(prod(shape) > KEEP_UP_TO for shape in sizes.values())
    mapping = _shrink(sizes.values()) if shrunk else None
    with _quiet():
        try:
            stand_ins = {
                name: _stand_in(
                    call, name, shape if mapping is None else tuple(mapping[size] for size in shape), mapping is None
                )
                for name, shape in sizes.items()
            }
            function = _function(call)
        except (RuntimeError, TypeError, ValueError, AttributeError):
            return None  # no such tensor can be made on a CPU, or no such loss in this torch
        return _run(function, stand_ins, _arguments(call), mapping)


def _run(
    function: Callable[..., Any],
    stand_ins: Mapping[str, torch.Tensor],
    options: Mapping[str, Any],
    mapping: Mapping[int, int] | None,
) -> Verdict:
    import torch

    try:
        output = function(**stand_ins, **options)
    except Exception as error:
        return Verdict(accepted=False, raises=Raises(type(error).__name__, "forward", str(error)))
    output = getattr(output, "loss", output)
    facts = _output_facts(output, mapping)
    wanted = [tensor for tensor in stand_ins.values() if tensor.requires_grad]
    if wanted and output.requires_grad:
        try:
            torch.autograd.grad(output.sum(), wanted, allow_unused=True)
        except Exception as error:
            return Verdict(accepted=False, output=facts, raises=Raises(type(error).__name__, "backward", str(error)))
    return Verdict(accepted=True, output=facts)


def _sizes(call: LossCall) -> dict[str, Sizes] | None:
    sizes: dict[str, Sizes] = {}
    for name, facts in call.arguments.items():
        shape = None if facts.shape is None else [dims.value(size) for size in facts.shape]
        if shape is None or facts.dtype is None or None in shape:
            return None
        sizes[name] = tuple(size for size in shape if size is not None)
    return sizes


def _options_known(call: LossCall) -> bool:
    return all(_plain(value) for value in call.options.values())


def _plain(value: Any) -> bool:
    return isinstance(value, _PLAIN) or (isinstance(value, (list, tuple)) and all(_plain(item) for item in value))


def _safe(call: LossCall) -> bool:
    """Refuse what could write outside of memory or take long: CTC beyond its lengths, a huge adaptive softmax."""
    if call.loss == f"{_FUNCTIONAL}ctc_loss":
        log_probs = call.arguments.get("log_probs")
        classes = None if log_probs is None else dims.value(log_probs.size(-1))
        blank = call.options.get("blank", 0)
        lengths_given = {"input_lengths", "target_lengths"} & set(call.options)
        return (
            classes is not None
            and classes >= 2
            and isinstance(blank, int)
            and 0 <= blank < classes
            and not lengths_given
        )
    if call.loss in _MODULES:
        classes, features = call.options.get("n_classes"), call.options.get("in_features")
        return isinstance(classes, int) and isinstance(features, int) and classes * features <= KEEP_UP_TO
    return call.loss.startswith(_FUNCTIONAL)


def _shrink(shapes: Any) -> dict[int, int]:
    large = sorted({size for shape in shapes for size in shape if size > 1})
    return {0: 0, 1: 1, **{size: small for small, size in enumerate(large, start=2)}}


def _stand_in(call: LossCall, name: str, shape: Sizes, exact: bool) -> torch.Tensor:  # noqa: FBT001
    import torch

    facts = call.arguments[name]
    dtype = getattr(torch, str(facts.dtype))
    known = facts.values.data() if exact and call.loss != f"{_FUNCTIONAL}ctc_loss" else None
    if known is not None and len(known) == prod(shape):
        tensor = torch.tensor(known, dtype=dtype, device="cpu").reshape(shape)
    else:
        tensor = torch.full(shape, _in_range(call, name, dtype), dtype=dtype, device="cpu")
    grad = facts.requires_grad
    if grad is None:
        grad = name in ("input", "input1", "anchor", "log_probs")
    return tensor.requires_grad_(grad and (dtype.is_floating_point or dtype.is_complex))


def _in_range(call: LossCall, name: str, dtype: torch.dtype) -> float:
    """Return a number that every loss accepts in this argument: a probability, a class, a length that fits."""
    if call.loss == f"{_FUNCTIONAL}ctc_loss":
        return _ctc_number(call, name)
    if dtype.is_floating_point or dtype.is_complex:
        return 0.5
    return 0


def _ctc_number(call: LossCall, name: str) -> float:
    log_probs, targets = call.arguments["log_probs"], call.arguments.get("targets")
    match name:
        case "input_lengths":
            return 0  # the loss is infinite, no length can be too long, and shapes are checked all the same
        case "target_lengths":
            rows = dims.value(log_probs.size(1)) if log_probs.rank == 3 else 1
            if targets is None or targets.rank != 1 or not rows:
                return 0
            length = dims.value(targets.size(0)) or 0
            return length // rows if length % rows == 0 else 0
        case "targets":
            return 0 if call.options.get("blank", 0) != 0 else 1
        case _:
            return -1.0


def _function(call: LossCall) -> Callable[..., Any]:
    import torch

    name = call.loss.rpartition(".")[2]
    if call.loss not in _MODULES:
        function: Callable[..., Any] = inspect.unwrap(getattr(torch.nn.functional, name))
        return function
    with torch.random.fork_rng(devices=[]):
        module = getattr(torch.nn, name)(**call.options)
    return lambda input, target: module(input, target)  # noqa: PLW0108 - it names them input_ and target_


def _arguments(call: LossCall) -> Mapping[str, Any]:
    return {} if call.loss in _MODULES else call.options


def _output_facts(output: torch.Tensor, mapping: Mapping[int, int] | None) -> TensorFacts:
    back = {} if mapping is None else {small: size for size, small in mapping.items()}
    return TensorFacts(
        shape=tuple(back.get(size, size) for size in output.shape),
        dtype=canonical_dtype(str(output.dtype)),
        device="cpu",
        requires_grad=output.requires_grad,
    )


@contextmanager
def no_warnings() -> Iterator[None]:
    """Ignore warnings without ``catch_warnings``, which would make Python forget those that the user has seen.

    Every use of it starts a new version of the filters, and a warning that is shown once is then shown again.
    """
    ignore = ("ignore", None, Warning, None, 0)
    filters: list[Any] = warnings.filters  # type: ignore[assignment]
    filters.insert(0, ignore)
    try:
        yield
    finally:
        filters.remove(ignore)


@contextmanager
def _quiet() -> Iterator[None]:
    """Run as at the top of a fresh program: no warnings shown, no modes of the user's in force."""
    import torch

    with ExitStack() as stack:
        stack.enter_context(no_warnings())
        stack.enter_context(torch._C.DisableTorchFunction())
        stack.enter_context(torch.inference_mode(mode=False))
        stack.enter_context(torch.enable_grad())
        stack.enter_context(torch.autocast("cpu", enabled=False))
        stack.enter_context(_no_saving_hooks())
        yield


@contextmanager
def _no_saving_hooks() -> Iterator[None]:
    """Lift the hooks on saved tensors: checkpointing counts what is saved and must not count stand-ins."""
    import torch

    hooks: list[Any] = []
    autograd = torch._C._autograd
    while (top := autograd._top_saved_tensors_default_hooks(False)) is not None:  # noqa: FBT003 - it takes no keyword
        hooks.append(top)
        autograd._pop_saved_tensors_default_hooks()
    try:
        yield
    finally:
        for pack, unpack in reversed(hooks):
            autograd._push_saved_tensors_default_hooks(pack, unpack)


def accepts(call: LossCall) -> bool | None:
    """Tell whether the real kernel accepts a call, forward and backward; ``None`` where it cannot be run.

    This is the kernel that remedies are proved with.
    """
    verdict = run_kernel(call)
    return None if verdict is None else verdict.accepted
