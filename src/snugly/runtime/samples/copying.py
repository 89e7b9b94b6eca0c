"""A copy of a model that shares its parameters and nothing that a forward pass may write.

Buffers, hidden states, counters and lists of them are copied, so that running the copy leaves the model what it is.
Objects that are neither tensors, modules nor containers are shared: a tokenizer, a configuration, a trainer.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from types import MethodType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn

_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
_WRAPPERS = {"DistributedDataParallel": "module", "DataParallel": "module", "OptimizedModule": "_orig_mod"}
"""Modules of torch that only call another one, and the attribute that holds it."""
_DEEPEST = 8


class UnknowableError(Exception):
    """What was to be shown cannot be shown here; the message says why, as the end of a sentence."""


def inner_of(module: nn.Module) -> nn.Module:
    """Return the model within torch's own wrappers, which spread or compile it."""
    while (name := _WRAPPERS.get(type(module).__name__)) is not None and type(module).__module__.startswith("torch."):
        module = getattr(module, name)
    return module


def is_wrapper(module: Any) -> bool:
    """Tell whether a module only calls another one."""
    return type(module).__name__ in _WRAPPERS and type(module).__module__.startswith("torch.")


def sharing(module: nn.Module) -> nn.Module:
    """Return a copy of a model that shares its parameters.

    The hooks of the user's own code are left out: they would be told of passes that are none of the user's.

    Raises:
        UnknowableError: the model cannot be copied so: it is scripted, its parameters are spread over processes, or its
            ``forward`` was replaced by what calls the original.
    """
    return _Copier().module(module)


class _Copier:
    """One copy; what is met twice is copied once."""

    def __init__(self) -> None:
        self._made: dict[int, Any] = {}
        self._kept: list[Any] = []  # so that no id is used twice

    def module(self, old: nn.Module) -> nn.Module:
        import torch

        old = inner_of(old)
        if id(old) in self._made:
            found: nn.Module = self._made[id(old)]
            return found
        if isinstance(old, torch.jit.ScriptModule):
            raise UnknowableError("the model is scripted")
        if any(cls.__module__.startswith("torch.distributed.") for cls in type(old).__mro__):
            raise UnknowableError("its parameters are spread over processes")
        made: nn.Module = object.__new__(type(old))
        self._remember(old, made)
        state = vars(made)
        for name, value in vars(old).items():
            if name in _HOOKS:
                state[name] = OrderedDict((key, self._hook(hook)) for key, hook in value.items() if _is_torchs(hook))
            elif name == "_compiled_call_impl":
                state[name] = None
            else:
                state[name] = self.value(value)
        replaced = vars(old).get("forward")
        if replaced is not None and state["forward"] is replaced:
            raise UnknowableError(f"the forward of {type(old).__name__} was replaced")
        return made

    def value(self, value: Any, depth: int = 0) -> Any:
        """Return what the copy holds in place of an attribute or an item."""
        import torch

        if id(value) in self._made:
            return self._made[id(value)]
        if isinstance(value, torch.nn.Module):
            return self.module(value)
        if isinstance(value, torch.Tensor):
            return self._tensor(value)
        if isinstance(value, MethodType):
            owner = value.__self__
            return MethodType(value.__func__, self.module(owner)) if isinstance(owner, torch.nn.Module) else value
        if depth > _DEEPEST or type(value) not in {list, tuple, deque, dict, OrderedDict, set}:
            return value
        if isinstance(value, dict):
            made: Any = self._remember(value, type(value)())
            made.update((key, self.value(each, depth + 1)) for key, each in value.items())
            return made
        items = [self.value(each, depth + 1) for each in value]
        copied = deque(items, value.maxlen) if isinstance(value, deque) else type(value)(items)
        return self._remember(value, copied)

    def _tensor(self, value: Any) -> Any:
        import torch

        if type(value) not in {torch.Tensor, torch.nn.Parameter, torch.nn.Buffer}:
            if isinstance(value, torch.nn.Parameter) and type(value).__module__.startswith("torch.distributed."):
                raise UnknowableError("its parameters are spread over processes")
            return value  # a class of its own, such as quantized weights: not known how to copy it, hardly written
        if isinstance(value, torch.nn.Parameter):
            return value
        copied = value.detach().clone()
        copied.requires_grad_(value.requires_grad and value.is_leaf and copied.is_floating_point())
        return self._remember(value, copied)

    def _hook(self, hook: Any) -> Any:
        return self.value(hook)

    def _remember(self, old: Any, new: Any) -> Any:
        self._made[id(old)] = new
        self._kept.append(old)
        return new


def _is_torchs(hook: Any) -> bool:
    """Tell whether a hook is a part of what a layer computes: torch's own normalizations of weights, pruning."""
    module = getattr(hook, "__module__", None) or type(hook).__module__
    return module.startswith("torch.nn.")
