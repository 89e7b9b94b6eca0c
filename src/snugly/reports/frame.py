"""A frame of source lines with labels under their spans, as compilers draw them."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from snugly.facts.records import dataclass
from snugly.reports.styled import Page, cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from snugly.facts.origins import Place
    from snugly.reports.texts import Texts

TAB = 4


@dataclass(frozen=True, slots=True)
class Label:
    """What to write under a span.

    Attributes:
        place: the span; only its first line is underlined.
        text: the words beside the mark; empty for the mark alone.
        style: ``"error"`` or ``"warning"`` for what is to blame, ``"other"`` for what is beside it.
    """

    place: Place
    text: str
    style: str

    @property
    def mark(self) -> str:
        """The character that underlines the span."""
        return "-" if self.style == "other" else "^"


def draw(page: Page, labels: Sequence[Label], texts: Texts, gutter: int) -> None:
    """Add the lines of the labels, all of one file, with what is written under them.

    Args:
        page: where to draw.
        labels: spans and words; lines that have none are left out, with ``...`` in their stead.
        texts: the source.
        gutter: cells for line numbers.
    """
    blank = " " * gutter + " |"
    page.add((blank, "gutter"))
    previous = None
    ordered = sorted(labels, key=lambda label: (label.place.line, label.place.column))
    for number, group in groupby(ordered, key=lambda label: label.place.line):
        text = texts.line(ordered[0].place.file, number)
        if text is None:
            continue
        if previous is not None and number == previous + 2:
            _add_line(page, previous + 1, texts.line(ordered[0].place.file, previous + 1) or "", gutter)
        elif previous is not None and number > previous + 1:
            page.add(("...", "gutter"))
        previous = number
        spans = [_Span.of(label, text) for label in group]
        shown, offset = _crop(text.expandtabs(TAB), spans, page.width - gutter - 3)
        _add_line(page, number, shown, gutter)
        _add_labels(page, [span.moved(offset) for span in spans], blank)
    page.add((blank, "gutter"))


def _add_line(page: Page, number: int, text: str, gutter: int) -> None:
    page.add((f"{number:>{gutter}} |", "gutter"), (f" {text}" if text else "", "code"))


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    size: int
    label: Label

    @classmethod
    def of(cls, label: Label, line: str) -> _Span:
        place = label.place
        start = cells(line[: place.column - 1].expandtabs(TAB))
        same_line = place.end_line in (0, place.line) and place.end_column > place.column
        text = line[: place.end_column - 1] if same_line else line.partition("  #")[0].rstrip()
        return cls(start, max(cells(text.expandtabs(TAB)) - start, 1), label)

    def moved(self, offset: int) -> _Span:
        return _Span(max(self.start + offset, 0), self.size, self.label)


def _crop(text: str, spans: list[_Span], width: int) -> tuple[str, int]:
    """Cut a long line to what its spans need; return it and by how much everything moved."""
    width = max(width, 40)
    if cells(text) <= width or not text.isascii():
        return text, 0
    first = min(span.start for span in spans)
    left = max(first - 10, 0) if max(span.start + span.size for span in spans) > width else 0
    cut = text[left : left + width]
    if left:
        cut = "..." + cut[3:]
    if left + width < len(text):
        cut = cut[:-3] + "..."
    return cut, -left


def _add_labels(page: Page, spans: list[_Span], blank: str) -> None:
    marks: list[tuple[str, str]] = [(blank, "gutter"), (" ", "")]
    column = 0
    for span in spans:
        if span.start < column:
            continue
        marks += [(" " * (span.start - column), ""), (span.label.mark * span.size, span.label.style)]
        column = span.start + span.size
    last = spans[-1]
    marks.append((f" {last.label.text}", last.label.style))
    page.add(*marks)
    waiting = [span for span in spans[:-1] if span.label.text]
    if waiting:
        page.add((blank, "gutter"), (" ", ""), *_bars(waiting))
    while waiting:
        span = waiting.pop()
        bars = _bars(waiting)
        used = sum(len(text) for text, _ in bars)
        page.add(
            (blank, "gutter"), (" ", ""), *bars, (" " * (span.start - used), ""), (span.label.text, span.label.style)
        )


def _bars(spans: list[_Span]) -> list[tuple[str, str]]:
    bars: list[tuple[str, str]] = []
    column = 0
    for span in spans:
        bars += [(" " * (span.start - column), ""), ("|", span.label.style)]
        column = span.start + 1
    return bars
