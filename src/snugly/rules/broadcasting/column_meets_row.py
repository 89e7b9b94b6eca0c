"""SNG402 column-meets-row."""

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

ARITHMETIC = frozenset((
    "sub", "add", "mul", "truediv", "div", "subtract", "multiply", "divide", "true_divide", "rsub", "sub_",
    "mul_", "maximum",
    "minimum", "isub", "imul", "iadd", "itruediv",
))  # fmt: skip
SIGNS = {"sub": "−", "mul": "×", "add": "+", "truediv": "/", "div": "/"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMeetsRow(Diagnosis):
    """Arithmetic in which every sample meets every other.

    Attributes:
        operation: the operation's own name.
        first: the shape of the model's side.
        second: the shape of the other side.
        result: the shape that comes of it.
        pairs: how many elements that has.
        meant: how many were meant.
    """

    operation: str
    first: Shape
    second: Shape
    result: Shape
    pairs: Dim | None
    meant: Dim | None

    @property
    def message(self) -> str:
        """Say what is paired."""
        return (
            f"{sizes(self.first)} {SIGNS.get(self.operation, 'with')} {sizes(self.second)} broadcasts to "
            f"{sizes(self.result)}: each sample "
            f"of one meets every sample of the other, {self.pairs} pairs instead of {self.meant}. torch says "
            "nothing, and what "
            f"is averaged afterwards says little about any sample."
        )


@rule("SNG402", name="column-meets-row", severity=Severity.ERROR, operations=ARITHMETIC, refused=False)
def column_meets_row(application: Application) -> Iterator[Diagnosis]:
    """Finds arithmetic between a prediction and a target that broadcasts every sample against every other."""
    pair = accidental_pair(application)
    if pair is None or pair.a.shape is None or pair.b.shape is None:
        return
    from snugly.rules.matching import matched_operands

    yield ColumnMeetsRow(
        operation=application.name.rpartition(".")[2],
        first=pair.a.shape,
        second=pair.b.shape,
        result=pair.whole,
        pairs=product(pair.whole),
        meant=pair.meant,
        argument=pair.other,
        remedies=matched_operands(pair),
        silent=True,
    )
