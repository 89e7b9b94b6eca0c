"""Comments that silence findings: ``# snugly: ignore``, ``# snugly: ignore[SNG101]`` and ``# noqa: SNG101``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from snugly.interpreter.sources import SourceFile
    from snugly.rules.findings import Finding

_OURS = r"#\s*snugly:\s*ignore(?:\[(?P<codes>[^\]]*)\])?"
_SHARED = r"#\s*noqa:\s*(?P<codes>[A-Z]+[0-9]+(?:[\s,]+[A-Z]+[0-9]+)*)"


@dataclass(frozen=True, slots=True)
class Suppression:
    """A comment that silences findings on its line.

    Attributes:
        line: where it stands.
        codes: what it silences; empty for everything.
        text: how it is written, without what else the comment says.
        column: where that starts, from 1.
    """

    line: int
    codes: frozenset[str]
    text: str = ""
    column: int = 1

    def covers(self, code: str) -> bool:
        """Tell whether it silences a code; a beginning such as ``SNG1`` silences every code that begins so."""
        return not self.codes or any(code.startswith(prefix) for prefix in self.codes)


def read(source: SourceFile) -> tuple[Suppression, ...]:
    """Return the suppressions of a file. A text that only looks like one, in a string, is none."""
    if not any("snugly:" in line.lower() or "sng" in line.lower() for line in source.lines):
        return ()
    import io
    import tokenize

    found: list[Suppression] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO("\n".join(source.lines) + "\n").readline):
            if token.type == tokenize.COMMENT:
                found += _of_comment(token.string, *token.start)
    except (tokenize.TokenError, SyntaxError):
        return tuple(found)
    return tuple(found)


def _of_comment(text: str, line: int, column: int) -> list[Suppression]:
    import re

    found = re.search(_OURS, text, re.IGNORECASE) or re.search(_SHARED, text, re.IGNORECASE)
    if found is None:
        return []
    codes = _codes(found["codes"] or "")
    if found.re.pattern == _SHARED:
        codes = frozenset(code for code in codes if code.startswith("SNG"))
        if not codes:
            return []
    return [Suppression(line, codes, found[0], column + found.start() + 1)]


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.upper().replace(",", " ").split())


def part(
    findings: Iterable[Finding], sources: Mapping[str, SourceFile]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Part findings into those to tell and those that a comment on one of their lines silences."""
    known: dict[str, tuple[Suppression, ...]] = {}
    told: list[Finding] = []
    silenced: list[Finding] = []
    for finding in findings:
        place = finding.place
        source = sources.get(place.file) if place is not None else None
        if place is None or source is None:
            told.append(finding)
            continue
        if place.file not in known:
            known[place.file] = read(source)
        lines = range(place.line, max(place.end_line, place.line) + 1)
        covered = any(one.line in lines and one.covers(finding.code) for one in known[place.file])
        (silenced if covered else told).append(finding)
    return tuple(told), tuple(silenced)
