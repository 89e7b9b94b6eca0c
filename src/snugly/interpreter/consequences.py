"""What only follows from a crash: torch raises before the program gets there, and one repair mends both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.tensors import TensorFacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snugly.facts.origins import Origin, Place
    from snugly.rules.findings import Finding

_GIVEN = frozenset(("data", "item", "collate", "parameter"))


def independent(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield findings, in the order in which the program meets them, without those that follow from an earlier crash.

    A second crash follows from the first where it is about a tensor that comes of the very operation whose result
    did not fit there: an accuracy of the scores that the loss refused. What has nothing to do with the crash stays,
    and so does what torch would do silently.
    """
    crashes: list[tuple[Place | None, frozenset[Place]]] = []
    for finding in findings:
        raises = finding.raises is not None and bool(crashes)
        chain = {origin.place for origin in _made_by(finding, depth=60)} if raises else set()
        if any(place != finding.place and refused & chain for place, refused in crashes):
            continue
        yield finding
        if (
            finding.raises is not None
            and finding.raises.when == "forward"
            and not isinstance(finding.details.get("batch"), str)
        ):
            refused = frozenset(origin.place for origin in _made_by(finding, depth=1) if origin.place is not None)
            crashes.append((finding.place, refused))


def _made_by(finding: Finding, *, depth: int) -> Iterator[Origin]:
    """Yield the operations that made the tensors of a finding, ``depth`` of them for each."""
    for facts in finding.facts.values():
        if isinstance(facts, TensorFacts) and facts.origin is not None:
            yield from (origin for origin in facts.origin.walk(depth) if origin.operation not in _GIVEN)
