"""A source file: its lines, its tree, and the places and texts of its nodes."""

from __future__ import annotations

import ast
import gc
import time

from snugly.facts.origins import Place, Source
from snugly.facts.records import dataclass, field


@dataclass(eq=False, slots=True)
class SourceFile:
    """One file of the user's.

    Attributes:
        path: how reports name it.
        lines: its lines, without ends.
        tree: its syntax tree.
        seconds: how long it took to parse; a large file leaves less time to follow it.
        yields: it may have a generator function.
    """

    path: str
    lines: list[str]
    tree: ast.Module
    seconds: float = 0.0
    yields: bool = True
    _seen: dict[int, Source] = field(default_factory=dict)

    def source(self, node: ast.AST) -> Source:
        """Return the place and the text of a node."""
        known = self._seen.get(id(node))
        if known is None:
            known = self._seen[id(node)] = self._read(node)
        return known

    def place(self, node: ast.AST) -> Place:
        """Return the place of a node."""
        return self.source(node).place

    def _read(self, node: ast.AST) -> Source:
        line: int = getattr(node, "lineno", 1)
        end_line: int = getattr(node, "end_lineno", line) or line
        column = self._character(line, getattr(node, "col_offset", 0))
        end_column = self._character(end_line, getattr(node, "end_col_offset", 0) or 0)
        place = Place(self.path, line, column + 1, end_line, end_column + 1)
        taken = self.lines[line - 1 : end_line]
        if not taken:
            return Source(place, "")
        if line == end_line:
            return Source(place, taken[0][column:end_column])
        return Source(place, "\n".join([taken[0][column:], *taken[1:-1], taken[-1][:end_column]]))

    def _character(self, line: int, offset: int) -> int:
        """Turn ast's offset, which counts bytes of UTF-8, into characters."""
        if not 0 < line <= len(self.lines):
            return offset
        text = self.lines[line - 1]
        return offset if text.isascii() else len(text.encode()[:offset].decode(errors="ignore"))


class Unreadable(Exception):  # noqa: N818 - a fact about a file, not an error of ours
    """A file that is not Python source; says why, and where if it is about a line."""

    def __init__(self, message: str, line: int | None = None, column: int = 1) -> None:
        """Keep the place."""
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


def parse(text: str | bytes, path: str) -> SourceFile:
    """Read source text into a tree. Raises ``Unreadable``."""
    if isinstance(text, bytes):
        text = _decode(text)
    text = text.removeprefix("\ufeff")
    started = time.thread_time()
    collecting = gc.isenabled()
    gc.disable()  # a tree is all new objects and no garbage; the collector doubles the time
    try:
        tree = ast.parse(text, path)
    except SyntaxError as error:
        raise Unreadable(error.msg or "invalid syntax", error.lineno or 1, error.offset or 1) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise Unreadable(str(error) or "too deeply nested to parse") from error
    finally:
        if collecting:
            gc.enable()
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", " ").split("\n")
    return SourceFile(path, lines, tree, time.thread_time() - started, "yield" in text)


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    import io
    import tokenize

    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        msg = f"not text that Python can read: {error}"
        raise Unreadable(msg) from error
