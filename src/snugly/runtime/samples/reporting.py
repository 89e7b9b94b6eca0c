"""What was shown about samples, as a proof to keep and as a finding to tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.records import dataclass
from snugly.facts.tensors import TensorFacts
from snugly.rules.batches.samples_depend_on_each_other import SamplesDependOnEachOther, Way, depending
from snugly.rules.findings import OriginStep
from snugly.rules.reading import title
from snugly.runtime.calls import running_call
from snugly.runtime.frames import expression, user_frame
from snugly.runtime.samples.describing import SAID, Told, layer_name
from snugly.runtime.session import undisturbed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

    from snugly.rules.findings import Finding
    from snugly.runtime.interception import Seen
    from snugly.runtime.samples.locating import Meeting
    from snugly.runtime.samples.proving import Shown

BACKWARD = "torch.autograd.backward"
_NORMALIZED = "by the running statistics of its batch normalization; while it trains that brings samples together"


@dataclass(frozen=True, slots=True)
class BatchProof:
    """What was shown about one loss.

    Attributes:
        file: where the loss is called.
        line: the line of that.
        loss: qualified name of the loss; of ``backward`` for a loss that is written by hand.
        independent: whether no sample's loss depends on another sample; ``None`` where that is not judged. Of a loss
            that is written by hand it is said of what the model returns.
        samples: how many samples there were.
        model: the class of the model.
        runs: how often a copy of it ran to show that.
        why: what else is to be said, such as why it is not judged.
    """

    file: str | None
    line: int | None
    loss: str
    independent: bool | None
    samples: int
    model: str
    runs: int
    why: str

    def __str__(self) -> str:
        """Say it in a sentence."""
        place = "an unknown place" if self.file is None else f"{self.file}:{self.line}"
        if self.independent is None:
            return f"{place}: not judged: {self.why}."
        what = "output" if self.loss == BACKWARD else "loss"
        said = f"no sample's {what} depends on another" if self.independent else "samples depend on each other"
        also = f" ({self.why})" if self.why else ""
        return f"{place}: {said}, of {self.samples} in {self.runs} runs of {self.model}{also}."


def proof_of(shown: Shown, loss: str, caller: FrameType | None) -> BatchProof:
    """Return what is to be kept of what was shown."""
    frame = user_frame(caller)
    file, line = (None, None) if frame is None else (frame.f_code.co_filename, frame.f_lineno)
    why = _NORMALIZED if shown.normalized and shown.independent else shown.why
    return BatchProof(file, line, loss, shown.independent, shown.samples, shown.model, shown.runs, why)


def finding_at(seen: Seen, shown: Shown, told: Told) -> Finding:
    """Return the finding about a call of a loss."""
    with undisturbed():
        call = running_call(seen.loss, seen.arguments, seen.module, look=False)
    argument = "input" if "input" in call.arguments else None
    return _finding(shown, told, title(call), call.loss, seen.caller, call.arguments, argument)


def finding_before(shown: Shown, told: Told, caller: FrameType | None) -> Finding:
    """Return the finding about a loss that is written by hand, when ``backward`` is called."""
    return _finding(shown, told, "the loss", None, caller, {}, None)


def _finding(
    shown: Shown,
    told: Told,
    name: str,
    loss: str | None,
    caller: FrameType | None,
    facts: Mapping[str, TensorFacts],
    argument: str | None,
) -> Finding:
    frame = user_frame(caller)
    diagnosis = SamplesDependOnEachOther(
        loss=name,
        way=told.way or Way.OTHER,
        samples=shown.samples,
        operation=told.operation,
        layer=told.layer,
        before=told.before,
        after=told.after,
        axis=told.axis,
        met=_met(shown.meeting),
        argument=argument,
    )
    place = None if frame is None else expression(frame).place
    origin = () if shown.meeting is None else _steps(shown.meeting)
    return depending(diagnosis, loss=loss, place=place, facts=facts, origin=origin)


def _met(meeting: Meeting | None) -> str:
    if meeting is None or meeting.met is None:
        return ""
    return layer_name(meeting.met_layers) or SAID.get(meeting.met.name, meeting.met.name)


def _steps(meeting: Meeting) -> tuple[OriginStep, ...]:
    steps = []
    for operation, place, text in (
        (meeting.lost, meeting.place, meeting.text),
        (meeting.met, meeting.met_place, meeting.met_text),
    ):
        if operation is None or place is None:
            continue
        made = meeting.trace.values[operation.outputs[0]] if operation.outputs else None
        facts = None if made is None else TensorFacts(shape=made.shape)
        steps.append(OriginStep(place, text, "input", facts))
    return tuple(steps)
