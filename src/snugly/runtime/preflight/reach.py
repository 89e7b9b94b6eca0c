"""What a step function can reach: the modules, parameters and optimizers that it closes over or names."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import CodeType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass, field
from snugly.runtime.frames import is_user_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import torch
    from torch import nn

_DEEPEST = 6
_MOST_ITEMS = 200
_STEPPERS = ("Optimizer", "LRScheduler", "ReduceLROnPlateau", "GradScaler")


@dataclass(slots=True)
class Reached:
    """What a step can write to beside the models that it was given with.

    Attributes:
        modules: modules, by the name that the step knows them by.
        leaves: tensors outside of modules that require a gradient.
        steppers: optimizers, schedulers and gradient scalers, whose steps are not taken.
    """

    modules: dict[str, nn.Module] = field(default_factory=dict)
    leaves: list[torch.Tensor] = field(default_factory=list)
    steppers: list[Any] = field(default_factory=list)
    _seen: set[int] = field(default_factory=set)

    def follow(self, name: str, value: Any, depth: int = 0) -> None:
        """Look at a value and at what it holds."""
        import torch

        if id(value) in self._seen or depth > _DEEPEST:
            return
        self._seen.add(id(value))
        if isinstance(value, torch.nn.Module):
            self.modules.setdefault(name, value)
        elif isinstance(value, torch.Tensor):
            if value.is_leaf and value.requires_grad:
                self.leaves.append(value)
        elif any(each.__name__ in _STEPPERS for each in type(value).__mro__):
            self.steppers.append(value)
        else:
            for inner, held in _held(name, value):
                self.follow(inner, held, depth + 1)


def reached(*roots: Any) -> Reached:
    """Return what functions, modules and objects can reach."""
    found = Reached()
    for root in roots:
        found.follow(getattr(root, "__name__", type(root).__name__), root)
    return found


def _held(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a value holds, by name: of functions and containers, and of objects of the user's own classes."""
    if isinstance(value, functools.partial):
        yield from (("", each) for each in (value.func, *value.args, *value.keywords.values()))
    elif isinstance(value, MethodType):
        yield from ((name, value.__self__), (name, value.__func__))
    elif isinstance(value, FunctionType):
        if is_user_file(value.__code__.co_filename):
            yield from _of_function(value)
    elif isinstance(value, Mapping):
        if len(value) <= _MOST_ITEMS:
            yield from ((str(key), each) for key, each in value.items())
    elif isinstance(value, (list, tuple, set)):
        if len(value) <= _MOST_ITEMS:
            yield from ((f"{name}.{at}", each) for at, each in enumerate(value))
    elif _is_users(value):
        yield from vars(value).items()


def _of_function(function: FunctionType) -> Iterator[tuple[str, Any]]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not bound yet
            continue
    yield from (("", default) for default in function.__defaults__ or ())
    for name in _names(function.__code__):
        if name in function.__globals__:
            yield name, function.__globals__[name]


def _names(code: CodeType) -> Iterator[str]:
    for part in parts(code):
        yield from part.co_names


def parts(code: CodeType) -> Iterator[CodeType]:
    """Yield the code of a function and of everything that is written inside of it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from parts(constant)


def codes(roots: Iterable[Any]) -> tuple[CodeType, ...]:
    """Return the code of functions and classes of the user's, and of those that they call by name.

    Args:
        roots: functions, methods, partial functions and classes.
    """
    found: dict[CodeType, None] = {}
    waiting = [(root, 0) for root in roots]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, functools.partial):
            value = value.func
        value = getattr(value, "__func__", value)
        if isinstance(value, type):
            waiting += [(_function(each), depth) for each in vars(value).values() if _function(each) is not None]
        elif isinstance(value, FunctionType) and value.__code__ not in found and depth <= _DEEPEST:
            if not is_user_file(value.__code__.co_filename):
                continue
            found[value.__code__] = None
            waiting += [(held, depth + 1) for _, held in _of_function(value) if _function(held) is not None]
    return tuple(found)


def _function(value: Any) -> Any:
    """Return a function, a class or what a property, a static or a class method wraps; ``None`` for other values."""
    inner = getattr(value, "__func__", None) or getattr(value, "fget", None) or value
    return inner if isinstance(inner, (FunctionType, functools.partial, type)) else None


def _is_users(value: Any) -> bool:
    """Tell whether a value is an object of a class that the user wrote."""
    call = next((each for each in vars(type(value)).values() if isinstance(each, FunctionType)), None)
    return hasattr(value, "__dict__") and call is not None and is_user_file(call.__code__.co_filename)
