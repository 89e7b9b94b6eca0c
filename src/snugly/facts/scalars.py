"""Python numbers that are not known: their type and bounds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from snugly.facts.records import dataclass, replace

if TYPE_CHECKING:
    from snugly.facts.dims import Atom, Expr


@dataclass(frozen=True, slots=True)
class Number:
    """A Python number that is not known: its type, and bounds that are inclusive.

    ``members`` are the constants that it is one of, where paths of the program that exclude each other choose among
    constants: ``1.0 if real else -1.0``. A condition on the number takes out those that it excludes.
    """

    type: str  # "int", "float", "bool" or "complex"
    low: float | None = None
    high: float | None = None
    of: Expr | None = None  # what it is in the sizes of the item it belongs to, for one number for each item
    members: frozenset[float] | None = None

    def chosen(self) -> frozenset[float]:
        """Return the members that are meant to occur."""
        return meant(self.members)


MOST_CHOICES = 64


def meant(members: frozenset[float] | None) -> frozenset[float]:
    """Return the constants, of those that a number may be, that are meant to occur.

    A single negative number beside 0 is left out: it may well be the mark of something not found, such as the -1
    of ``label = -1`` before a row of conditions, that no sample keeps.
    """
    members = members or frozenset()
    negative = [member for member in members if member < 0]
    return members - set(negative) if len(negative) == 1 and 0 in members else members


def forgetting(dim: Expr) -> Expr:
    """Return the same size, of which it is not known any more that it is one of a few constants."""
    from snugly.facts.dims import Expr, Symbol

    def plain(atom: Atom) -> Atom:
        return replace(atom, members=None) if isinstance(atom, Symbol) and atom.members is not None else atom

    return Expr(tuple((tuple(map(plain, monomial)), coefficient) for monomial, coefficient in dim.terms))


def linear_members(dim: Expr) -> frozenset[int] | None:
    """Return what a size can be that depends, as ``2 * n + 1``, on one number that is one of a few constants."""
    factor, offset, variable = 0, 0, None
    for monomial, coefficient in dim.terms:
        if not monomial:
            offset = coefficient
        elif len(monomial) == 1 and variable is None:
            (variable,) = monomial
            factor = coefficient
        else:
            return None
    members: frozenset[int] | None = getattr(variable, "members", None)
    return None if members is None else frozenset(factor * member + offset for member in members)


def choice(type: str, members: frozenset[float]) -> Number:  # noqa: A002 - as the field is called
    """Return the number that is one of a few constants; its bounds alone where there are many, or NaN."""
    if not members or any(math.isnan(member) for member in members):
        return Number(type)
    kept = members if len(members) <= MOST_CHOICES and type in ("int", "float") else None
    return Number(type, min(members), max(members), members=kept)
