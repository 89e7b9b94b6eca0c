"""Fixes tried on the whole program: a fix that breaks something else, or mends too little, gives way to another.

A change to a label where it is made suits one use of it and may spoil another. So each fix is applied to the text in
memory and the program is followed again: what is left tells which of several proved fixes is the one to offer first.
"""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from snugly.facts.records import dataclass, field, replace
from snugly.remedies.text import first_change, source_text, splice, unified_diff
from snugly.rules.findings import Applicability

if TYPE_CHECKING:
    from snugly.facts.origins import Place
    from snugly.rules.findings import Edit, Finding, Fix

Recheck = Callable[[Mapping[str, str]], "Sequence[Finding] | None"]
"""Follows the program again with some of its files changed, by name; ``None`` where that was not possible."""

MOST_RECHECKS = 16
MOST_SECONDS = 2.0


@dataclass(slots=True)
class _Trials:
    """Fixes that were tried, within a budget.

    Attributes:
        recheck: follows the changed program.
        before: what was found in the program as it is, counted.
        known: what is left after edits that were tried.
        until: when to stop trying.
    """

    recheck: Recheck
    before: Counter[tuple[str, str | None]]
    known: dict[tuple[Edit, ...], Counter[tuple[str, str | None]] | None] = field(default_factory=dict)
    until: float = field(default_factory=lambda: time.thread_time() + MOST_SECONDS)

    def left(self, edits: tuple[Edit, ...]) -> Counter[tuple[str, str | None]] | None:
        """Return what is found after edits, ``None`` where they were not tried."""
        if edits not in self.known:
            if len(self.known) >= MOST_RECHECKS or time.thread_time() > self.until:
                return None
            self.known[edits] = self._tried(edits)
        return self.known[edits]

    def _tried(self, edits: tuple[Edit, ...]) -> Counter[tuple[str, str | None]] | None:
        texts: dict[str, str] = {}
        for file in {edit.file for edit in edits}:
            text = source_text(file)
            if text is None:
                return None
            texts[file] = splice(text, [edit for edit in edits if edit.file == file])
        found = self.recheck(texts)
        return None if found is None else _counted(found)


def _counted(findings: Sequence[Finding]) -> Counter[tuple[str, str | None]]:
    return Counter((finding.code, finding.file) for finding in findings)


def settled(findings: Sequence[Finding], recheck: Recheck) -> tuple[Finding, ...]:
    """Return findings with their fixes in the order of what the whole program says about them.

    Args:
        findings: what was found in the program as it is.
        recheck: follows the program with some files changed.
    """
    trials = _Trials(recheck, _counted(findings))
    settled_first = _shared([_settle(finding, trials) for finding in findings], trials)
    return _together([_without_unsound(finding, trials) for finding in settled_first], trials)


def _shared(findings: list[Finding], trials: _Trials) -> list[Finding]:
    """Return findings, each led by a fix of another one where that leaves less of the program to mend.

    A model that gives a column where vectors are compared in three places is changed once, and not three targets.
    """
    firsts = [finding.fixes[0] for finding in findings if finding.fixes and finding.fixes[0].edits]
    shared: list[Finding] = []
    for finding in findings:
        best = min(
            (fix for fix in firsts if _rank(finding, fix, trials)[0] == 0),
            key=lambda fix: _rank(finding, fix, trials)[1],
            default=None,
        )
        if best is None or not finding.fixes or not _leaves_less(finding, best, trials):
            shared.append(finding)
            continue
        fixes = (best, *(fix for fix in finding.fixes if fix.edits != best.edits))
        shared.append(replace(finding, fixes=fixes, cause=_cause(finding, fixes)))
    return shared


def _leaves_less(finding: Finding, fix: Fix, trials: _Trials) -> bool:
    """Tell whether a fix leaves nothing of a finding's kind, and less altogether than the finding's own first fix."""
    left = trials.left(fix.edits)
    if left is None or left[finding.code, finding.file]:
        return False
    own, most = _rank(finding, finding.fixes[0], trials), _rank(finding, fix, trials)
    return own[0] > 0 or own[1] > most[1]


def _together(findings: list[Finding], trials: _Trials) -> tuple[Finding, ...]:
    """Return findings, those of one code whose calls stand in one function mended by one fix where one alone cannot.

    A step that raises at each of several calls runs only after all of them are changed.
    """
    joint: dict[int, Fix] = {}
    for group in _alike(findings):
        fix = _joint(group, trials)
        joint.update({} if fix is None else {id(finding): fix for finding in group})
    return tuple(
        finding if id(finding) not in joint else replace(finding, fixes=(joint[id(finding)], *finding.fixes))
        for finding in findings
    )


def _alike(findings: list[Finding]) -> list[list[Finding]]:
    groups: dict[tuple[str, str, int], list[Finding]] = {}
    for finding in findings:
        if finding.raises is None or finding.place is None or not finding.fixes or not finding.fixes[0].edits:
            continue
        text = source_text(finding.place.file)
        node = None if text is None else text.expression(finding.place)
        if text is not None and node is not None:
            groups.setdefault((finding.code, finding.place.file, id(text.scope(node))), []).append(finding)
    return [group for group in groups.values() if len(group) > 1]


def _joint(group: list[Finding], trials: _Trials) -> Fix | None:
    """Return the first fixes of findings as one, if the program then has none of their kind and nothing new."""
    firsts = [finding.fixes[0] for finding in group]
    edits = tuple(dict.fromkeys(edit for fix in firsts for edit in fix.edits))
    key = (group[0].code, group[0].file)
    alone = trials.left(firsts[0].edits)
    if alone is None or not alone[key] or len(edits) == len(firsts[0].edits) or _overlap(edits):
        return None
    left = trials.left(edits)
    if left is None or left[key] or any(count > trials.before[each] for each, count in left.items()):
        return None
    safe = all(fix.applicability is Applicability.SAFE for fix in firsts)
    others = "1 more place" if len(group) == 2 else f"{len(group) - 1} more places"
    applicability = Applicability.SAFE if safe else Applicability.UNSAFE
    title = f"{firsts[0].title}, and likewise in {others}"
    return replace(firsts[0], title=title, applicability=applicability, edits=edits, diff=unified_diff(edits))


def _overlap(edits: tuple[Edit, ...]) -> bool:
    spans = sorted((edit.file, edit.start, edit.end) for edit in edits)
    return any(a[0] == b[0] and b[1] < a[2] for a, b in itertools.pairwise(spans))


def _settle(finding: Finding, trials: _Trials) -> Finding:
    ranked: list[tuple[tuple[int, int], int, Fix]] = []
    for position, fix in enumerate(finding.fixes):
        rank = _rank(finding, fix, trials)
        ranked.append((rank, position, fix))
        if rank == (0, 0):
            break
    tried = [fix for _, _, fix in sorted(ranked, key=lambda each: each[:2])]
    sound = [fix for fix, rank in ((fix, next(r for r, _, f in ranked if f is fix)) for fix in tried) if rank[0] < 2]
    rest = [fix for fix in finding.fixes if all(fix is not each for _, _, each in ranked)]
    fixes = tuple([*sound, *rest] if sound else [*tried, *rest])
    if fixes == finding.fixes:
        return finding
    return replace(finding, fixes=fixes, cause=_cause(finding, fixes))


def _without_unsound(finding: Finding, trials: _Trials) -> Finding:
    """Leave out the alternatives to a sound first fix that do not mend, or that break something else."""
    if len(finding.fixes) < 2 or _rank(finding, finding.fixes[0], trials)[0] > 0:
        return finding
    first, *others = finding.fixes
    sound = [fix for fix in others if _rank(finding, fix, trials)[0] < 2]
    return finding if len(sound) == len(others) else replace(finding, fixes=(first, *sound))


def _rank(finding: Finding, fix: Fix, trials: _Trials) -> tuple[int, int]:
    """Return how good a fix is for the program, smaller is better.

    The first number is 0 where it mends, 1 where that is not known, 2 where it does not mend or breaks something
    else. The second is how much is left.
    """
    if not fix.edits:
        return 1, 0
    left = trials.left(fix.edits)
    if left is None:
        return 1, 0
    key = (finding.code, finding.file)
    mends = left[key] < trials.before[key]
    breaks = any(count > trials.before[each] for each, count in left.items())
    return (0 if mends and not breaks else 2), sum(left.values())


def _cause(finding: Finding, fixes: tuple[Fix, ...]) -> Place | None:
    """Return the place to change first, which follows the first fix where it was the place of a fix before."""
    old = first_change(finding.fixes[0].edits[0]) if finding.fixes and finding.fixes[0].edits else None
    if finding.cause == old and fixes[0].edits:
        return first_change(fixes[0].edits[0])
    return finding.cause
