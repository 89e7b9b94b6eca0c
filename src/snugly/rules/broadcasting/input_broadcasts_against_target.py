"""SNG401 input-broadcasts-against-target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, product, same
from snugly.facts.records import dataclass
from snugly.rules.broadcasts import broadcast, widened
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import BROADCASTING, WARNED, pair, short, sizes, title
from snugly.rules.registry import rule
from snugly.rules.squeezing import eaten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall
    from snugly.facts.tensors import Shape, TensorFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class InputBroadcastsAgainstTarget(Diagnosis):
    """A loss that pairs every prediction with every target.

    Attributes:
        loss: what the user calls it.
        input: the shape of the prediction.
        target: the shape of the target.
        pairs: how many pairs are averaged.
        meant: how many there are elements.
        both: whether both sides are repeated, so that every sample meets every other.
        warned: whether torch warns.
    """

    loss: str
    input: Shape
    target: Shape
    pairs: Dim | None
    meant: Dim | None
    both: bool
    warned: bool

    @property
    def message(self) -> str:
        """Say what is averaged, and what the model learns of it."""
        says = "with a warning at most" if self.warned else "and says nothing"
        said = (
            f"{self.loss} broadcasts {sizes(self.input)} against {sizes(self.target)} {says}: it averages "
            f"{self.pairs} pairs"
        )
        if not self.both:
            return f"{said} instead of {self.meant}, because one target stands for many predictions."
        return f"{said} instead of {self.meant}, so every prediction is pulled to the mean of the targets."


@rule("SNG401", name="input-broadcasts-against-target", severity=Severity.ERROR, refused=False, losses=BROADCASTING)
def input_broadcasts_against_target(call: LossCall) -> Iterator[Diagnosis]:
    """Finds a prediction and a target that broadcast against each other, such as a column against a vector."""
    arguments = pair(call)
    if arguments is None:
        return
    input, target = arguments
    whole = broadcast(input.shape, target.shape)
    if whole is None or input.shape is None or target.shape is None or eaten(input) or eaten(target):
        return
    both = widened(input.shape, whole) and widened(target.shape, whole)
    one = short(call) in WARNED and (widened(input.shape, whole) or _repeats(target, whole))
    if not both and not one:
        return
    from snugly.rules.matching import matched

    yield InputBroadcastsAgainstTarget(
        loss=title(call),
        input=input.shape,
        target=target.shape,
        pairs=product(whole),
        meant=product(input.shape),
        both=both,
        warned=short(call) in WARNED,
        argument="target",
        remedies=matched(input, target),
        silent=True,
        severity=None if both else Severity.WARNING,
        only=("input", "target"),
    )


def _repeats(target: TensorFacts, whole: Shape) -> bool:
    """Tell whether a target of more than one number is repeated."""
    return (
        target.shape is not None
        and widened(target.shape, whole)
        and any(same(size, 1) is not True for size in target.shape)
    )
