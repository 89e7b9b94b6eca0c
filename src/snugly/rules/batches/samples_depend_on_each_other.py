"""SNG707 samples-depend-on-each-other."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from snugly.facts.records import dataclass
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Applicability, Finding, Fix, OriginStep, Severity
from snugly.rules.reading import sizes
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from snugly.facts.origins import Place
    from snugly.facts.tensors import TensorFacts

CODE, NAME = "SNG707", "samples-depend-on-each-other"


class Way(StrEnum):
    """How samples come together."""

    VIEW = "view"
    RECURRENT = "recurrent"
    ATTENTION = "attention"
    REDUCTION = "reduction"
    FEATURES = "features"
    BROADCAST = "broadcast"
    PRODUCT = "product"
    BETWEEN = "between"
    ORDER = "order"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplesDependOnEachOther(Diagnosis):
    """An operation that brings samples together, so that the loss of one depends on others.

    Attributes:
        loss: what the user calls it.
        way: how they come together.
        samples: how many there are.
        operation: torch's name of the operation to mend; between a model and a loss, of all that could be it.
        layer: the class of the layer that runs it, with its name in the model.
        before: the sizes of what it takes.
        after: the sizes of what it makes.
        axis: the axis of what it takes that holds the samples, if one does.
        met: the operation by which the samples meet in the end, with its layer, where that is another one.
    """

    loss: str
    way: Way
    samples: int
    operation: str
    layer: str = ""
    before: tuple[int, ...] | None = None
    after: tuple[int, ...] | None = None
    axis: int | None = None
    met: str = ""

    @property
    def message(self) -> str:
        """Say where the samples meet, and what that does."""
        if self.way is Way.ORDER:
            return f"{self._where()}, and torch does not mind: the scores of one sample meet the labels of another."
        return f"{self._where()}: the loss of a sample depends on other samples of its batch, and torch does not mind."

    def _where(self) -> str:
        within = f" in {self.layer}" if self.layer else ""
        shape = "" if self.before is None else sizes(self.before)
        along = f"axis {self.axis} of {shape}, which holds the {self.samples} samples"
        match self.way:
            case Way.VIEW:
                made = "" if self.after is None else f" into {sizes(self.after)}"
                then = f", and {self.met} brings them together" if self.met else ""
                return f"{self.operation}{within} cuts {shape}{made} across the {self.samples} samples{then}"
            case Way.RECURRENT:
                then = "so that each one starts where the one before it ended"
                return f"{self.layer} runs along the axis that holds the {self.samples} samples, {then}"
            case Way.ATTENTION:
                return f"{self.layer or self.operation} attends along the axis that holds the {self.samples} samples"
            case Way.REDUCTION:
                return f"{self.operation}{within} runs along {along}"
            case Way.FEATURES:
                return f"{self.layer or self.operation} takes {along}, for its features"
            case Way.BROADCAST:
                made = "" if self.after is None else f", which makes {sizes(self.after)}"
                return f"{self.operation}{within} pairs each of the {self.samples} samples with each other{made}"
            case Way.BETWEEN:
                return f"Between the model and {self.loss}, {self.operation} brings the {self.samples} samples together"
            case Way.ORDER:
                return (
                    f"The rows of the target were {shape}, with the {self.samples} samples along axis {self.axis}, "
                    "and the rows of the input run over the samples in another order"
                )
            case Way.PRODUCT | Way.OTHER:
                return f"{self.operation}{within} brings the {self.samples} samples together"

    @property
    def advice(self) -> str:
        """Say what to change."""
        match self.way:
            case Way.VIEW:
                return (
                    "Move the axis of the samples to the front (permute, transpose) before the view, and keep its size"
                )
            case Way.RECURRENT | Way.ATTENTION:
                return "Make the layer with batch_first=True, or transpose what it is given"
            case Way.REDUCTION:
                return "Let it run along the axis of the features, not of the samples"
            case Way.FEATURES:
                return (
                    "Keep the axis of the samples apart: flatten from axis 1 on, or move the features to the last axis"
                )
            case Way.BROADCAST:
                return "Give both operands the same axes: squeeze the column, or unsqueeze the row"
            case Way.ORDER:
                return "Transpose one of the two before it is flattened, so that both begin with the samples"
            case _:
                return "Keep the axis of the samples apart"


@rule(CODE, name=NAME, severity=Severity.WARNING)
def samples_depend_on_each_other() -> Iterator[Diagnosis]:
    """Finds a model, or a way from a model to a loss, by which the loss of a sample depends on other samples."""
    return iter(())


def depending(
    diagnosis: SamplesDependOnEachOther,
    *,
    loss: str | None,
    place: Place | None,
    facts: Mapping[str, TensorFacts],
    origin: tuple[OriginStep, ...],
) -> Finding:
    """Return the finding.

    Args:
        diagnosis: what was found.
        loss: qualified name of the loss; ``None`` for one that is written by hand.
        place: of the call of the loss.
        facts: of its arguments.
        origin: the operation to mend, and the one by which samples meet.
    """
    return Finding(
        CODE,
        NAME,
        Severity.WARNING,
        diagnosis.message,
        place=place,
        loss=loss,
        facts=facts,
        origin=origin,
        cause=origin[0].place if origin else place,
        fixes=(Fix(diagnosis.advice, Applicability.DISPLAY_ONLY),),
        argument=diagnosis.argument,
        details=diagnosis.details(),
    )
