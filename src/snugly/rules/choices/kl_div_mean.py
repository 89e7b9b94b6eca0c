"""SNG508 kl-div-mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, product
from snugly.facts.records import dataclass
from snugly.remedies.rewrite import SetOption
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import fixed, given, option, title
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall


@dataclass(frozen=True, slots=True, kw_only=True)
class KlDivMean(Diagnosis):
    """The mean over all elements where a divergence is a sum over classes.

    Attributes:
        loss: what the user calls it.
        times: how many elements a sample has.
    """

    loss: str
    times: Dim | None

    @property
    def message(self) -> str:
        """Say by what factor the value is too small."""
        factor = "the number of elements of a sample" if self.times is None else str(self.times)
        return (
            f"{self.loss} with reduction='mean' divides by the number of elements, not of samples: the value is the "
            f"Kullback-Leibler divergence divided by {factor}."
        )


@rule("SNG508", name="kl-div-mean", severity=Severity.WARNING, refused=False, losses={"kl_div"})
def kl_div_mean(call: LossCall) -> Iterator[Diagnosis]:
    """Finds a Kullback-Leibler divergence that is averaged over the classes."""
    input = given(call, "input")
    if input is None or not input.shape or len(input.shape) < 2:
        return
    if option(call, "reduction") != "mean" or call.options.get("size_average") is not None:
        return
    times = product(input.shape[1:])
    if fixed(times) == 1:
        return
    yield KlDivMean(
        loss=title(call),
        times=times,
        remedies=(SetOption("reduction", "batchmean", '"batchmean"', "Divide by the number of samples"),),
        silent=True,
        only=("input",),
    )
