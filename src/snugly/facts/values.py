"""What is known about a tensor's elements: range, integrality, distinct values, and what they mean.

Every question has three answers, and ``None`` is "not known". A live tensor answers the same
questions by looking at its elements (``snugly.runtime``), so a contract does not care who answers.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snugly.facts.dims import Dim


class Meaning(Enum):
    """What the elements are, as far as the operations that made them tell."""

    LOGITS = "logits"  # straight out of a linear or convolution layer, any real number
    PROBABILITIES = "probabilities"  # softmax along ``axis``
    LOG_PROBABILITIES = "log-probabilities"  # log-softmax along ``axis``
    BERNOULLI = "bernoulli probabilities"  # sigmoid
    LOG_BERNOULLI = "log-bernoulli"  # log-sigmoid
    CLASS_INDICES = "class indices"  # argmax, randint, label tables
    ONE_HOT = "one-hot"
    MASK = "mask"  # 0 and 1, or booleans


@dataclass(frozen=True, slots=True)
class ValueFacts:
    """Facts that hold for every element.

    Attributes:
        low: a lower bound, inclusive.
        high: an upper bound, inclusive.
        integral: every element is an integer in value, whatever the dtype.
        members: the exact set of distinct values when it is known and small (at most 64).
        elements: the elements themselves, row-major, when known and few (at most 4096).
        finite: no NaN and no infinity.
        attained: ``low`` and ``high`` (or ``members``) are really present, not only bounds.
        meaning: what the elements are.
        axis: for probabilities, the non-negative axis along which they sum to one.
        written: values that the program itself puts among the elements (``mask[r:r + 5] = 255``) and that nothing
            since may have taken out on purpose. Each is meant to occur, not known to occur in every sample.
        most: the largest element as a size, such as the longest of the sequences that were padded together.
    """

    low: float | None = None
    high: float | None = None
    integral: bool | None = None
    members: frozenset[float] | None = None
    elements: tuple[Any, ...] | None = None
    finite: bool | None = None
    attained: bool = False
    meaning: Meaning | None = None
    axis: int | None = None
    written: frozenset[float] = frozenset()
    most: Dim | None = None

    def explicit(self) -> frozenset[float]:
        """Return the values that occur: all of them where they are listed and present, else those written."""
        if self.elements is not None:
            return self.unordered().members or frozenset()
        return self.members if self.attained and self.members is not None else self.written

    def inside(self, low: float, high: float, *, ignoring: float | None = None) -> bool | None:
        """Tell whether every element lies in ``[low, high]``, those equal to ``ignoring`` left out.

        NaN lies nowhere; of complex elements it is not known.
        """
        known = self.elements if self.elements is not None else self.members
        if known and self._complex():
            return None
        if known is not None and (self.attained or self.elements is not None):
            return all(low <= x <= high for x in known if x != ignoring)
        if known is not None and all(low <= x <= high for x in known if x != ignoring):
            return True
        if ignoring is None or not self._may_be(ignoring):
            return self._bounds_inside(low, high)
        if self.low is not None and self.high is not None and low <= self.low and self.high <= high:
            return True
        if self.attained and (
            (self.low is not None and self.low < low and self.low != ignoring)
            or (self.high is not None and self.high > high and self.high != ignoring)
        ):
            return False
        return None

    def _complex(self) -> bool:
        known = self.elements if self.elements is not None else self.members
        return bool(known) and any(isinstance(x, complex) for x in known or ())

    def _bounds_inside(self, low: float, high: float) -> bool | None:
        if self.attained and (
            (self.low is not None and self.low < low) or (self.high is not None and self.high > high)
        ):
            return False
        if (self.low is not None and self.low > high) or (self.high is not None and self.high < low):
            return False
        if self.low is not None and self.high is not None and low <= self.low and self.high <= high:
            return True
        return None

    def _may_be(self, x: float) -> bool:
        if self.members is not None:
            return x in self.members
        return not ((self.low is not None and x < self.low) or (self.high is not None and x > self.high))

    def any_below(self, bound: float) -> bool | None:
        """Tell whether some element is smaller than ``bound``; NaN is not."""
        if self.elements is not None:
            return None if self._complex() else any(x < bound for x in self.elements)
        if self.low is not None and self.low >= bound:
            return False
        return True if self.attained and self.low is not None else None

    def first_outside(self, low: float, high: float, *, ignoring: float | None = None) -> float | None:
        """Return the first element, row-major, outside of ``[low, high]``; ``None`` where it is not known."""
        if self.elements is not None and not self._complex():
            return next((x for x in self.elements if x != ignoring and not low <= x <= high), None)
        return None

    def only(self, values: Iterable[float]) -> bool | None:
        """Tell whether every element is one of ``values``."""
        allowed = frozenset(values)
        known = self.elements if self.elements is not None else self.members
        if known is not None:
            if all(x in allowed for x in known):
                return True
            return False if self.attained or self.elements is not None else None
        if self.inside(min(allowed), max(allowed)) is False:
            return False
        if self.integral and self.low is not None and self.high is not None and self.high - self.low < 64:
            return True if all(float(x) in allowed for x in range(int(self.low), int(self.high) + 1)) else None
        return None

    def contains(self, x: float) -> bool | None:
        """Tell whether some element equals ``x``."""
        if self.elements is not None:
            return x in self.elements
        if self.members is not None:
            if x not in self.members:
                return False
            return True if self.attained else None
        if not self._may_be(x):
            return False
        return True if self.attained and x in (self.low, self.high) else None

    def is_integral(self) -> bool | None:
        """Tell whether every element is an integer in value."""
        if self.integral is None and self.elements is not None:
            return all(float(x).is_integer() for x in self.elements if not isinstance(x, complex))
        return self.integral

    def has_nan(self) -> bool | None:
        """Tell whether some element is NaN."""
        return False if self.finite else None

    def is_finite(self) -> bool | None:
        """Tell whether no element is NaN or infinite."""
        return self.finite

    def sums_to_one(self, axis: int) -> bool | None:
        """Tell whether the elements along ``axis`` are non-negative and sum to one."""
        if self.meaning is Meaning.PROBABILITIES and self.axis is not None:
            return True if self.axis == axis else None
        if self.meaning is Meaning.ONE_HOT and self.axis == axis:
            return True
        return None

    def data(self) -> tuple[Any, ...] | None:
        """Return the elements, row-major, if they are known."""
        return self.elements

    def unordered(self) -> ValueFacts:
        """Return what still holds when the elements change places."""
        if self.elements is None:
            return self
        real = all(isinstance(x, bool | int | float) and x == x for x in self.elements)  # noqa: PLR0124 - NaN
        if not real or not self.elements:
            return replace(self, elements=None)
        distinct = frozenset(self.elements)
        return replace(
            self,
            elements=None,
            low=min(distinct),
            high=max(distinct),
            integral=self.is_integral(),
            members=distinct if len(distinct) <= MOST_MEMBERS else None,
            finite=all(map(math.isfinite, distinct)),
            attained=True,
        )

    def selection(self) -> ValueFacts:
        """Return what holds for any of the elements, as after indexing or dropping some."""
        return replace(self.unordered(), attained=False, written=frozenset(), most=None)

    def union(self, other: ValueFacts) -> ValueFacts:
        """Return what holds for the elements of both together, in any order, as after concatenation."""
        a, b = self.unordered(), other.unordered()
        members = None if a.members is None or b.members is None else a.members | b.members
        return ValueFacts(
            low=None if a.low is None or b.low is None else min(a.low, b.low),
            high=None if a.high is None or b.high is None else max(a.high, b.high),
            integral=True if a.integral and b.integral else None,
            members=members if members is None or len(members) <= MOST_MEMBERS else None,
            finite=True if a.finite and b.finite else None,
            attained=a.attained and b.attained,
            meaning=a.meaning if a.meaning is b.meaning else None,
            axis=a.axis if a.axis == b.axis else None,
            written=a.explicit() | b.explicit(),
        )


MOST_MEMBERS = 64
NOTHING_KNOWN = ValueFacts()
