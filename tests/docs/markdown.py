"""Reads the fenced blocks of a Markdown page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    language: str
    options: tuple[str, ...]
    text: str
    line: int


def blocks(page: str) -> list[Block]:
    """Return the blocks of a page in order."""
    found = []
    for match in FENCE.finditer(page):
        language, *options = match["info"].split() or [""]
        found.append(Block(language, tuple(options), match["text"], page.count("\n", 0, match.start()) + 1))
    return found


def steps(session: str) -> list[tuple[str, str]]:
    """Split a console session into commands and the output that each is said to print."""
    found: list[tuple[str, str]] = []
    for line in session.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append((line[2:].strip(), ""))
        elif found and found[-1][0].endswith("\\"):
            found[-1] = (found[-1][0][:-1] + line.strip(), "")
        else:
            command, output = found[-1]
            found[-1] = (command, output + line)
    return found


def matches(expected: str, actual: str) -> bool:
    """Compare outputs line by line; a line ``...`` stands for any lines, trailing space does not count."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "..." else re.escape(line.rstrip()) + r"[ \t]*\n"
        for line in expected.rstrip().splitlines()
    )
    return re.fullmatch(pattern + r"\s*", actual.rstrip() + "\n") is not None


def renewed(page: str, run: Callable[[str], str]) -> str:
    """Return a page whose sessions show what their commands print now; one with a line ``...`` stays as it is.

    Args:
        page: the text of the page.
        run: runs a command and returns what it prints.
    """

    def renew(match: re.Match[str]) -> str:
        info, text = match["info"], match["text"]
        if not info.startswith("console") or "\n...\n" in text:
            return match[0]
        session = "".join(f"$ {command}\n{_trimmed(run(command))}" for command, _ in steps(text))
        return f"```{info}\n{session}```"

    return FENCE.sub(renew, page)


def _trimmed(output: str) -> str:
    return "".join(line.rstrip() + "\n" for line in output.rstrip().splitlines())
