"""Text with named styles: written plainly, or in colour; rich colours what is code, and is imported only then."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from snugly.facts.records import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Span = tuple[str, str]
"""A text and the name of its style; an empty name is plain text, ``"code"`` is highlighted as Python."""

STYLES = {
    "error": "bold red",
    "warning": "bold yellow",
    "code": "",
    "other": "bold blue",
    "place": "bold",
    "gutter": "blue",
    "quiet": "bright_black",
    "heading": "bold",
    "shape": "cyan",
    "added": "green",
    "removed": "red",
    "good": "green",
}

_SELECTIONS = {
    "bold": "1",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "cyan": "36",
    "bright_black": "90",
}
"""The words that ``STYLES`` is written in, as a terminal is told (ECMA-48, select graphic rendition)."""


@dataclass(slots=True)
class Page:
    """Lines of spans, in the order they are read.

    Attributes:
        width: the number of cells that a line of prose may take.
    """

    width: int = 100
    lines: list[tuple[Span, ...]] = field(default_factory=list)

    def add(self, *spans: Span) -> None:
        """Add a line."""
        self.lines.append(spans)

    def prose(self, text: str, style: str = "", *, start: Iterable[Span] = (), indent: str = "") -> None:
        """Add text that is wrapped to the width, after ``start`` on its first line and ``indent`` on the others."""
        import textwrap

        start = tuple(start)
        taken = sum(cells(span[0]) for span in start)
        wrapped: list[str] = []
        for paragraph in text.splitlines() or [""]:
            initial = " " * taken if not wrapped else indent
            wrapped += textwrap.wrap(
                paragraph,
                max(self.width, 40),
                initial_indent=initial,
                subsequent_indent=indent,
                break_long_words=False,
                break_on_hyphens=False,
            ) or [""]
        self.add(*start, (wrapped[0][taken:], style))
        for line in wrapped[1:]:
            self.add((line, style))

    def plain(self) -> str:
        """Return the text without styles, each line ended."""
        return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in self.lines)

    def print(self, stream: TextIO, *, color: bool) -> None:
        """Write the page to a stream."""
        stream.write(_in_color(self.lines, stream) if color else _encodable(self.plain(), stream))


def cells(text: str) -> int:
    """Return how many terminal cells a text takes."""
    if text.isascii():
        return len(text)
    import unicodedata

    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(map(bool, map(unicodedata.combining, text)))


def _encodable(text: str, stream: TextIO) -> str:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding, "replace")


def _in_color(lines: Sequence[tuple[Span, ...]], stream: TextIO) -> str:
    has_code = any(style == "code" for line in lines for _, style in line)
    text = _highlighted(lines) if has_code else "".join(f"{''.join(map(_selected, line))}\n" for line in lines)
    return _encodable(text, stream)


def _selected(span: Span) -> str:
    text, style = span
    words = STYLES.get(style, "").split()
    return f"\x1b[{';'.join(_SELECTIONS[word] for word in words)}m{text}\x1b[0m" if words and text else text


def _highlighted(lines: Iterable[tuple[Span, ...]]) -> str:
    from io import StringIO

    from rich.console import Console
    from rich.style import Style
    from rich.syntax import Syntax
    from rich.text import Text

    highlighter = Syntax("", "python", theme="ansi_dark", background_color="default")
    buffer = StringIO()
    console = Console(
        file=buffer, force_terminal=True, color_system="standard", width=10_000, soft_wrap=True, highlight=False
    )
    styles = {name: Style.parse(style) for name, style in STYLES.items()}
    for line in lines:
        text = Text()
        for part, style in line:
            if style == "code":
                code = highlighter.highlight(part)
                code.rstrip()
                text.append_text(code).append(part[len(code.plain) :])
            else:
                text.append(part, styles.get(style))
        console.print(text)
    return buffer.getvalue()
