"""What two sizes in a message say about how they came about.

The arithmetic is exact; which reading is likelier is ordered by what was true in public threads where
such numbers were reported together with their fix.
"""

from __future__ import annotations

import math

from snugly.facts.records import dataclass


@dataclass(frozen=True, slots=True)
class Relation:
    """How two sizes are related.

    Attributes:
        kind: ``"equal"``, ``"multiple"`` (the larger is ``factor`` times the smaller), ``"row"`` (one of them
            is 1), ``"scalar"`` (one of them is 0), ``"shared-factor"``, ``"off-by-one"`` or ``"other"``.
        factor: for a multiple, the quotient; for a shared factor, the greatest common divisor.
        larger: the larger of the two.
        smaller: the smaller of the two.
    """

    kind: str
    factor: int
    larger: int
    smaller: int

    @property
    def side(self) -> int | None:
        """The side of the square that the factor is, such as 9 for 81; ``None`` when it is none."""
        root = math.isqrt(self.factor) if self.factor > 1 else 0
        return root if root > 1 and root * root == self.factor else None

    @property
    def equation(self) -> str:
        """The relation as arithmetic, such as ``324 = 4 × 81 = 4 × 9 × 9``; empty when there is none to tell."""
        if self.kind == "multiple":
            square = f" = {self.smaller} × {self.side} × {self.side}" if self.side else ""
            return f"{self.larger} = {self.smaller} × {self.factor}{square}"
        if self.kind == "shared-factor":
            return (
                f"{self.larger} = {self.factor} × {self.larger // self.factor} and "
                f"{self.smaller} = {self.factor} × {self.smaller // self.factor}"
            )
        return ""


def relate(a: int, b: int) -> Relation:
    """Return how two sizes are related; the order of the arguments does not matter."""
    larger, smaller = max(a, b), min(a, b)
    if larger == smaller:
        return Relation("equal", 1, larger, smaller)
    if smaller <= 0:
        return Relation("scalar", 0, larger, smaller)
    if smaller == 1:
        return Relation("row", larger, larger, smaller)
    if larger - smaller == 1:
        return Relation("off-by-one", 1, larger, smaller)
    if larger % smaller == 0:
        return Relation("multiple", larger // smaller, larger, smaller)
    shared = math.gcd(larger, smaller)
    if shared > 1:
        return Relation("shared-factor", shared, larger, smaller)
    return Relation("other", 1, larger, smaller)


def product(sizes: tuple[int, ...]) -> int:
    """Return the number of elements of a shape."""
    return math.prod(sizes)


def square_factors(count: int, *, channels_at_most: int = 2048) -> list[tuple[int, int]]:
    """Return the ways to write ``count`` as channels × side × side with a side above 1, likeliest channels first.

    Channel counts that are multiples of 8 (or 1 and 3) are what networks have; the others are left out.
    """
    ways = []
    for side in range(2, math.isqrt(count) + 1):
        channels, rest = divmod(count, side * side)
        if rest == 0 and channels <= channels_at_most and (channels % 8 == 0 or channels in {1, 3, 6}):
            ways.append((channels, side))
    return sorted(ways, key=lambda way: (way[0] & (way[0] - 1) != 0, -way[0]))


def is_power_of_two(number: int) -> bool:
    """Tell whether a number is a power of two, as configured batch sizes mostly are."""
    return number > 0 and number & (number - 1) == 0
