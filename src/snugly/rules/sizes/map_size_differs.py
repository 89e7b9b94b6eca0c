"""SNG108 map-size-differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, same
from snugly.facts.records import dataclass
from snugly.remedies.changes import bracketed
from snugly.remedies.lexical import name_of_functional
from snugly.remedies.remedy import Placement
from snugly.remedies.rewrite import Rewrite
from snugly.remedies.text import source_text
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Edit, Severity
from snugly.rules.reading import CLASS_INDEX, ELEMENTWISE, multiple, pair, short, sizes, title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snugly.contracts import LossCall
    from snugly.facts.tensors import Shape
    from snugly.remedies.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class MapSizeDiffers(Diagnosis):
    """A map of scores whose height and width are not those of the target.

    Attributes:
        loss: what the user calls it.
        input: height and width (or more axes) of the scores.
        target: those of the target.
        times: the quotient of the two, where it is whole.
    """

    loss: str
    input: Shape
    target: Shape
    times: Dim | None

    @property
    def message(self) -> str:
        """Say both sizes and the stride between them."""
        said = (
            f"{self.loss} gets scores of {sizes(self.input)} positions and a target of {sizes(self.target)}, "
            "and raises."
        )
        return said if self.times is None else f"{said} The model's stride is {self.times}."


@rule("SNG108", name="map-size-differs", severity=Severity.ERROR, refused=True)
def map_size_differs(call: LossCall) -> Iterator[Diagnosis]:
    """Finds maps of scores that have another height or width than their target."""
    arguments, maps = pair(call), differing_maps(call)
    if arguments is None or maps is None:
        return
    (input, _), (here, there) = arguments, maps
    if input.shape is None:
        return
    times, axes = multiple(there[0], here[0]), len(here)
    wanted = input.with_(shape=(*input.shape[:2], *there))
    yield MapSizeDiffers(
        loss=title(call),
        input=here,
        target=there,
        times=times,
        argument="input",
        remedies=(
            Rewrite("Bring the scores to the target's size", {"input": wanted}, lambda site: _interpolated(site, axes)),
        ),
        only=("input", "target"),
    )


def differing_maps(call: LossCall) -> tuple[Shape, Shape] | None:
    """Return the sizes of the maps of scores and target if they certainly differ in every axis, and the batch fits."""
    arguments = pair(call)
    if short(call) not in ELEMENTWISE | CLASS_INDEX or arguments is None:
        return None
    scores, labels = arguments[0].shape, arguments[1].shape
    if not scores or not labels or len(scores) < 4 or same(scores[0], labels[0]) is not True:
        return None
    here, there = scores[2:], labels[1:] if short(call) in CLASS_INDEX else labels[2:]
    if len(there) != len(here) or len(labels) < 3:
        return None
    return (here, there) if all(same(a, b) is False for a, b in zip(here, there, strict=True)) else None


def _interpolated(site: Site, axes: int) -> Iterable[Placement]:
    """Yield the scores interpolated to the size of the target, where both stand at the call.

    Args:
        site: the call of the loss.
        axes: how many axes a map has.
    """
    scores, target = site.sources.get("input"), site.sources.get("target")
    text = None if scores is None else source_text(scores.place.file)
    if scores is None or target is None or text is None or text.tree is None:
        return
    functional = name_of_functional(text.tree)
    if functional is not None:
        changed = f"{functional}.interpolate({scores.text}, size={bracketed(target.text)}.shape[-{axes}:])"
        yield Placement((Edit(scores.place, changed),), changed, scores.place, local=False)
