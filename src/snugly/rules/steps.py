"""The lines that gave an argument its shape, from where it was made to where it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.rules.findings import OriginStep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.facts.origins import Origin, Place
    from snugly.facts.tensors import TensorFacts

MOST_STEPS = 8
MOST_OPERATIONS = 400


def chain(facts: TensorFacts) -> Iterator[tuple[Origin, TensorFacts, TensorFacts | None]]:
    """Yield each origin on the main line of an argument, with the facts after it and before it, latest first.

    The main line follows the tensor that an operation transforms: the first input that is no parameter.
    """
    current: TensorFacts | None = facts
    for _ in range(MOST_OPERATIONS):
        if current is None or current.origin is None:
            return
        origin = current.origin
        before = next((each for each in origin.inputs if each.kind != "parameter"), None)
        yield origin, current, before
        current = before


def steps(argument: str, facts: TensorFacts) -> tuple[OriginStep, ...]:
    """Return the lines that changed the shape or the dtype of an argument, the one that made it first."""
    found: list[OriginStep] = []
    for origin, after, before in chain(facts):
        if origin.place is None:
            continue
        unchanged = before is not None and before.shape == after.shape and before.dtype == after.dtype
        if unchanged and origin.operation != "item":
            continue
        step = OriginStep(origin.place, origin.text, argument, after)
        if not found or found[-1].place != step.place:
            found.append(step)
    if len(found) > MOST_STEPS:
        found = [*found[: MOST_STEPS - 1], found[-1]]
    return tuple(reversed(found))


def made_at(facts: TensorFacts) -> Place | None:
    """Return where a tensor last got another shape or dtype, collation left out: it adds an axis to all it gets."""
    for origin, after, before in chain(facts):
        changed = before is None or before.shape != after.shape or before.dtype != after.dtype
        if origin.place is not None and origin.operation != "collate" and changed:
            return origin.place
    return None
