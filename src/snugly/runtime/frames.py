"""The user's own frames and the expressions that they are at."""

from __future__ import annotations

import ast
import os
import sysconfig
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any

from snugly.facts.origins import Place, Source
from snugly.facts.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    import executing

_INSTALLED = ("site-packages", "dist-packages")


@cache
def is_user_file(file: str) -> bool:
    """Tell whether a file is the user's: no installed package or command, no standard library, not snugly."""
    if file.startswith("<") and not file.startswith("<ipython-input"):
        return False
    path = os.path.realpath(file)
    if any(f"{os.sep}{folder}{os.sep}" in path for folder in _INSTALLED):
        return False
    if os.path.dirname(path) == os.path.realpath(sysconfig.get_path("scripts")) and not path.endswith(".py"):
        return False  # the entry point that an installer wrote, such as bin/snugly or bin/pytest
    return not any(path.startswith(folder + os.sep) for folder in _library_folders())


@cache
def _library_folders() -> tuple[str, ...]:
    paths = [sysconfig.get_paths().get(name, "") for name in ("stdlib", "platstdlib")]
    paths.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return tuple(os.path.realpath(path) for path in paths if path)


def user_frame(frame: FrameType | None) -> FrameType | None:
    """Return the nearest frame of the user's, this one or one that called it."""
    while frame is not None and not is_user_file(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def walk(traceback: TracebackType | None) -> Iterator[TracebackType]:
    """Yield the links of a traceback, the outermost first."""
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


@dataclass(frozen=True, slots=True)
class Expression:
    """The expression that a frame is at.

    Attributes:
        node: its syntax tree.
        place: its span; the whole line where the expression is not known.
        text: its source.
        file: the parsed file it is in, as ``executing`` keeps it.
    """

    node: ast.AST | None
    place: Place
    text: str
    file: executing.Source

    def source(self, node: ast.AST) -> Source:
        """Return span and text of a node of the same file."""
        return Source(_place(self.file, self.place.file, node), ast.get_source_segment(self.file.text, node) or "")


def expression(at: FrameType | TracebackType) -> Expression:
    """Return the expression that a frame, or the frame of a traceback's link, is evaluating."""
    import executing

    frame, line = (at.tb_frame, at.tb_lineno) if isinstance(at, TracebackType) else (at, at.f_lineno)
    found = executing.Source.executing(at)
    file = found.source
    name = frame.f_code.co_filename
    node: Any = found.node  # None where executing cannot tell, which its annotation does not say
    if node is None:
        text = file.lines[line - 1] if 0 < line <= len(file.lines) else ""
        stripped = text.strip()
        start = len(text) - len(text.lstrip()) + 1
        return Expression(None, Place(name, line, start, line, start + len(stripped)), stripped, file)
    return Expression(node, _place(file, name, node), ast.get_source_segment(file.text, node) or "", file)


def _place(file: executing.Source, name: str, node: ast.AST) -> Place:
    line: int = getattr(node, "lineno", 1)
    end_line: int = getattr(node, "end_lineno", line)
    start = _character(file, line, getattr(node, "col_offset", 0))
    return Place(name, line, start + 1, end_line, _character(file, end_line, getattr(node, "end_col_offset", 0)) + 1)


def _character(file: executing.Source, line: int, offset: int) -> int:
    """Turn ast's offset, which counts bytes of UTF-8, into characters."""
    text = file.lines[line - 1] if 0 < line <= len(file.lines) else ""
    return len(text.encode()[:offset].decode(errors="ignore"))


def argument_sources(at: Expression, names: tuple[str, ...]) -> dict[str, Source]:
    """Return the source of each argument of a call, given the names of the parameters that it binds."""
    if not isinstance(at.node, ast.Call) or any(isinstance(each, ast.Starred) for each in at.node.args):
        return {}
    sources = {name: at.source(node) for name, node in zip(names, at.node.args, strict=False)}
    sources.update((keyword.arg, at.source(keyword.value)) for keyword in at.node.keywords if keyword.arg)
    return sources


def callers(frame: FrameType | None) -> tuple[Place, ...]:
    """Return the calls of the user's functions that led to a frame, innermost first."""
    places: list[Place] = []
    frame = None if frame is None else user_frame(frame.f_back)
    while frame is not None and len(places) < 20:
        places.append(expression(frame).place)
        frame = user_frame(frame.f_back)
    return tuple(places)
