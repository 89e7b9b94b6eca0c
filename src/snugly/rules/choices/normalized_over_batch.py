"""SNG512 normalized-over-batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import same
from snugly.facts.records import dataclass, replace
from snugly.facts.values import Meaning
from snugly.remedies.remedy import Placement
from snugly.remedies.rewrite import Rewrite
from snugly.rules.activations import applied
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Edit, Severity
from snugly.rules.reading import class_axis, given, title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snugly.contracts import LossCall
    from snugly.facts.origins import Origin
    from snugly.facts.tensors import TensorFacts
    from snugly.remedies.site import Site

NORMALIZED = (Meaning.LOG_PROBABILITIES, Meaning.PROBABILITIES)


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalizedOverBatch(Diagnosis):
    """Probabilities that sum to one over the samples instead of the classes.

    Attributes:
        loss: what the user calls it.
        axis: the axis that they sum to one along.
        classes: the axis of the classes.
    """

    loss: str
    axis: int
    classes: int

    @property
    def message(self) -> str:
        """Say what the probabilities are then."""
        return (
            f"{self.loss} takes the classes along axis {self.classes}, and the probabilities sum to one along axis "
            f"{self.axis}: the samples of a batch compete with each other for each class, and the prediction for one "
            "changes with the others. torch says nothing."
        )


@rule("SNG512", name="normalized-over-batch", severity=Severity.ERROR, refused=False, losses={"nll_loss", "kl_div"})
def normalized_over_batch(call: LossCall) -> Iterator[Diagnosis]:
    """Finds a softmax along the batch axis before a loss over classes."""
    input = given(call, "input")
    if input is None or input.rank is None or input.rank < 2 or input.values.meaning not in NORMALIZED:
        return
    axis = input.values.axis
    if axis != 0 or same(input.size(0), 1) is True:
        return
    found = applied(input)
    if found is None:
        return
    culprit = found.origin.layer if found.origin.layer is not None else found.origin
    yield NormalizedOverBatch(
        loss=title(call),
        axis=axis,
        classes=class_axis(input),
        argument="input",
        blame=culprit,
        remedies=(_along_classes(culprit, input, class_axis(input)),),
        silent=True,
        only=("input",),
    )


def _along_classes(culprit: Origin, input: TensorFacts, axis: int) -> Rewrite:
    def write(site: Site) -> Iterable[Placement]:
        del site
        dim = culprit.arguments.get("dim")
        if dim is not None and dim.text.lstrip("-").isdigit():
            yield Placement((Edit(dim.place, str(axis)),), f"dim={axis}", dim.place, local=False)

    mended = input.with_(values=replace(input.values, axis=axis))
    return Rewrite("Normalize along the classes", {"input": mended}, write)
