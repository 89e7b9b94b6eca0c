"""``einops``: patterns on symbolic shapes. A pattern that einops refuses is a misfit, with einops' own text.

Source: einops 0.8, compared in ``tests/library/test_einops.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts import ranges
from snugly.facts.dims import Dim, Expr, divides, product, same
from snugly.facts.misfits import Misfit
from snugly.facts.records import dataclass, replace
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import NOTHING_KNOWN, ValueFacts
from snugly.operations.registry import UNKNOWN, Repeated, operation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snugly.facts.tensors import Shape

_ELLIPSIS = "…"
_BARE = ("...",)
Axis = tuple[str, ...]
"""The names in one pair of parentheses; a name that stands alone is a group of one, ``1`` is the empty group."""


class PatternError(Exception):
    """What einops refuses, in its own words."""


@dataclass(frozen=True)
class Side:
    """One side of a pattern."""

    axes: tuple[Axis, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in order."""
        return tuple(name for axis in self.axes if axis != _BARE for name in axis)

    @property
    def open(self) -> bool:
        """Whether there is an ellipsis."""
        return _BARE in self.axes or _ELLIPSIS in self.names


def read(text: str) -> Side:
    """Read one side of a pattern. Raises ``PatternError``."""
    axes: list[Axis] = []
    group: list[str] | None = None
    for word in text.replace("...", f" {_ELLIPSIS} ").replace("(", " ( ").replace(")", " ) ").split():
        if word == "(":
            if group is not None:
                raise PatternError("Axis composition is one-level (brackets inside brackets not allowed)")
            group = []
        elif word == ")":
            if group is None:
                raise PatternError("Brackets are not balanced")
            axes.append(tuple(group))
            group = None
        elif not (word.isidentifier() or word.isdigit() or word == _ELLIPSIS):
            raise PatternError(f"Invalid axis identifier: {word}")
        elif group is None:
            axes.append(() if word == "1" else _BARE if word == _ELLIPSIS else (word,))
        elif word != "1":
            group.append(word)
    if group is not None:
        raise PatternError(f"Imbalanced parentheses in expression: {text!r}")
    side = Side(tuple(axes))
    named = [name for name in side.names if not name.isdigit()]
    if len(set(named)) < len(named):
        raise PatternError("Indexing expression contains duplicate dimension")
    return side


def sizes(left: Side, shape: Shape, given: Mapping[str, Dim | None]) -> tuple[dict[str, Dim | None], Shape]:
    """Return the size of every name on the left side, and the sizes that the ellipsis stands for.

    Raises:
        PatternError: the shape is not of that form.
    """
    flat = [axis for axis in left.axes if axis != _BARE]
    covered: Shape = ()
    if len(flat) == len(left.axes):
        if len(shape) != len(flat):
            raise PatternError(f"Wrong shape: expected {len(flat)} dims. Received {len(shape)}-dim tensor.")
        pairs = list(zip(left.axes, shape, strict=True))
    else:
        if len(shape) < len(flat):
            raise PatternError(f"Wrong shape: expected >={len(flat)} dims. Received {len(shape)}-dim tensor.")
        at = left.axes.index(_BARE)
        after = len(left.axes) - at - 1
        covered = shape[at : len(shape) - after]
        pairs = [*zip(left.axes[:at], shape[:at], strict=True)]
        pairs += zip(left.axes[at + 1 :], shape[len(shape) - after :], strict=True)
    known: dict[str, Dim | None] = dict(given)
    for axis, size in pairs:
        _solve(axis, size, known)
    return known, covered


def _solve(axis: Axis, size: Dim | None, known: dict[str, Dim | None]) -> None:
    """Find the one name in a group whose size is not given, or check that the sizes multiply to the axis."""
    factors = [int(name) if name.isdigit() else known.get(name) for name in axis]
    open_names = [name for name in axis if not name.isdigit() and name not in known]
    if len(open_names) > 1:
        raise PatternError(f"Could not infer sizes for {set(open_names)}")
    rest = product(factor for name, factor in zip(axis, factors, strict=True) if name not in open_names)
    if not open_names:
        if same(rest, size) is False:
            raise PatternError(f"Shape mismatch, {size} != {rest}")
        return
    if divides(rest, size) is False:
        raise PatternError(f"Shape mismatch, can't divide axis of length {size} in chunks of {rest}")
    known[open_names[0]] = None if size is None or rest is None or same(rest, 0) is not False else size // rest


def compose(right: Side, known: Mapping[str, Dim | None], covered: Shape) -> Shape:
    """Return the shape that the right side describes."""
    result: list[Dim | None] = []
    for axis in right.axes:
        if axis == _BARE:
            result.extend(covered)
            continue
        factors: list[Dim | None] = []
        for name in axis:
            if name == _ELLIPSIS:
                factors.extend(covered)
            else:
                factors.append(int(name) if name.isdigit() else known[name])
        result.append(product(factors))
    return tuple(result)


def transformed(pattern: str, shape: Shape, given: Mapping[str, Dim | None], kind: str) -> Shape:
    """Return the shape after ``rearrange``, ``reduce`` or ``repeat``. Raises ``PatternError``."""
    halves = pattern.split("->")
    if len(halves) != 2:
        raise PatternError("Pattern must have exactly one arrow")
    left, right = read(halves[0]), read(halves[1])
    both = {name for name in set(left.names) ^ set(right.names) if not name.isdigit() and name != _ELLIPSIS}
    extra = sorted(name for name in set(right.names) - set(left.names) if not name.isdigit() and name != _ELLIPSIS)
    if kind == "rearrange" and (both or left.open != right.open):
        raise PatternError(f"Identifiers only on one side of expression (should be on both): {sorted(both)}")
    if kind == "reduce" and extra:
        raise PatternError(f"Unexpected identifiers on the right side of reduce expression: {extra}")
    if kind == "repeat" and [name for name in extra if name not in given]:
        raise PatternError(f"Specify sizes for new axes in repeat: {[n for n in extra if n not in given]}")
    if right.open and not left.open:
        raise PatternError("Ellipsis found in right side, but not left side of a pattern")
    if _ELLIPSIS in left.names:
        raise PatternError("Ellipsis inside parenthesis in the left side is not allowed")
    unused = [name for name in given if name not in left.names and name not in right.names]
    if unused:
        raise PatternError(f"Axis {unused[0]} is not used in transform")
    known, covered = sizes(left, shape, given)
    return compose(right, known, covered)


def _given(axes: Mapping[str, Any]) -> dict[str, Dim | None]:
    return {name: size if isinstance(size, int | Expr) else None for name, size in axes.items()}


def _apply(kind: str, tensor: Any, pattern: Any, axes: Mapping[str, Any], how: Any = None) -> Any:
    """Apply a pattern to a tensor, an array, or a list of equal ones."""
    facts = _stacked(tensor)
    if facts is None or not isinstance(pattern, str):
        return UNKNOWN
    shape: Shape | None = None
    labels = None
    try:
        if facts.shape is not None:
            shape = transformed(pattern, facts.shape, _given(axes), kind)
            labels = _labels(pattern, facts)
        elif "..." not in pattern and "->" in pattern:
            right = read(pattern.split("->")[1])
            given = _given(axes)
            shape = compose(right, {name: given.get(name) for name in right.names}, ())
    except PatternError as error:
        raise Misfit(
            _refusal(kind, pattern, facts, error), clause="einops-pattern", raises="EinopsError", argument="tensor",
            pattern=pattern, shape=facts.shape,
        ) from error  # fmt: skip
    moved = facts.with_(shape=shape, values=_values(kind, facts.values, how), axes=labels, origin=None)
    return moved.with_(kind="tensor") if facts.kind == "parameter" else moved


def _values(kind: str, old: ValueFacts, how: Any) -> ValueFacts:
    if kind != "reduce":
        return ranges.some_of(replace(old, axis=None))
    if how == "mean":
        return ValueFacts(old.low, old.high)
    return ranges.some_of(replace(old, axis=None, meaning=None)) if how in ("max", "min") else NOTHING_KNOWN


def _labels(pattern: str, facts: TensorFacts) -> tuple[str | None, ...] | None:
    left, right = (read(half) for half in pattern.split("->"))
    if facts.axes is None or left.open:
        return None
    held = {axis[0]: label for axis, label in zip(left.axes, facts.axes, strict=True) if len(axis) == 1}
    return tuple(held.get(axis[0]) if len(axis) == 1 else None for axis in right.axes)


def _refusal(kind: str, pattern: str, facts: TensorFacts, error: PatternError) -> str:
    shown = ", ".join("?" if size is None else str(size) for size in facts.shape or ())
    return f' Error while processing {kind}-reduction pattern "{pattern}".\n Input tensor shape: ({shown}). {error}'


def _stacked(tensor: Any) -> TensorFacts | None:
    """A list of tensors counts as one with a new first axis."""
    if isinstance(tensor, TensorFacts):
        return tensor
    one: Any = None
    count: Dim | None = None
    if isinstance(tensor, list | tuple) and tensor:
        one, count = tensor[0], len(tensor)
    elif isinstance(tensor, Repeated):
        one, count = tensor.element, tensor.length
    if not isinstance(one, TensorFacts) or one.shape is None:
        return None
    return one.with_(shape=(count, *one.shape), axes=None, values=ranges.some_of(one.values))


@operation("einops.rearrange")
def rearrange(tensor: Any, pattern: Any, **axes_lengths: Any) -> Any:
    """``rearrange(tensor, pattern, **axes_lengths)``."""
    return _apply("rearrange", tensor, pattern, axes_lengths)


@operation("einops.reduce")
def reduce(tensor: Any, pattern: Any, reduction: Any, **axes_lengths: Any) -> Any:
    """``reduce(tensor, pattern, reduction, **axes_lengths)``."""
    return _apply("reduce", tensor, pattern, axes_lengths, reduction)


@operation("einops.repeat")
def repeat(tensor: Any, pattern: Any, **axes_lengths: Any) -> Any:
    """``repeat(tensor, pattern, **axes_lengths)``."""
    return _apply("repeat", tensor, pattern, axes_lengths)
