"""Python numbers that are not known: their type and bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.records import dataclass

if TYPE_CHECKING:
    from snugly.facts.dims import Expr


@dataclass(frozen=True, slots=True)
class Number:
    """A Python number that is not known: its type, and bounds that are inclusive."""

    type: str  # "int", "float", "bool" or "complex"
    low: float | None = None
    high: float | None = None
    of: Expr | None = None  # what it is in the sizes of the item it belongs to, for one number for each item
