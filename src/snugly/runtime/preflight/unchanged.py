"""Leaves a model as it was: what a forward pass may set is put back, and what must not change is compared."""

from __future__ import annotations

import random
import sys
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import torch
    from torch import nn


class ChangedError(RuntimeError):
    """A model was changed although only stand-ins were run; a fault of snugly."""


@contextmanager
def left_as_it_was(models: Iterable[nn.Module], leaves: Iterable[torch.Tensor] = ()) -> Iterator[None]:
    """Put back attributes, modes, hooks and random states of models, and make sure that no parameter was written.

    Args:
        models: the models, whatever they hold.
        leaves: further tensors that may get gradients; they keep those that they have.

    Raises:
        ChangedError: a parameter, buffer or gradient is not what it was.
    """
    modules = list({id(module): module for model in models for module in model.modules()}.values())
    gradients = [(leaf, leaf.grad) for leaf in leaves]
    before = [_attributes(module) for module in modules]
    written = _versions(modules)
    states = random_states()
    try:
        yield
    finally:
        for module, kept in zip(modules, before, strict=True):
            _put_back(module, kept)
        for leaf, gradient in gradients:
            leaf.grad = gradient
        set_random_states(states)
        if _versions(modules) != written:
            msg = "a parameter, buffer or gradient was written during preflight; please report this model"
            raise ChangedError(msg)


def _attributes(module: nn.Module) -> dict[str, _Kept]:
    """Return every attribute with what it holds, where it is a container that could be written."""
    return {name: _keep(value) for name, value in vars(module).items()}


_DEEPEST = 4
_Kept = tuple[Any, Any]


def _keep(value: Any, depth: int = 0) -> _Kept:
    """Return a value, and of a container its items, as they are now."""
    if depth > _DEEPEST:
        return value, None
    if isinstance(value, (list, deque)):
        return value, [_keep(each, depth + 1) for each in value]
    if isinstance(value, dict):
        return value, {key: _keep(each, depth + 1) for key, each in value.items()}
    if isinstance(value, set):
        return value, set(value)
    return value, None


def _as_kept(kept: _Kept) -> Any:
    """Return a value that was kept, with the items that it had then."""
    value, items = kept
    if items is None:
        return value
    if isinstance(value, dict):
        restored = {key: _as_kept(each) for key, each in items.items()}
        if len(restored) != len(value) or any(value.get(key, items) is not each for key, each in restored.items()):
            value.clear()
            value.update(restored)
    elif isinstance(value, set):
        if value != items:
            value.clear()
            value.update(items)
    else:
        restored_items = [_as_kept(each) for each in items]
        if len(restored_items) != len(value) or any(a is not b for a, b in zip(restored_items, value, strict=True)):
            value.clear()
            value.extend(restored_items)
    return value


def _put_back(module: nn.Module, kept: dict[str, _Kept]) -> None:
    state = vars(module)
    for name in [name for name in state if name not in kept]:
        del state[name]
    for name, each in kept.items():
        state[name] = _as_kept(each)


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


@contextmanager
def random_states_kept() -> Iterator[None]:
    """Put the random states of Python, numpy and torch back."""
    states = random_states()
    try:
        yield
    finally:
        set_random_states(states)


def random_states() -> dict[str, Any]:
    """Return the states of the random generators of Python, numpy and torch."""
    import torch

    states: dict[str, Any] = {"python": random.getstate(), "torch": torch.get_rng_state()}
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        states["cuda"] = torch.cuda.get_rng_state_all()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        states["numpy"] = numpy.random.get_state()
    return states


def set_random_states(states: dict[str, Any]) -> None:
    """Bring the random generators into states that they were in."""
    import torch

    random.setstate(states["python"])
    torch.set_rng_state(states["torch"])
    if "cuda" in states:
        torch.cuda.set_rng_state_all(states["cuda"])
    if "numpy" in states:
        sys.modules["numpy"].random.set_state(states["numpy"])
