"""SNG601 class-weight-length."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, same
from snugly.facts.records import dataclass
from snugly.remedies.changes import Squeeze
from snugly.remedies.lexical import expression_at
from snugly.remedies.remedy import ChangeArgument, Placement
from snugly.remedies.rewrite import Rewrite
from snugly.remedies.undo import called, with_argument
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import CLASS_INDEX, classes, fixed, given, short, sizes, title
from snugly.rules.registry import rule
from snugly.rules.steps import chain
from snugly.rules.tables import table_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snugly.contracts import LossCall, Verdict
    from snugly.facts.origins import Origin
    from snugly.facts.tensors import Shape, TensorFacts
    from snugly.remedies.remedy import Remedy
    from snugly.remedies.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassWeightLength(Diagnosis):
    """Class weights of another number than classes.

    Attributes:
        loss: what the user calls it.
        weight: the shape of the weights.
        classes: how many classes the scores have.
    """

    loss: str
    weight: Shape
    classes: Dim

    @property
    def message(self) -> str:
        """Say both numbers."""
        return (
            f"{self.loss} takes one weight for each of the {self.classes} classes, ({self.classes},), gets "
            f"{sizes(self.weight)}, and raises."
        )


@rule("SNG601", name="class-weight-length", severity=Severity.ERROR)
def class_weight_length(call: LossCall, verdict: Verdict) -> Iterator[Diagnosis]:
    """Finds class weights whose number or shape is not that of the classes."""
    weight, number = given(call, "weight"), classes(call)
    if (
        short(call) not in CLASS_INDEX | {"multi_margin_loss"}
        or weight is None
        or number is None
        or weight.shape is None
    ):
        return
    if verdict.accepted is not False or (len(weight.shape) == 1 and same(weight.shape[0], number) is not False):
        return
    yield ClassWeightLength(
        loss=title(call),
        weight=weight.shape,
        classes=number,
        argument="weight",
        blame=table_of(weight, fixed(weight.size(0))),
        remedies=tuple(_remedies(weight, number)),
        only=("input", "weight"),
    )


def _remedies(weight: TensorFacts, number: Dim) -> Iterator[Remedy]:
    shape = weight.shape or ()
    lean = [axis for axis, size in enumerate(shape) if same(size, number) is True]
    if len(shape) == 2 and len(lean) == 1 and shape[1 - lean[0]] == 1:
        yield ChangeArgument("weight", (Squeeze(1 - lean[0]),), "Take the axis of one out of the weights", near=True)
        return
    size = fixed(number)
    if size is None or len(shape) != 1:
        return
    counted = _bincount(weight)
    if counted is not None:
        origin = counted

        def write(site: Site) -> Iterable[Placement]:
            del site
            written = expression_at(origin.place, origin.callers)
            if written is not None and isinstance(written.node, ast.Call) and called(written.node)[0] == "bincount":
                edit = with_argument(written.text, written.node, f"minlength={size}")
                yield Placement((edit,), f"minlength={size}", written.place, local=False)

        changed = {"weight": weight.with_(shape=(number,))}
        yield Rewrite("Count every class, those that do not occur too", changed, write)
        return
    title_of_fix = f"Give a weight to each of the {size} classes"
    yield Rewrite(title_of_fix, {"weight": weight.with_(shape=(number,))}, lambda _: ())


def _bincount(weight: TensorFacts) -> Origin | None:
    for origin, _, _ in chain(weight):
        if origin.operation.rpartition(".")[2] == "bincount" and "minlength" not in origin.arguments:
            return origin
    return None
