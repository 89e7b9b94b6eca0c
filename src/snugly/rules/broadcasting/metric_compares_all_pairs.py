"""SNG403 metric-compares-all-pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, product
from snugly.facts.records import dataclass
from snugly.rules.diagnosis import Diagnosis
from snugly.rules.findings import Severity
from snugly.rules.pairs import accidental_pair
from snugly.rules.reading import sizes
from snugly.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snugly.facts.tensors import Shape
    from snugly.operations.registry import Application

COMPARISONS = frozenset(
    ("eq", "ne", "lt", "le", "gt", "ge", "and_", "or_", "logical_and", "isclose", "equal", "not_equal")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricComparesAllPairs(Diagnosis):
    """A comparison of every guess with every label.

    Attributes:
        first: the shape of the guesses.
        second: the shape of the labels.
        result: the shape of the comparison.
        pairs: how many comparisons that are.
        meant: how many were meant.
    """

    first: Shape
    second: Shape
    result: Shape
    pairs: Dim | None
    meant: Dim | None

    @property
    def message(self) -> str:
        """Say what is compared."""
        return (
            f"Comparing {sizes(self.first)} with {sizes(self.second)} compares each guess with every label: "
            f"{self.pairs} "
            f"comparisons of shape {sizes(self.result)} instead of {self.meant}. A rate that is taken from them "
            "is wrong."
        )


@rule("SNG403", name="metric-compares-all-pairs", severity=Severity.ERROR, operations=COMPARISONS, refused=False)
def metric_compares_all_pairs(application: Application) -> Iterator[Diagnosis]:
    """Finds a comparison, such as in an accuracy, that broadcasts every guess against every label."""
    pair = accidental_pair(application)
    if pair is None or pair.a.shape is None or pair.b.shape is None:
        return
    from snugly.rules.matching import matched_operands

    yield MetricComparesAllPairs(
        first=pair.a.shape,
        second=pair.b.shape,
        result=pair.whole,
        pairs=product(pair.whole),
        meant=pair.meant,
        argument=pair.other,
        remedies=matched_operands(pair, near=True),
        silent=True,
    )
