"""The lines of source files that a report shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Texts:
    """Source lines by file, read when a report first shows one; a file that cannot be read has none."""

    def __init__(self, given: Mapping[str, str]) -> None:
        """Take the texts that were checked in another form than the one on disk, by file."""
        self._lines = {file: text.splitlines() for file, text in given.items()}

    def line(self, file: str, number: int) -> str | None:
        """Return a line, counted from 1, or ``None`` when there is none."""
        if file not in self._lines:
            self._lines[file] = _read(file)
        lines = self._lines[file]
        return lines[number - 1] if 0 < number <= len(lines) else None


def _read(file: str) -> list[str]:
    import tokenize

    try:
        with tokenize.open(file) as source:
            return source.read().splitlines()
    except (OSError, SyntaxError, UnicodeDecodeError, ValueError):
        return []
