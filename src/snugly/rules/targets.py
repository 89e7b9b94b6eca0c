"""Remedies that several rules share: give an argument another shape, take class indices out of one-hot rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.values import Meaning
from snugly.remedies.changes import Argmax, Change, Permute, Squeeze, Unsqueeze
from snugly.remedies.remedy import ChangeArgument
from snugly.remedies.reshaping import toward

if TYPE_CHECKING:
    from snugly.facts.tensors import Shape, TensorFacts


def indices_shape(input: TensorFacts) -> Shape | None:
    """Return the shape that class indices for these scores have: the scores' without the class axis."""
    if input.shape is None or not input.shape:
        return None
    return () if len(input.shape) == 1 else (input.shape[0], *input.shape[2:])


def to_shape(
    argument: str, facts: TensorFacts, want: Shape, *, near: bool = False, safe: bool = True
) -> tuple[ChangeArgument, ...]:
    """Return the remedy that gives an argument a shape, if taking out, adding or reordering axes does it."""
    changes = None if facts.shape is None else toward(facts.shape, want)
    if not changes:
        return ()
    return (ChangeArgument(argument, changes, sentence(argument, changes), near=near, safe=safe),)


def sentence(argument: str, changes: tuple[Change, ...]) -> str:
    """Say what changes do, as an imperative clause."""
    match changes:
        case (Squeeze(axis=0),):
            return f"Take the leading axis of one out of the {argument}"
        case (Squeeze(),):
            return f"Take the axis of one out of the {argument}"
        case (Unsqueeze(axis=1),):
            return f"Make the {argument} a column"
        case (Unsqueeze(),):
            return f"Give the {argument} an axis of one"
        case (Permute(),):
            return f"Reorder the axes of the {argument}"
        case (Argmax(),):
            return f"Use class indices as the {argument}"
    return f"Give the {argument} the shape that the loss expects"


def from_one_hot(argument: str, facts: TensorFacts, axis: int) -> tuple[ChangeArgument, ...]:
    """Return the remedy that turns one-hot rows along an axis into class indices."""
    if facts.rank is None or facts.rank <= axis:
        return ()
    changes = (Argmax(axis),)
    return (ChangeArgument(argument, changes, sentence(argument, changes), safe=is_one_hot(facts)),)


def is_one_hot(facts: TensorFacts) -> bool:
    """Tell whether the elements are known to be one-hot rows."""
    return facts.values.meaning is Meaning.ONE_HOT
