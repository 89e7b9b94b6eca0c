"""Calls of operators: what the schema says of arguments and results, and what makes two calls the same."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass
from snugly.runtime.preflight.formation import Number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch


@dataclass(frozen=True, slots=True)
class Returned:
    """What an operator returns.

    Attributes:
        each: for each result ``"new"``, ``"view"`` or ``"same"``, and which argument it is a view of, or is.
        listed: whether it returns one list.
    """

    each: tuple[tuple[str, int | str | None], ...]
    listed: bool

    def ways(self, results: Sequence[Any]) -> Sequence[tuple[str, int | str | None]]:
        """Return what ``each`` says, for as many results as came out."""
        return self.each * len(results) if self.listed else self.each

    def shaped(self, results: list[Any]) -> Any:
        """Return results as the operator does: a list, a tuple, one, or nothing."""
        if self.listed:
            return results
        return tuple(results) if len(self.each) > 1 else results[0] if results else None


@cache
def returned(func: Any) -> Returned:
    """Return what an operator returns, by its schema."""
    schema = func._schema
    places: dict[str, int | str] = {}
    for at, argument in enumerate(schema.arguments):
        if argument.alias_info is not None:
            for name in argument.alias_info.before_set:
                places[name] = argument.name if argument.kwarg_only else at
    each: list[tuple[str, int | str | None]] = []
    for result in schema.returns:
        alias = result.alias_info
        where = None if alias is None else next((places[name] for name in alias.before_set if name in places), None)
        each.append(("new" if where is None else "same" if alias.is_write else "view", where))
    listed = len(schema.returns) == 1 and str(schema.returns[0].type).startswith("List")
    return Returned(tuple(each), listed)


@cache
def tensor_places(func: Any) -> tuple[int, ...]:
    """Return the places of the arguments that are tensors, and for which torch takes numbers too."""
    return tuple(at for at, each in enumerate(func._schema.arguments) if str(each.type) == "Tensor")


@cache
def knows_no_sizes(func: Any) -> bool:
    """Tell whether what an operator gives depends on elements."""
    import torch

    return torch.Tag.data_dependent_output in func.tags or torch.Tag.dynamic_output_shape in func.tags


def tensors(value: Any) -> Iterator[torch.Tensor]:
    """Yield the tensors among arguments, also within lists and dicts."""
    import torch

    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from tensors(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from tensors(each)


def at_member(value: Any, member: int) -> Any:
    """Return an argument as it is for one batch size: shadows as tensors without memory, numbers as plain ones."""
    if hasattr(value, "form"):
        return value.form.at(member)
    if type(value) is Number:
        return value.values[member]
    return [at_member(each, member) for each in value] if type(value) is list else value


def described(value: Any) -> Any:
    """Return dtype, sizes and strides of a tensor; plain values as they are."""
    import torch

    return (value.dtype, tuple(value.shape), value.stride()) if isinstance(value, torch.Tensor) else value


def kind_of(result: Any) -> Any:
    """Return what results for two batch sizes must have in common: dtype and number of axes, or the plain value."""
    return (result[0], len(result[1])) if isinstance(result, tuple) else result


def key_of(value: Any) -> Any:
    """Return what tells calls apart: forms and numbers by identity, plain values with their type.

    ``None`` where something in the call is not hashable.
    """
    made = _part(value)
    try:
        hash(made)
    except TypeError:
        return None
    return made


def _part(value: Any) -> Any:
    if hasattr(value, "form"):
        return value.form
    if type(value) in {list, tuple}:
        return tuple(_part(each) for each in value)
    if type(value) is dict:
        return tuple((name, _part(each)) for name, each in value.items())
    return (type(value), value) if isinstance(value, (int, float)) else value
