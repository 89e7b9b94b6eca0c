"""What a person pasted, made readable: escape codes and log prefixes gone, frames of the traceback read."""

from __future__ import annotations

import ast
import re

from snugly.facts.records import dataclass

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])")
# What a launcher or a logger puts before each line: "[rank0]: ", "0: ", "(pid=12) ", "2024-01-01 10:00:00,123 ERROR x: ".
_PREFIX = re.compile(
    r"^(?:\[(?:rank|default|trainer|stderr|stdout)?\d*\]:?\s?(?=\S|  )|\((?:\w+ )?pid=\d+(?:, ip=[\d.]+)?\)\s?|>+ ?(?=\S)|[│┃|]\s(?=.))",
    re.MULTILINE,
)
_FRAME = re.compile(
    r'^[ \t]*File "(?P<file>[^"\n]+)", line (?P<line>\d+)(?:, in (?P<function>[^\n]*))?\n(?P<code>[ \t]+(?!File ")[^\n]*)?',
    re.MULTILINE,
)
# IPython and Jupyter: "<ipython-input-3-...> in train(model)" / "File ~/x.py:12, in f(x)" / "Cell In[3], line 7".
_NOTEBOOK = re.compile(
    r"^(?:File (?P<file>[^\n:]+):(?P<line>\d+), in (?P<function>[^\n]*)|Cell In\s?\[(?P<cell>\d+)\], line (?P<cell_line>\d+))",
    re.MULTILINE,
)
_ARROW = re.compile(r"^-+> ?(\d+) (?P<code>[^\n]*)", re.MULTILINE)
_LIBRARY = re.compile(r"[/\\](?:site-packages|dist-packages|lib[/\\]python[\d.]+)[/\\]|^<frozen")
_MOST_FRAMES = 200
# Texts beyond this are cut to what stands around the words that announce an error.
_LONG = 1 << 20
_ANNOUNCES = re.compile(r"Error|Warning|[Aa]ssert|rror:")
_AROUND = 4000
_MOST_PLACES = 120


@dataclass(frozen=True, slots=True)
class Frame:
    """One entry of a traceback. ``code`` is empty where the paste has none."""

    file: str
    line: int
    function: str
    code: str

    @property
    def is_library(self) -> bool:
        """Tell whether the file is an installed package or the standard library."""
        return _LIBRARY.search(self.file) is not None


@dataclass(frozen=True, slots=True)
class Paste:
    """A cleaned text and the frames in it, outermost first."""

    text: str
    frames: tuple[Frame, ...]

    @property
    def user_frames(self) -> tuple[Frame, ...]:
        """The frames in the user's own files."""
        return tuple(frame for frame in self.frames if not frame.is_library)

    def mentions(self, *words: str) -> bool:
        """Tell whether any of the words stands in the pasted text."""
        return any(word in self.text for word in words)


def clean(text: str) -> Paste:
    """Remove escape codes, carriage returns and line prefixes, and read the frames.

    Of a text over a megabyte only the surroundings of errors and warnings are kept, the last ones first.
    """
    if len(text) > _LONG:
        text = _around_errors(text)
    if "\x1b" in text:
        text = _ESCAPES.sub("", text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _PREFIX.sub("", text)
    return Paste(text, tuple(_frames(text)))


def _around_errors(text: str) -> str:
    """Return the parts of a long text that an error could stand in."""
    places = [at.start() for at in _ANNOUNCES.finditer(text)]
    parts: list[str] = []
    begin = end = -1
    for place in places[-_MOST_PLACES:]:
        if place - _AROUND > end:
            parts.append(text[begin:end] if begin >= 0 else "")
            begin = max(0, place - _AROUND)
        end = place + _AROUND
    parts.append(text[begin:end] if begin >= 0 else text[-_AROUND:])
    return "\n".join(parts)


def _frames(text: str) -> list[Frame]:
    found = [
        (at.start(), Frame(at["file"], int(at["line"]), (at["function"] or "").strip(), (at["code"] or "").strip()))
        for at in _FRAME.finditer(text)
    ]
    for at in _NOTEBOOK.finditer(text):
        arrow = _ARROW.search(text, at.end())
        code = arrow["code"].strip() if arrow else ""
        file = at["file"] or f"Cell In[{at['cell']}]"
        found.append(
            (at.start(), Frame(file.strip(), int(at["line"] or at["cell_line"]), (at["function"] or "").strip(), code))
        )
    return [frame for _, frame in sorted(found, key=lambda pair: pair[0])][-_MOST_FRAMES:]


def call_arguments(code: str) -> list[str]:
    """Return the source of the arguments of the last call on a line that looks like ``loss = criterion(out, y)``.

    A line that is part of a longer statement and does not parse gives nothing.
    """
    for candidate in (code, code.rstrip(":") + ": pass", code.removesuffix("\\")):
        try:
            tree = ast.parse(candidate.strip())
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and len(node.args) >= 2]
        if calls:
            return [ast.unparse(argument) for argument in calls[0].args]
    return []
