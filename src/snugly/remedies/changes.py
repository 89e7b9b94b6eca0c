"""What can be done to one tensor, as an operation on its facts and as an expression in source."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from snugly.facts.dtypes import INTEGRAL
from snugly.facts.records import dataclass, replace
from snugly.facts.values import NOTHING_KNOWN, Meaning, ValueFacts

if TYPE_CHECKING:
    from snugly.facts.tensors import TensorFacts

NUMPY = "ndarray"


class Change(ABC):
    """A change to a tensor."""

    @abstractmethod
    def facts(self, facts: TensorFacts) -> TensorFacts | None:
        """Return the facts after the change, or ``None`` where it cannot be made."""

    @abstractmethod
    def suffix(self, kind: str) -> str:
        """Return what follows the expression in source: a method call, an index, an operator."""

    def inside(self, axes: int) -> Change | None:
        """Return the same change for one sample, which lacks the first ``axes`` axes; ``None`` if there is none."""
        del axes
        return self

    def before_indexing(self) -> Change | None:
        """Return the same change for the whole data set that a batch is taken from along its first axis."""
        return self

    def source(self, expression: str, kind: str = "tensor") -> str:
        """Return the changed expression."""
        suffix = self.suffix(kind)
        if suffix.startswith((".", "[")):
            return f"{bracketed(expression)}{suffix}"
        return f"{factor(expression)}{suffix}"


def bracketed(expression: str) -> str:
    """Put an expression into brackets unless an attribute can be taken from it as it is."""
    node = _parse(expression)
    simple = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)
    return (
        expression
        if isinstance(node, simple) or (expression.startswith("(") and _closed(expression))
        else f"({expression})"
    )


def factor(expression: str) -> str:
    """Put an expression into brackets unless it can be a factor as it is."""
    node = _parse(expression)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div) and "\n" not in expression:
        return expression
    return bracketed(expression)


def _parse(expression: str) -> ast.expr | None:
    try:
        return ast.parse(f"({expression}\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _closed(expression: str) -> bool:
    depth = 0
    for position, letter in enumerate(expression):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return position == len(expression) - 1
    return False


@dataclass(frozen=True, slots=True)
class Unsqueeze(Change):
    """Add an axis of one at ``axis``, counted from the front."""

    axis: int

    def facts(self, facts: TensorFacts) -> TensorFacts | None:
        """Insert a size of one."""
        if facts.shape is None or self.axis > len(facts.shape):
            return None
        shape = (*facts.shape[: self.axis], 1, *facts.shape[self.axis :])
        return facts.with_(shape=shape, axes=None, values=moved(facts.values))

    def suffix(self, kind: str) -> str:
        """Write ``.unsqueeze(axis)``, or an index for numpy."""
        if kind == NUMPY:
            return "[" + ":, " * self.axis + "None]"
        return f".unsqueeze({self.axis})"

    def inside(self, axes: int) -> Change | None:
        """Count the axis without the batch axes."""
        return Unsqueeze(self.axis - axes) if self.axis >= axes else None


@dataclass(frozen=True, slots=True)
class Squeeze(Change):
    """Take out the axis ``axis``, which has size one."""

    axis: int

    def facts(self, facts: TensorFacts) -> TensorFacts | None:
        """Drop a size of one."""
        if facts.size(self.axis) != 1 or facts.shape is None:
            return None
        shape = (*facts.shape[: self.axis], *facts.shape[self.axis + 1 :])
        return facts.with_(shape=shape, axes=None, values=moved(facts.values))

    def suffix(self, kind: str) -> str:
        """Write ``.squeeze(axis)``, which numpy has too."""
        del kind
        return f".squeeze({self.axis})"

    def inside(self, axes: int) -> Change | None:
        """Count the axis without the batch axes."""
        return Squeeze(self.axis - axes) if self.axis >= axes else None


@dataclass(frozen=True, slots=True)
class Permute(Change):
    """Reorder the axes: the new axis ``i`` is the old ``order[i]``."""

    order: tuple[int, ...]

    def facts(self, facts: TensorFacts) -> TensorFacts | None:
        """Reorder the sizes."""
        if facts.shape is None or len(facts.shape) != len(self.order):
            return None
        axes = None if facts.axes is None else tuple(facts.axes[old] for old in self.order)
        values = facts.values
        if values.axis is not None:
            values = replace(moved(values), axis=self.order.index(values.axis))
        return facts.with_(shape=tuple(facts.shape[old] for old in self.order), axes=axes, values=values)

    def suffix(self, kind: str) -> str:
        """Write ``.transpose(a, b)`` where two axes change places, else ``.permute(…)``."""
        if kind == NUMPY:
            return f".transpose({', '.join(map(str, self.order))})"
        swapped = [place for place, old in enumerate(self.order) if place != old]
        if len(swapped) == 2:
            return f".transpose({swapped[0]}, {swapped[1]})"
        return f".permute({', '.join(map(str, self.order))})"

    def inside(self, axes: int) -> Change | None:
        """Leave the batch axes out, where they stay in front."""
        if self.order[:axes] != tuple(range(axes)):
            return None
        return Permute(tuple(old - axes for old in self.order[axes:]))


@dataclass(frozen=True, slots=True)
class First(Change):
    """Keep the first of several along ``axis``, as an axis of one."""

    axis: int

    def facts(self, facts: TensorFacts) -> TensorFacts | None:
        """Make the size one; what holds for every element still does."""
        if facts.shape is None or not 0 <= self.axis < len(facts.shape):
            return None
        shape = (*facts.shape[: self.axis], 1, *facts.shape[self.axis + 1 :])
        return facts.with_(shape=shape, values=moved(facts.values))

    def suffix(self, kind: str) -> str:
        """Write the slice."""
        del kind
        return "[" + ":, " * self.axis + ":1]"

    def inside(self, axes: int) -> Change | None:
        """Count the axis without the batch axes."""
        return First(self.axis - axes) if self.axis >= axes else None


NUMPY_DTYPES = {"int64": "np.int64", "float32": "np.float32", "float64": "np.float64", "bool": "bool"}
CASTS = {"int64": ".long()", "float32": ".float()", "float64": ".double()", "bool": ".bool()", "float16": ".half()"}


@dataclass(frozen=True, slots=True)
class Cast(Change):
    """Convert the elements to ``dtype``."""

    dtype: str

    def facts(self, facts: TensorFacts) -> TensorFacts | None:
        """Change the dtype; whole numbers stay what they are."""
        values = facts.values
        if self.dtype in INTEGRAL and values.is_integral() is not True:
            values = (
                replace(NOTHING_KNOWN, low=values.low, high=values.high, integral=True) if plain(values) else values
            )
        return facts.with_(dtype=self.dtype, values=values)

    def suffix(self, kind: str) -> str:
        """Write ``.long()``, ``.float()`` …, or ``.astype(…)`` for numpy."""
        if kind == NUMPY:
            return f".astype({self.dtype!r})".replace("'", '"')
        return CASTS.get(self.dtype, f".to(torch.{self.dtype})")


@dataclass(frozen=True, slots=True)
class Argmax(Change):
    """Turn one-hot rows along ``axis`` into class indices."""

    axis: int

    def facts(self, facts: TensorFacts) -> TensorFacts | None:
        """Drop the class axis."""
        size = facts.size(self.axis)
        if facts.shape is None or not -len(facts.shape) <= self.axis < len(facts.shape):
            return None
        shape = (*facts.shape[: self.axis], *facts.shape[self.axis + 1 :])
        high = None if not isinstance(size, int) else float(size - 1)
        values = ValueFacts(low=0, high=high, integral=True, finite=True, meaning=Meaning.CLASS_INDICES)
        return facts.with_(shape=shape, dtype="int64", axes=None, values=values)

    def suffix(self, kind: str) -> str:
        """Write ``.argmax(axis)``."""
        return f".argmax({'' if kind == NUMPY else 'dim='}{self.axis})"

    def inside(self, axes: int) -> Change | None:
        """Count the axis without the batch axes."""
        return Argmax(self.axis - axes) if self.axis >= axes else None


@dataclass(frozen=True, slots=True)
class Rescale(Change):
    """Map the elements by ``x * times / by + plus``."""

    times: int = 1
    by: int = 1
    plus: float = 0

    def facts(self, facts: TensorFacts) -> TensorFacts | None:
        """Map the bounds and the members."""
        values = facts.values

        def each(x: float) -> float:
            return x * self.times / self.by + self.plus

        mapped = ValueFacts(
            low=None if values.low is None else each(values.low),
            high=None if values.high is None else each(values.high),
            integral=values.integral if self.by == 1 else None,
            members=None if values.members is None else frozenset(each(x) for x in values.members),
            elements=None if values.elements is None else tuple(each(x) for x in values.elements),
            finite=values.finite,
            attained=values.attained,
            meaning=values.meaning if self.by == self.times == 1 else None,
        )
        dtype = "float32" if self.by != 1 and facts.dtype in INTEGRAL else facts.dtype
        return facts.with_(values=mapped, dtype=dtype)

    def suffix(self, kind: str) -> str:
        """Write the arithmetic."""
        del kind
        text = f" * {self.times}" if self.times != 1 else ""
        text += f" / {self.by}" if self.by != 1 else ""
        if self.plus:
            text += f" {'+' if self.plus > 0 else '-'} {abs(self.plus):g}"
        return text


@dataclass(frozen=True, slots=True)
class LogSoftmax(Change):
    """Take the logarithm of the softmax along ``axis``."""

    axis: int

    def facts(self, facts: TensorFacts) -> TensorFacts | None:
        """Keep the shape; the elements are log-probabilities."""
        return facts.with_(values=ValueFacts(high=0.0, meaning=Meaning.LOG_PROBABILITIES, axis=self.axis))

    def suffix(self, kind: str) -> str:
        """Write ``.log_softmax(dim=axis)``."""
        del kind
        return f".log_softmax(dim={self.axis})"

    def inside(self, axes: int) -> Change | None:
        """Count the axis without the batch axes."""
        return LogSoftmax(self.axis - axes) if self.axis >= axes else None


def plain(values: object) -> bool:
    """Tell whether values are facts, not a live tensor that answers by looking."""
    return type(values) is ValueFacts


def moved(values: ValueFacts) -> ValueFacts:
    """Return values whose elements stay and whose axis is no longer known."""
    if not plain(values) or values.axis is None:
        return values
    return replace(values, axis=None, meaning=None if values.meaning is Meaning.ONE_HOT else values.meaning)


def compose(changes: tuple[Change, ...], facts: TensorFacts) -> TensorFacts | None:
    """Apply changes one after the other."""
    result: TensorFacts | None = facts
    for change in changes:
        result = None if result is None else change.facts(result)
    return result


def written(changes: tuple[Change, ...], expression: str, kind: str = "tensor") -> str:
    """Return the expression with changes applied one after the other."""
    for change in changes:
        expression = change.source(expression, kind)
    return expression
