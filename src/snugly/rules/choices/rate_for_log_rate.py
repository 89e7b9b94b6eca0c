"""SNG511 rate-for-log-rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.records import dataclass
from snugly.remedies.rewrite import SetOption
from snugly.rules.activations import CARRYING
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.reading import given, option, title
from snugly.rules.registry import rule
from snugly.rules.steps import chain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.contracts import LossCall
    from snugly.facts.tensors import TensorFacts

POSITIVE = frozenset(("softplus", "exp", "relu"))
SMALL = frozenset(("add", "clamp", "clamp_min"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RateForLogRate(Diagnosis):
    """Rates where the loss takes their logarithms.

    Attributes:
        loss: what the user calls it.
        activation: what made the rates positive.
    """

    loss: str
    activation: str

    @property
    def message(self) -> str:
        """Say what the loss takes the numbers for."""
        return (
            f"{self.loss} takes the logarithm of the rate unless log_input=False: what {self.activation} made positive "
            "is raised by exp once more, so no rate below 1 can be predicted and large ones explode. torch says "
            "nothing."
        )


@rule("SNG511", name="rate-for-log-rate", severity=Severity.ERROR, refused=False, losses={"poisson_nll_loss"})
def rate_for_log_rate(call: LossCall) -> Iterator[Diagnosis]:
    """Finds rates, made positive by an activation, where the Poisson loss takes logarithms of rates."""
    input = given(call, "input")
    if input is None or option(call, "log_input") is not True:
        return
    activation = _positive(input)
    if activation is None:
        return
    yield RateForLogRate(
        loss=title(call),
        activation=activation,
        remedies=(SetOption("log_input", value=False, text="False", title="Say that the input is a rate"),),
        argument="input",
        silent=True,
        only=("input",),
    )


def _positive(facts: TensorFacts) -> str | None:
    """Return the activation at the end of the model that lets only positive numbers through."""
    for origin, _, _ in chain(facts):
        name = origin.operation.rpartition(".")[2].rstrip("_")
        if name in POSITIVE:
            return name
        if name not in CARRYING and name not in SMALL:
            return None
    return None
