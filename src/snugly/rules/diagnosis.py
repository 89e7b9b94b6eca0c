"""What a rule yields: one thing that is wrong, as typed fields, and the changes that could mend it.

A rule's own diagnosis is a frozen dataclass that inherits from ``Diagnosis``, adds the numbers as fields and derives
its sentence from them in ``message``; the fields become ``Finding.details``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass, fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snugly.facts.origins import Origin
    from snugly.facts.tensors import TensorFacts
    from snugly.remedies.remedy import Remedy
    from snugly.rules.findings import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One thing that is wrong at a loss or an operation.

    Attributes:
        argument: the argument to blame, whose source a report underlines.
        blame: where the fault was made, when that is known and is not the argument itself.
        remedies: changes that could mend it, the likeliest first; each is proved before it is shown.
        silent: torch says nothing; what it raises, if it raises, has another reason.
        fallback: left out where another rule has something to say about the same refusal.
        severity: instead of the rule's own, where only some batches fail.
        only: names of the arguments whose facts matter; empty for all.
    """

    argument: str | None = None
    blame: Origin | None = None
    remedies: tuple[Remedy, ...] = ()
    silent: bool = False
    fallback: bool = False
    severity: Severity | None = None
    only: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """What torch does and its consequence, in one or two sentences."""
        raise TypeError(type(self).__name__)

    def details(self) -> Mapping[str, Any]:
        """Return the fields that the diagnosis adds, sizes as numbers or texts."""
        common = {part.name for part in fields(Diagnosis)}
        return {part.name: plain(getattr(self, part.name)) for part in fields(self) if part.name not in common}


def plain(value: Any) -> Any:
    """Return a size, facts or a tuple of them as JSON would hold it."""
    from snugly.facts.dims import Expr
    from snugly.facts.tensors import TensorFacts

    if isinstance(value, Expr):
        text = str(value)
        return int(text) if text.lstrip("-").isdigit() else text
    if isinstance(value, TensorFacts):
        return str(value)
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value


def known(*facts: TensorFacts | None) -> bool:
    """Tell whether the shape of every argument is known, at least in its rank."""
    return all(one is not None and one.shape is not None for one in facts)
