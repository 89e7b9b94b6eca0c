"""Python numbers that are not known: their type and bounds."""

from __future__ import annotations

from snugly.facts.records import dataclass


@dataclass(frozen=True, slots=True)
class Number:
    """A Python number that is not known: its type, and bounds that are inclusive."""

    type: str  # "int", "float", "bool" or "complex"
    low: float | None = None
    high: float | None = None
