"""Applies the edits of fixes to the text of files: what no edit names stays as it is, byte for byte."""

from __future__ import annotations

import ast
import difflib
import io
import itertools
import os
import tempfile
import tokenize
from typing import TYPE_CHECKING

from snugly.facts.records import dataclass, field
from snugly.rules.findings import Applicability

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from snugly.rules.findings import Edit, Finding, Fix


@dataclass(slots=True)
class Fixed:
    """What applying fixes comes to.

    Attributes:
        before: the text of each file that changes.
        after: its text with the fixes.
        applied: the findings that are mended.
        left: those whose fix would have met an edit of another.
    """

    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    applied: list[Finding] = field(default_factory=list)
    left: list[Finding] = field(default_factory=list)

    def diff(self) -> str:
        """Return the change of all files as one unified diff."""
        parts: list[str] = []
        for file, text in self.after.items():
            old, new = self.before[file].splitlines(keepends=True), text.splitlines(keepends=True)
            parts += difflib.unified_diff(old, new, file, file)
        return "".join(part if part.endswith("\n") else f"{part}\n\\ No newline at end of file\n" for part in parts)

    def write(self) -> None:
        """Write the files in the encoding they have, each in one step: a file is the old one or the new one.

        Raises:
            OSError: a file cannot be written; those that were not reached yet are as they were.
        """
        encoded = {file: text.encode(_encoding(file)) for file, text in self.after.items()}
        for file, data in encoded.items():
            _replace(file, data)


def fix(findings: Iterable[Finding], *, unsafe: bool = False) -> Fixed:
    """Apply the best fix of each finding that may be applied, and that leaves the file one that Python can parse.

    Args:
        findings: in the order in which they are mended.
        unsafe: apply those that a person should look at, too.
    """
    fixed = Fixed()
    edits: dict[str, list[Edit]] = {}
    for finding in findings:
        chosen = applicable(finding, unsafe=unsafe)
        if chosen is None:
            continue
        wanted = {file: list(edits.get(file, [])) for file in {edit.file for edit in chosen.edits}}
        for edit in chosen.edits:
            if edit not in wanted[edit.file]:
                wanted[edit.file].append(edit)
        texts = {file: _applied(file, file_edits, fixed.before) for file, file_edits in wanted.items()}
        if any(text is None for text in texts.values()):
            fixed.left.append(finding)
            continue
        edits.update(wanted)
        fixed.after.update({file: text for file, text in texts.items() if text is not None})
        fixed.applied.append(finding)
    fixed.before = {file: fixed.before[file] for file in fixed.after}
    return fixed


def applicable(finding: Finding, *, unsafe: bool) -> Fix | None:
    """Return the best fix of a finding when a tool may apply it."""
    best = finding.fixes[0] if finding.fixes else None
    if best is None or not best.edits or best.applicability is Applicability.DISPLAY_ONLY:
        return None
    return best if unsafe or best.applicability is Applicability.SAFE else None


def apply_edits(text: str, edits: Sequence[Edit]) -> str | None:
    """Return the text with the spans replaced, or ``None`` where two of them overlap or one is not in the text."""
    starts = _line_starts(text)
    spans: list[tuple[int, int, str]] = []
    for edit in edits:
        start, end = (_offset(starts, text, *position) for position in (edit.start, edit.end))
        if start is None or end is None or end < start:
            return None
        spans.append((start, end, edit.text))
    spans.sort()
    if any(left[1] > right[0] for left, right in itertools.pairwise(spans)):
        return None
    for start, end, new in reversed(spans):
        text = text[:start] + new + text[end:]
    return text


def _applied(file: str, edits: Sequence[Edit], before: dict[str, str]) -> str | None:
    try:
        if file not in before:
            with open(file, encoding=_encoding(file), newline="") as stream:
                before[file] = stream.read()
        text = apply_edits(before[file], edits)
        if text is not None:
            ast.parse(text)
    except (OSError, SyntaxError, ValueError):
        return None
    return text


def _encoding(file: str) -> str:
    """Return the encoding of a file; a byte order mark is kept out of the text and written again."""
    with open(file, "rb") as stream:
        return tokenize.detect_encoding(stream.readline)[0]


def _replace(file: str, data: bytes) -> None:
    target = os.path.realpath(file)
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".snugly-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.chmod(temporary, os.stat(target).st_mode & 0o7777)
        os.replace(temporary, target)
    except OSError:
        os.unlink(temporary)
        raise


def _line_starts(text: str) -> list[int]:
    """Return where each line starts; a line ends with what Python's own reader takes for an end."""
    starts = [0]
    for line in io.StringIO(text, newline=""):
        starts.append(starts[-1] + len(line))
    return starts


def _offset(starts: list[int], text: str, line: int, column: int) -> int | None:
    if not 1 <= line < len(starts) + 1 or column < 1:
        return None
    offset = starts[line - 1] + column - 1
    return offset if offset <= len(text) else None
