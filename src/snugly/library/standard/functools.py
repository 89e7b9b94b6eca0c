"""``functools``: decorators that change nothing that is followed, ``partial`` and ``reduce``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.records import replace
from snugly.interpreter.values import Function, Native, Partial, Unknown, Value
from snugly.library.registry import function

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine


_ROUNDS = 3
_MISSING = Unknown("absent")


@function("functools.partial")
def partial(func: Value, /, *args: Value, **keywords: Value) -> Value:
    """``partial(func, *args, **keywords)``."""
    if isinstance(func, Partial):
        return Partial(func.function, (*func.args, *args), {**func.kwargs, **keywords})
    return Partial(func, args, keywords)


@function("functools.reduce")
def reduce(machine: Machine, function: Value, iterable: Value, initial: Value = _MISSING) -> Value:
    """``reduce(function, iterable[, initial])``: item by item; to a fixed point where the items are summed up."""
    found = machine.iterate(iterable)
    if found.items is not None:
        items = list(found.items) if initial is _MISSING else [initial, *found.items]
        if not items:
            return Unknown("functools.reduce")
        result = items[0]
        for item in items[1:]:
            result = machine.call(function, result, item)
        return result
    result = found.element if initial is _MISSING else initial
    for _ in range(_ROUNDS):
        after = machine.join(result, machine.call(function, result, found.element))
        if after == result:
            return result
        result = after
    return Unknown("functools.reduce")


@function("functools.cache", "functools.total_ordering", "functools.singledispatch")
def unchanged(user_function: Value, /) -> Value:
    """A decorator after which the function does what it did before."""
    return user_function


@function("functools.lru_cache")
def lru_cache(maxsize: Value = 128, typed: Value = False) -> Value:
    """``@lru_cache`` and ``@lru_cache(maxsize=...)``."""
    if isinstance(maxsize, int | None):
        return Native(unchanged, "functools.lru_cache")
    return maxsize


@function("functools.wraps")
def wraps(wrapped: Value, assigned: Value = None, updated: Value = None) -> Value:
    """``@wraps(wrapped)``."""
    return Native(unchanged, "functools.wraps")


@function("functools.update_wrapper")
def update_wrapper(wrapper: Value, wrapped: Value, assigned: Value = None, updated: Value = None) -> Value:
    """``update_wrapper(wrapper, wrapped)``."""
    return wrapper


@function("functools.cached_property")
def cached_property(func: Value) -> Value:
    """``@cached_property``: a property, whose value does not change."""
    return replace(func, kind="property") if isinstance(func, Function) else func


@function("functools.cmp_to_key")
def cmp_to_key(mycmp: Value) -> Value:
    """``cmp_to_key(mycmp)``: keys of which only the order matters."""
    return Native(lambda _: Unknown("functools.cmp_to_key"), "functools.cmp_to_key")
