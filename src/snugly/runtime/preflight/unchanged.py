"""Leaves a model as it was: what a forward pass may set is put back, and what must not change is compared."""

from __future__ import annotations

import random
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from torch import nn


class ChangedError(RuntimeError):
    """A model was changed although only fake tensors were run; a fault of snugly."""


@contextmanager
def left_as_it_was(models: Iterable[nn.Module]) -> Iterator[None]:
    """Put back attributes, modes, hooks and random states of models, and make sure that no parameter was written.

    Raises:
        ChangedError: a parameter, buffer or gradient is not what it was.
    """
    modules = [module for model in models for module in model.modules()]
    before = [_attributes(module) for module in modules]
    written = _versions(modules)
    states = _random_states()
    try:
        yield
    finally:
        for module, kept in zip(modules, before, strict=True):
            _put_back(module, kept)
        _set_random_states(states)
        if _versions(modules) != written:
            msg = "a parameter, buffer or gradient was written during preflight; please report this model"
            raise ChangedError(msg)


def _attributes(module: nn.Module) -> dict[str, tuple[Any, Any]]:
    """Return every attribute with a copy of what it holds, where it is a container that could be written."""
    return {
        name: (value, value.copy() if isinstance(value, (list, dict, set)) else None)
        for name, value in vars(module).items()
    }


def _put_back(module: nn.Module, kept: dict[str, tuple[Any, Any]]) -> None:
    state = vars(module)
    for name in [name for name in state if name not in kept]:
        del state[name]
    for name, (value, contents) in kept.items():
        state[name] = value
        if isinstance(value, list):
            value[:] = contents
        elif isinstance(value, (dict, set)):
            value.clear()
            value.update(contents)


def _versions(modules: Iterable[nn.Module]) -> list[tuple[Any, ...]]:
    """Name every parameter, buffer and gradient by object, memory and the number of times it was written."""
    found = []
    for module in modules:
        for tensor in (*module._parameters.values(), *module._buffers.values()):
            if tensor is not None:
                grad = tensor.grad if tensor.is_leaf else None
                written = None if tensor.is_inference() else tensor._version
                found.append(
                    (
                        id(tensor),
                        tensor.data_ptr() if _has_memory(tensor) else 0,
                        written,
                        id(grad) if grad is not None else None,
                    )
                )
    return found


def _has_memory(tensor: Any) -> bool:
    import torch

    return tensor.device.type != "meta" and type(tensor) in {torch.Tensor, torch.nn.Parameter}


def _random_states() -> dict[str, Any]:
    import torch

    states: dict[str, Any] = {"python": random.getstate(), "torch": torch.get_rng_state()}
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        states["cuda"] = torch.cuda.get_rng_state_all()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        states["numpy"] = numpy.random.get_state()
    return states


def _set_random_states(states: dict[str, Any]) -> None:
    import torch

    random.setstate(states["python"])
    torch.set_rng_state(states["torch"])
    if "cuda" in states:
        torch.cuda.set_rng_state_all(states["cuda"])
    if "numpy" in states:
        sys.modules["numpy"].random.set_state(states["numpy"])
