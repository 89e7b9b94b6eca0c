"""SNG607 sampler-weight-per-class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, bounds, less, same
from snugly.facts.records import dataclass
from snugly.facts.tensors import TensorFacts
from snugly.remedies.remedy import Placement
from snugly.remedies.rewrite import Rewrite
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Edit, Severity
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snugly.facts.origins import Origin, Source
    from snugly.operations.registry import Application
    from snugly.remedies.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplerWeightPerClass(Diagnosis):
    """Fewer weights to draw with than there are samples.

    Attributes:
        weights: how many weights there are.
        samples: how many samples.
    """

    weights: Dim
    samples: Dim

    @property
    def message(self) -> str:
        """Say which samples are drawn."""
        return (
            f"WeightedRandomSampler takes one weight for each sample and draws places among its weights. Given "
            f"{self.weights} weights for {self.samples} samples it only ever draws the first {self.weights} samples of "
            "the dataset, over and over. torch says nothing."
        )


@rule(
    "SNG607",
    name="sampler-weight-per-class",
    severity=Severity.ERROR,
    operations={"WeightedRandomSampler"},
    refused=False,
)
def sampler_weight_per_class(application: Application) -> Iterator[Diagnosis]:
    """Finds a weighted sampler that has one weight for each class instead of each sample."""
    weights, samples = application.arguments.get("weights"), application.arguments.get("samples")
    result = application.result
    if not isinstance(weights, TensorFacts) or weights.rank != 1 or not isinstance(result, TensorFacts):
        return
    count = weights.size(0)
    if count is None or samples is None or not less(count, samples):
        return
    sampler = None if result.origin is None else result.origin.layer
    yield SamplerWeightPerClass(
        weights=count,
        samples=samples,
        argument="weights",
        blame=sampler,
        remedies=tuple(_by_label(weights, samples, sampler)),
        silent=True,
    )


def _by_label(weights: TensorFacts, samples: Dim, sampler: Origin | None) -> Iterator[Rewrite]:
    """Yield the remedy: look the weight of each sample up by its label, if the labels have a name there."""
    given = None if sampler is None else sampler.arguments.get("weights")
    labels = None if sampler is None else _counted(weights, samples, sampler)
    if given is None or labels is None or not given.text.isidentifier():
        return
    text = f"{given.text}[{labels.text}]"

    def write(site: Site) -> Iterable[Placement]:
        del site
        yield Placement((Edit(given.place, text),), text, given.place, local=False)

    yield Rewrite("Give each sample the weight of its class", {"weights": weights.with_(shape=(samples,))}, write)


def _counted(weights: TensorFacts, samples: Dim, sampler: Origin) -> Source | None:
    """Return the labels whose classes were counted in the function that makes the sampler."""
    if weights.origin is None:
        return None
    for origin in weights.origin.walk():
        labels = origin.arguments.get("input") or origin.arguments.get("x") or origin.arguments.get("self")
        if origin.operation.rpartition(".")[2] != "bincount" or labels is None or not origin.inputs:
            continue
        rows, high = origin.inputs[0].size(0), bounds(samples)[1]
        if labels.text.isidentifier() and high is not None and same(rows, samples) is True:
            return labels if origin.callers == sampler.callers else None
    return None
