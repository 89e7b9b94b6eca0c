"""SNG505 cross-entropy-on-one-score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import same
from snugly.facts.dtypes import is_floating
from snugly.facts.records import dataclass
from snugly.remedies.rewrite import UseLoss
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import classes, grows, pair, sizes, title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall, Verdict
    from snugly.facts.tensors import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossEntropyOnOneScore(Diagnosis):
    """A softmax over one class, or over the batch.

    Attributes:
        loss: what the user calls it.
        input: the shape of the scores.
        over_batch: whether the scores have only the batch axis.
    """

    loss: str
    input: Shape
    over_batch: bool

    @property
    def message(self) -> str:
        """Say what the softmax does."""
        if self.over_batch:
            return (
                f"{self.loss} takes the only axis of {sizes(self.input)} for the classes: the softmax runs over "
                "the samples "
                f"of the batch, which then compete with each other."
            )
        return (
            f"{self.loss} applies a softmax over the classes, and {sizes(self.input)} has one: its probability is "
            "always 1, "
            f"so the loss and its gradient are 0 whatever the model says."
        )


@rule(
    "SNG505",
    name="cross-entropy-on-one-score",
    severity=Severity.ERROR,
    losses={"cross_entropy", "nll_loss"},
)
def cross_entropy_on_one_score(call: LossCall, verdict: Verdict) -> Iterator[Diagnosis]:
    """Finds cross entropy on a model with a single output, where the loss is always 0."""
    arguments = pair(call)
    if arguments is None:
        return
    input, target = arguments
    if input.shape is None or target.shape is None or not input.shape:
        return
    over_batch = (
        len(input.shape) == len(target.shape) == 1 and is_floating(target.dtype) is True and grows(input.shape[0])
    )
    over_batch = over_batch and same(input.shape[0], target.shape[0]) is True and same(input.shape[0], 1) is not True
    single = len(input.shape) > 1 and same(classes(call), 1) is True
    if not over_batch and not single:
        return
    remedy = UseLoss(
        "binary_cross_entropy_with_logits", "BCEWithLogitsLoss", "Use the loss for one score and targets from 0 to 1"
    )
    yield CrossEntropyOnOneScore(
        loss=title(call),
        input=input.shape,
        over_batch=over_batch,
        argument="input",
        remedies=(remedy,),
        silent=verdict.accepted is not False,
        only=("input", "target"),
    )
