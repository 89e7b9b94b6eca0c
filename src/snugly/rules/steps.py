"""The lines that gave an argument its shape, from where it was made to where it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.rules.findings import OriginStep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.facts.origins import Origin, Place
    from snugly.facts.tensors import TensorFacts

MOST_STEPS = 8
MOST_JOINED = 4
MOST_OPERATIONS = 400


_JOINS = frozenset(("cat", "concat", "concatenate", "stack", "hstack", "vstack", "dstack", "column_stack"))
_BROADCASTING = frozenset((
    "add", "sub", "mul", "div", "pow", "truediv", "floordiv", "mod", "subtract", "multiply", "divide", "true_divide",
    "maximum", "minimum", "max", "min", "eq", "ne", "lt", "le", "gt", "ge", "and_", "or_", "xor", "logical_and",
    "logical_or", "where",
))  # fmt: skip


def chain(facts: TensorFacts) -> Iterator[tuple[Origin, TensorFacts, TensorFacts | None]]:
    """Yield each origin on the main line of an argument, with the facts after it and before it, latest first.

    The main line follows the tensor that an operation transforms: the first input that is no parameter, or the other
    operand of arithmetic where that one alone has the shape of the result.
    """
    current: TensorFacts | None = facts
    for _ in range(MOST_OPERATIONS):
        if current is None or current.origin is None:
            return
        origin = current.origin
        before = _transformed(origin, current)
        yield origin, current, before
        current = before


def _transformed(origin: Origin, after: TensorFacts) -> TensorFacts | None:
    """Return the input of an operation that it made its result of."""
    given = [each for each in origin.inputs if each.kind != "parameter"]
    first = given[0] if given else None
    if len(given) < 2 or first is None or first.shape is None or first.shape == after.shape:
        return first
    if origin.operation.rpartition(".")[2].strip("_") not in _BROADCASTING:
        return first
    return next((each for each in given[1:] if each.shape is not None and each.shape == after.shape), first)


def steps(argument: str, facts: TensorFacts) -> tuple[OriginStep, ...]:
    """Return the lines that changed the shape or the dtype of an argument, the one that made it first.

    What several tensors were joined or broadcast to has a size from each: where the others were made is listed too,
    before the line that joins them.
    """
    found: list[OriginStep] = []
    for origin, after, before in chain(facts):
        if origin.place is None:
            continue
        unchanged = before is not None and before.shape == after.shape and before.dtype == after.dtype
        if unchanged and origin.operation != "item":
            continue
        for step in (OriginStep(origin.place, origin.text, argument, after), *_beside(argument, origin, after, before)):
            if all(each.place != step.place for each in found[-2:]):
                found.append(step)
    if len(found) > MOST_STEPS:
        found = [*found[: MOST_STEPS - 1], found[-1]]
    return tuple(reversed(found))


def _beside(argument: str, origin: Origin, after: TensorFacts, before: TensorFacts | None) -> Iterator[OriginStep]:
    """Yield where the other inputs of a join, or of arithmetic that widened both sides, last got their shape."""
    name = origin.operation.rpartition(".")[2].strip("_")
    widened = name in _BROADCASTING and before is not None and before.shape != after.shape
    if name not in _JOINS and not widened:
        return
    for other in reversed(origin.inputs[:MOST_JOINED]):
        if other is before or other.kind == "parameter":
            continue
        made = _made(other)
        if made is not None and made[0].place is not None:
            yield OriginStep(made[0].place, made[0].text, argument, made[1])


def _made(facts: TensorFacts) -> tuple[Origin, TensorFacts] | None:
    """Return the operation that last changed the shape or dtype of a tensor, and its result."""
    for origin, after, before in chain(facts):
        changed = before is None or before.shape != after.shape or before.dtype != after.dtype
        if origin.place is not None and origin.operation != "collate" and changed:
            return origin, after
    return None


def made_at(facts: TensorFacts) -> Place | None:
    """Return where a tensor last got another shape or dtype, collation left out: it adds an axis to all it gets."""
    made = _made(facts)
    return None if made is None else made[0].place
