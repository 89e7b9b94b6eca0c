"""Colours Python source for a page: which parts of each line are keywords, texts, comments, numbers or new names."""

from __future__ import annotations

import io
import keyword
import tokenize
from html import escape

_KINDS = {"STRING": "string", "FSTRING_START": "string", "FSTRING_MIDDLE": "string", "FSTRING_END": "string"} | {
    "COMMENT": "comment",
    "NUMBER": "number",
}

Part = tuple[int, int, str]
Colored = tuple[str, tuple[int, int], tuple[int, int]]


def colored(text: str) -> list[str]:
    """Return each line of a source as HTML, escaped, with a ``span`` around each part that has a colour.

    A source that is not Python to its end keeps the colours up to where it fails.
    """
    lines = text.split("\n")
    parts: list[list[Part]] = [[] for _ in lines]
    for kind, start, end in _tokens(text):
        for number in range(start[0], min(end[0], len(lines)) + 1):
            first = start[1] if number == start[0] else 0
            last = end[1] if number == end[0] else len(lines[number - 1])
            parts[number - 1].append((first, last, kind))
    return [_line(line, found) for line, found in zip(lines, parts, strict=True)]


def _tokens(text: str) -> list[Colored]:
    """Return the coloured tokens up to the first that is not Python."""
    found: list[Colored] = []
    before = ""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    while True:
        try:
            token = next(tokens)
        except (StopIteration, tokenize.TokenError, SyntaxError):
            return found
        kind = _KINDS.get(tokenize.tok_name[token.type], "")
        if token.type == tokenize.NAME:
            kind = "keyword" if keyword.iskeyword(token.string) else "new" if before in {"def", "class"} else ""
        before = token.string
        if kind:
            found.append((kind, token.start, token.end))


def _line(line: str, parts: list[Part]) -> str:
    written = []
    at = 0
    for first, last, kind in parts:
        if at <= first < last:
            written.append(f'{escape(line[at:first])}<span class="{kind}">{escape(line[first:last])}</span>')
            at = last
    return "".join([*written, escape(line[at:])])
