"""A call that someone asks about, of a loss function or module with its arguments, as the contracts know it."""

from __future__ import annotations

import functools
import inspect
import sys
from typing import TYPE_CHECKING, Any

from snugly.contracts import LOSSES, LossCall
from snugly.contracts.binding import MODULES, Module, ModuleState, bind_function, bind_module
from snugly.runtime.facts import facts_of, is_tensor_like

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from snugly.facts.tensors import TensorFacts


def loss_name(loss: Callable[..., Any]) -> str | None:
    """Return the qualified name of a loss function of torch, wrapped or not; ``None`` where it is none."""
    plain = inspect.unwrap(loss)
    name = f"torch.nn.functional.{getattr(plain, '__name__', '')}"
    torch = sys.modules.get("torch")
    if name not in LOSSES or torch is None:
        return None
    own = getattr(torch.nn.functional, plain.__name__, None)
    return name if own is not None and inspect.unwrap(own) is plain else None


def module_of(loss: object) -> Module | None:
    """Return the loss module that an object is, or is a subclass of with the same ``forward``."""
    for base in type(loss).__mro__:
        found = MODULES.get(f"torch.nn.{base.__name__}")
        if found is not None and base.__module__.startswith("torch.nn."):
            same = getattr(type(loss), "forward", None) is base.forward  # type: ignore[attr-defined]
            return found if same else None
    return None


def module_state(loss: Any) -> ModuleState | None:
    """Return what the attributes of a live loss module hold, ``None`` where it is not one of torch's."""
    found = module_of(loss)
    if found is None:
        return None
    tensors: dict[str, TensorFacts] = {}
    options: dict[str, Any] = {}
    for parameter in found.parameters:
        if parameter.name in ("size_average", "reduce") or not hasattr(loss, parameter.name):
            continue
        value = getattr(loss, parameter.name)
        if is_tensor_like(value):
            tensors[parameter.name] = facts_of(value)
        elif value is not None or not parameter.tensor:
            options[parameter.name] = value
    return _completed(loss, found, tensors, options)


def _completed(loss: Any, found: Module, tensors: dict[str, TensorFacts], options: dict[str, Any]) -> ModuleState:
    """Add what two modules keep in layers of their own."""
    if found.name == "torch.nn.LinearCrossEntropyLoss":
        outer = (loss.num_classes, *loss.out_features)
        tensors["linear_weight"] = facts_of(loss.linear.weight).with_(shape=(*outer, loss.linear.in_features))
        if loss.linear.bias is not None:
            tensors["linear_bias"] = facts_of(loss.linear.bias).with_(shape=outer)
        options = {name: options[name] for name in options if name not in ("out_features", "num_classes")}
    elif found.name == "torch.nn.AdaptiveLogSoftmaxWithLoss":
        options["cutoffs"] = list(loss.cutoffs[:-1])
        options["dtype"] = str(loss.head.weight.dtype).removeprefix("torch.")
    elif options.get("distance_function") is not None and type(loss.distance_function).__name__ == "PairwiseDistance":
        options.pop("distance_function")
    return ModuleState(found, tensors, options)


def loss_call(loss: Any, positional: Sequence[Any], keywords: Mapping[str, Any]) -> LossCall | None:
    """Return the LossCall of a call of a live loss; ``None`` where it is not one of torch's.

    Args:
        loss: a function of ``torch.nn.functional``, a loss module, or a ``functools.partial`` of one.
        positional: the arguments by position; tensors, TensorFacts or options.
        keywords: the arguments by name.

    Raises:
        BindingError: the arguments do not fit the signature.
    """
    if isinstance(loss, functools.partial):
        return loss_call(loss.func, (*loss.args, *positional), {**loss.keywords, **keywords})
    given = [_facts(value) for value in positional]
    named = {name: _facts(value) for name, value in keywords.items()}
    state = module_state(loss)
    if state is not None:
        return bind_module(state, given, named)
    name = loss_name(loss)
    return None if name is None else bind_function(name, given, named)


def _facts(value: Any) -> Any:
    return facts_of(value) if is_tensor_like(value) else value
