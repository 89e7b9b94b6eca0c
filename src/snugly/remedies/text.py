"""The user's source as text and as a syntax tree, by place: what stands there, what surrounds it, what changes."""

from __future__ import annotations

import ast
import io
import itertools
import os
from functools import cached_property
from typing import TYPE_CHECKING

from snugly.facts.origins import Place
from snugly.facts.records import dataclass, field, replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from snugly.rules.findings import Edit

Scope = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)

_OVERLAY: dict[str, str] = {}


def overlay(texts: Mapping[str, str]) -> None:
    """Let these texts stand for files of these names until further notice (standard input, an editor's buffer)."""
    _OVERLAY.update(texts)
    _OPENED.clear()


def forget(files: Sequence[str] = ()) -> None:
    """Take texts back that ``overlay`` put there, all of them when none is named."""
    for file in files or tuple(_OVERLAY):
        _OVERLAY.pop(file, None)
    _OPENED.clear()


@dataclass(eq=False)
class SourceText:
    """One file's text. Places in it are in characters, as ``Place`` counts."""

    file: str
    text: str
    lines: list[str] = field(init=False)

    def __post_init__(self) -> None:
        """Split into lines as Python counts them."""
        self.lines = io.StringIO(self.text, newline="").readlines() if self.text else []

    @cached_property
    def tree(self) -> ast.Module | None:
        """The syntax tree, or ``None`` where the text does not parse."""
        try:
            return ast.parse(self.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The parent of every node."""
        found: dict[ast.AST, ast.AST] = {}
        if self.tree is not None:
            for node in ast.walk(self.tree):
                for child in ast.iter_child_nodes(node):
                    found[child] = node
        return found

    @cached_property
    def _by_span(self) -> dict[tuple[int, int, int, int], ast.expr]:
        found: dict[tuple[int, int, int, int], ast.expr] = {}
        for node in self.parents:
            if isinstance(node, ast.expr):
                place = self.place(node)
                found.setdefault((place.line, place.column, place.end_line, place.end_column), node)
        return found

    def place(self, node: ast.expr | ast.stmt | ast.keyword | ast.arg) -> Place:
        """Return the span of a node."""
        end_line = node.end_lineno or node.lineno
        return Place(
            self.file,
            node.lineno,
            self._characters(node.lineno, node.col_offset) + 1,
            end_line,
            self._characters(end_line, node.end_col_offset or 0) + 1,
        )

    def _characters(self, line: int, offset: int) -> int:
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        return offset if text.isascii() else len(text.encode()[:offset].decode(errors="ignore"))

    def expression(self, place: Place) -> ast.expr | None:
        """Return the expression that stands exactly at a place, the outermost if there are several."""
        return self._by_span.get((place.line, place.column, place.end_line, place.end_column))

    def call(self, place: Place) -> ast.Call | None:
        """Return the call that stands at a place."""
        node = self.expression(place)
        return node if isinstance(node, ast.Call) else None

    def at(self, place: Place) -> str:
        """Return the text at a place."""
        start, end = self.offset(place.line, place.column), self.offset(place.end_line, place.end_column)
        return self.text[start:end]

    def of(self, node: ast.expr) -> str:
        """Return the text of an expression."""
        return self.at(self.place(node))

    def offset(self, line: int, column: int) -> int:
        """Return how many characters come before a line and column."""
        return sum(len(each) for each in self.lines[: line - 1]) + column - 1

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield what surrounds a node, innermost first."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def scope(self, node: ast.AST) -> Scope:
        """Return the function, class or module that a node's names live in."""
        for parent in self.ancestors(node):
            if isinstance(parent, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
                return parent
        return self.tree or ast.Module([], [])

    def statement(self, node: ast.AST) -> ast.stmt | None:
        """Return the statement that a node is part of."""
        return next((each for each in (node, *self.ancestors(node)) if isinstance(each, ast.stmt)), None)


_OPENED: dict[str, tuple[object, SourceText | None]] = {}


def source_text(file: str) -> SourceText | None:
    """Return a file's text: the overlay's, the disk's, or what a notebook keeps; ``None`` where there is none."""
    stamp = _stamp(file)
    kept = _OPENED.get(file)
    if kept is not None and kept[0] == stamp:
        return kept[1]
    text = _OVERLAY.get(file)
    if text is None:
        text = _read(file)
    opened = None if text is None else SourceText(file, text)
    _OPENED[file] = stamp, opened
    return opened


def _stamp(file: str) -> object:
    try:
        status = os.stat(file)
    except (OSError, ValueError):
        return len(_kept(file))
    return status.st_mtime_ns, status.st_size


def _read(file: str) -> str | None:
    try:
        with open(file, "rb") as stream:
            raw = stream.read()
        return _decoded(raw)
    except (OSError, SyntaxError, ValueError, LookupError):
        return "".join(_kept(file)) or None


def _kept(file: str) -> list[str]:
    """Return the lines that Python keeps of what is no file, such as the cell of a notebook."""
    import linecache

    return linecache.getlines(file)


def _decoded(raw: bytes) -> str:
    import tokenize

    encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
    return raw.decode(encoding)


def splice(text: SourceText, edits: Sequence[Edit]) -> str:
    """Return the text with edits applied.

    Raises:
        ValueError: two edits overlap.
    """
    spans = sorted((text.offset(*edit.start), text.offset(*edit.end), edit.text) for edit in edits)
    for (_, end, _), (start, _, _) in itertools.pairwise(spans):
        if start < end:
            msg = f"two edits of {text.file} overlap"
            raise ValueError(msg)
    changed = text.text
    for start, end, new in reversed(spans):
        changed = changed[:start] + new + changed[end:]
    return changed


def unified_diff(edits: Sequence[Edit]) -> str:
    """Return edits as a unified diff, file by file; empty where a file cannot be read or edits overlap."""
    import difflib

    parts: list[str] = []
    for file in dict.fromkeys(edit.file for edit in edits):
        text = source_text(file)
        if text is None:
            return ""
        try:
            changed = splice(text, [edit for edit in edits if edit.file == file])
        except ValueError:
            return ""
        before, after = text.text.splitlines(keepends=True), changed.splitlines(keepends=True)
        parts += _marked(difflib.unified_diff(before, after, f"a/{file}", f"b/{file}", n=1))
    return "".join(parts)


def _marked(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def first_change(edit: Edit) -> Place:
    """Return the place of an edit from the first character on that says something: no space and no comma."""
    text = source_text(edit.place.file)
    old = "" if text is None else text.at(edit.place)
    blank = len(old) - len(old.lstrip(" \t\r\n,"))
    if not blank or blank == len(old) or edit.text.strip():
        return edit.place
    skipped = old[:blank]
    lines = skipped.count("\n")
    column = blank - skipped.rfind("\n") if lines else edit.place.column + blank
    return replace(edit.place, line=edit.place.line + lines, column=column)


def parses(edits: Sequence[Edit]) -> bool:
    """Tell whether every file still parses once the edits are applied."""
    for file in {edit.file for edit in edits}:
        text = source_text(file)
        if text is None:
            return False
        try:
            ast.parse(splice(text, [edit for edit in edits if edit.file == file]))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True
