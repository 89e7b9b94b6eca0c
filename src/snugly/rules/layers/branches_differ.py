"""SNG805 branches-differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, same
from snugly.facts.records import dataclass
from snugly.facts.tensors import TensorFacts
from snugly.rules.branches import Put, aligned, branches, culprit
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import sizes
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.facts.tensors import Shape
    from snugly.operations.registry import Application

MEETING = frozenset((
    "add", "sub", "mul", "iadd", "isub", "imul", "add_", "sub_", "mul_", "cat", "concat", "stack", "maximum",
))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchesDiffer(Diagnosis):
    """Two branches of a model that begin with one tensor and end with other sizes.

    Attributes:
        operation: where they meet.
        first: the shape of one.
        second: the shape of the other.
        axis: the axis that differs.
        begin: the shape of the tensor that both begin with.
    """

    operation: str
    first: Shape
    second: Shape
    axis: int
    begin: Shape

    @property
    def message(self) -> str:
        """Say what the branches make of one tensor."""
        return (
            f"{self.operation} meets two branches of one tensor {sizes(self.begin)}: {sizes(self.first)} and "
            f"{sizes(self.second)} differ in axis {self.axis}, and torch raises."
        )


@rule("SNG805", name="branches-differ", severity=Severity.ERROR, refused=True, operations=MEETING)
def branches_differ(application: Application) -> Iterator[Diagnosis]:
    """Finds two branches of a model, such as a block and its shortcut, that make different sizes of one tensor."""
    name = application.name.rpartition(".")[2]
    both = _both(application)
    if both is None:
        return
    (a, put_a), (b, put_b) = both
    ways = branches(a, b)
    axis = _axis(a.shape, b.shape, application.arguments.get("dim") if name in ("cat", "concat") else None)
    if ways is None or axis is None or a.shape is None or b.shape is None or ways.begin.shape is None:
        return
    remedies = aligned((put_a, put_b), ways, axis)
    yield BranchesDiffer(
        operation=name,
        first=a.shape,
        second=b.shape,
        axis=axis,
        begin=ways.begin.shape,
        argument=next(iter(put_a(a))),
        blame=None if remedies else culprit(ways, axis),
        remedies=remedies,
    )


def _both(application: Application) -> tuple[tuple[TensorFacts, Put], tuple[TensorFacts, Put]] | None:
    """Return the two tensors that meet, each with how to put another one in its place."""
    listed = application.arguments.get("tensors")
    if isinstance(listed, list | tuple):
        match tuple(listed):
            case (TensorFacts() as a, TensorFacts() as b):
                return (a, lambda new: {"tensors": [new, b]}), (b, lambda new: {"tensors": [a, new]})
        return None
    match tuple((key, each) for key, each in application.arguments.items() if isinstance(each, TensorFacts)):
        case ((first, a), (second, b)):
            return (a, lambda new: {first: new}), (b, lambda new: {second: new})
    return None


def _axis(a: Shape | None, b: Shape | None, along: object) -> int | None:
    """Return the one axis that differs, if there is one."""
    if a is None or b is None or len(a) != len(b) or len(a) < 2:
        return None
    skipped = along % len(a) if isinstance(along, int) else None
    differing = [
        axis
        for axis, (x, y) in enumerate(zip(a, b, strict=True))
        if axis != skipped and isinstance(x, Dim) and isinstance(y, Dim) and same(x, y) is False
    ]
    return differing[0] if differing and differing[0] > 0 else None
