"""Which rules are reported: ``--select`` and ``--ignore``."""

from __future__ import annotations

from snugly.facts.records import dataclass


@dataclass(frozen=True, slots=True)
class Selection:
    """Codes or their beginnings; the longest that matches a code decides, as it does in ruff.

    Attributes:
        select: what is reported; empty for everything.
        ignore: what is not.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Split commas and refuse a code that no rule has."""
        for name in ("select", "ignore"):
            codes = tuple(
                code.strip().upper() for text in getattr(self, name) for code in text.split(",") if code.strip()
            )
            object.__setattr__(self, name, codes)
            for code in codes:
                _require(code, name)

    def __contains__(self, code: str) -> bool:
        """Tell whether findings of a rule are reported."""
        chosen = max((len(prefix) for prefix in self.select if _covers(prefix, code)), default=-1)
        left_out = max((len(prefix) for prefix in self.ignore if _covers(prefix, code)), default=-1)
        if self.select and chosen < 0:
            return False
        return left_out < 0 or chosen > left_out


def _covers(prefix: str, code: str) -> bool:
    return prefix == "ALL" or code.startswith(prefix)


def _require(prefix: str, option: str) -> None:
    from snugly.rules.registry import rules

    if not any(_covers(prefix, rule.code) for rule in rules()):
        message = f"{option}: no rule has a code like {prefix!r}; snugly rule --all lists them"
        raise ValueError(message)
