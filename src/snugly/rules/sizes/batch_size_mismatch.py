"""SNG101 batch-size-mismatch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, same
from snugly.facts.records import dataclass
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.flattening import flattened_labels, joined_rows, moved_into_batch
from snugly.rules.joining import along_features, joined_in_batch
from snugly.rules.reading import CLASS_INDEX, many, multiple, pair, title
from snugly.rules.recurrence import batch_first, over_the_batch
from snugly.rules.registry import rule
from snugly.rules.rows import rows_of_another_batch
from snugly.rules.selecting import select_labels, selected_beside_all
from snugly.rules.shifting import next_steps
from snugly.rules.targets import indices_shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall, Verdict
    from snugly.remedies.remedy import Remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSizeMismatch(Diagnosis):
    """Scores of one batch meet labels of another.

    Attributes:
        loss: what the user calls it.
        rows: rows of scores.
        labels: labels.
        times: how many times the larger holds the smaller, if it does.
        classes: how many classes there are.
        joined: whether tensors were joined along the batch axis before the scores.
        recurrent: whether a recurrent layer took the batch for the time.
        selected: whether a mask selected the scores and not the labels.
    """

    loss: str
    rows: Dim
    labels: Dim
    times: Dim | None
    classes: Dim | None
    joined: bool = False
    recurrent: bool = False
    selected: bool = False

    @property
    def message(self) -> str:
        """Say both sizes, and what their quotient means."""
        said = f"{self.loss} gets {many(self.rows, 'row')} of scores and {many(self.labels, 'label')}, and raises."
        if self.selected:
            return (
                f"{self.loss} gets the {self.rows} rows of scores that a mask selects and all {self.labels} labels, "
                "and raises wherever the mask leaves one out."
            )
        if self.recurrent:
            return f"{said} A recurrent layer without batch_first took the {self.labels} samples for time steps."
        if self.times is None:
            return f"{said} Each row needs one label."
        more, less, side = self.rows, self.labels, "scores"
        if multiple(self.rows, self.labels) is None:
            more, less, side = self.labels, self.rows, "labels"
        why = f"{self.times} values of each sample were moved into the batch axis of the {side}"
        if self.joined and side == "scores":
            why = f"{self.times} tensors were joined along axis 0, the batch, instead of the features"
        if side == "labels" and same(self.times, self.classes) is True:
            why = f"one-hot rows of {self.times} classes were flattened into the batch axis"
        return f"{said} {more} = {less} × {self.times}: {why}."


@rule("SNG101", name="batch-size-mismatch", severity=Severity.ERROR, losses=CLASS_INDEX)
def batch_size_mismatch(call: LossCall, verdict: Verdict) -> Iterator[Diagnosis]:
    """Finds scores and labels that do not have the same number of rows."""
    arguments = pair(call)
    if arguments is None or verdict.accepted is True:
        return
    input, target = arguments
    wanted = indices_shape(input)
    if input.rank is None or input.rank < 2 or not target.shape or wanted is None or len(target.shape) > len(wanted):
        return
    rows, labels = input.size(0), target.size(0)
    if rows is None or labels is None:
        return
    mask = selected_beside_all(input, target) if len(target.shape) == 1 else None
    if same(rows, labels) is True or (mask is None and (same(rows, labels) is None or verdict.accepted is None)):
        return
    if moved_into_batch(input, labels) is not None or rows_of_another_batch(call) is not None:
        return
    times = multiple(rows, labels)
    of_labels = multiple(labels, rows)
    remedies: tuple[Remedy, ...] = flattened_labels(target, rows) if of_labels is not None else ()
    remedies = remedies or next_steps(input, target, wanted)
    cat = joined_rows(input, labels) if times is not None else None
    joined = None if cat is None else joined_in_batch(input)
    if joined is not None and joined.origin is cat:
        wanted_input = input.with_(shape=(labels, *(input.shape or ())[1:]))
        remedies = (along_features(joined, "input", wanted_input, resize=True),)
    recurrent = over_the_batch(input, labels)
    if recurrent is not None:
        remedies = (batch_first(recurrent, {"input": input.with_(shape=(labels, *(input.shape or ())[1:]))}),)
    if mask is not None:
        remedies = (select_labels(mask, target, rows),)
    yield BatchSizeMismatch(
        loss=title(call),
        rows=rows,
        labels=labels,
        times=times if times is not None else of_labels,
        classes=input.size(1),
        argument="input" if times is not None or recurrent is not None else "target",
        joined=cat is not None,
        recurrent=recurrent is not None,
        selected=mask is not None,
        blame=cat if recurrent is None else recurrent.layer,
        silent=verdict.accepted is not False,
        severity=None if verdict.accepted is False else Severity.WARNING,
        remedies=remedies,
        only=("input", "target"),
    )
