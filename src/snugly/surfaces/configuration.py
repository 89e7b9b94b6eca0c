"""``[tool.snugly]`` of the nearest ``pyproject.toml``: what a project wants reported, and of which files."""

from __future__ import annotations

import os
from typing import Any

from snugly.facts.records import dataclass, field
from snugly.surfaces.selection import Selection

NAME = "pyproject.toml"
FORMATS = ("full", "concise", "json", "sarif", "github")


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a project has set; every part has a default.

    Attributes:
        root: the folder of the file, which patterns are relative to.
        select: codes or their beginnings that are reported; empty for all.
        ignore: those that are not.
        per_file_ignores: what is not reported of the files that match a pattern.
        exclude: patterns of files and folders that are not looked for in a folder.
        output_format: how a report is written.
    """

    root: str = "."
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: dict[str, tuple[str, ...]] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    output_format: str | None = None

    def leaves_out(self, path: str) -> bool:
        """Tell whether a file, or a folder that it is in, is excluded."""
        return any(self._matches(path, pattern) for pattern in self.exclude)

    def reports(self, file: str | None, code: str) -> bool:
        """Tell whether findings of a rule are reported for a file."""
        ignored = [codes for pattern, codes in self.per_file_ignores.items() if file and self._matches(file, pattern)]
        return not any(code in Selection(codes) for codes in ignored)

    def _matches(self, path: str, pattern: str) -> bool:
        from fnmatch import fnmatch

        inside = os.path.relpath(os.path.abspath(path), self.root).replace(os.sep, "/")
        parts = inside.split("/")
        leading = ("/".join(parts[:end]) for end in range(1, len(parts) + 1))
        wanted = pattern.removeprefix("./").rstrip("/")
        return any(fnmatch(part, wanted) for part in parts) or any(fnmatch(each, wanted) for each in leading)


def configuration(path: str) -> Configuration:
    """Read the nearest ``pyproject.toml`` that has ``[tool.snugly]``, from the folder of ``path`` upwards.

    Raises:
        ValueError: the file cannot be read, or says something that means nothing here; the message names file and key.
    """
    folder = os.path.abspath(path if os.path.isdir(path) else os.path.dirname(path) or ".")
    while True:
        file = os.path.join(folder, NAME)
        if os.path.isfile(file):
            table = _table(file)
            if table is not None:
                return _read(table, folder, os.path.relpath(file))
        parent = os.path.dirname(folder)
        if parent == folder:
            return Configuration()
        folder = parent


def _table(file: str) -> Any:
    with open(file, "rb") as stream:
        text = stream.read()
    if not _may_set(text):
        return None
    import tomllib

    try:
        return tomllib.loads(text.decode()).get("tool", {}).get("snugly")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{os.path.relpath(file)}: {error}"
        raise ValueError(message) from error


def _may_set(text: bytes) -> bool:
    """Tell whether a file can set ``tool.snugly``: in one key, below a table ``tool``, or spelled with an escape.

    ``tomllib`` takes 6 ms to import, and the file of most projects speaks of snugly only among what they install.
    """
    if b"snugly" not in text and b"\\" not in text:
        return False
    import re

    key = rb"""^\s*\[*\s*["']?tool["']?\s*(\.\s*["']?snugly|\]|=)|\\[uU]"""
    return re.search(key, text, re.MULTILINE) is not None


def _read(table: Any, root: str, file: str) -> Configuration:
    if not isinstance(table, dict):
        raise _wrong(file, "tool.snugly", "must be a table")
    given: dict[str, Any] = {"root": root}
    for key, value in table.items():
        name = key.replace("-", "_")
        where = f"tool.snugly.{key}"
        if key in ("select", "ignore"):
            given[name] = _codes(value, file, where)
        elif key == "exclude":
            given[name] = _texts(value, file, where)
        elif key == "per-file-ignores":
            if not isinstance(value, dict):
                raise _wrong(file, where, "must be a table of patterns and lists of codes")
            given[name] = {pattern: _codes(codes, file, f'{where}."{pattern}"') for pattern, codes in value.items()}
        elif key == "output-format":
            if value not in FORMATS:
                raise _wrong(file, where, f"must be one of {', '.join(FORMATS)}, not {value!r}")
            given[name] = value
        else:
            keys = "select, ignore, per-file-ignores, exclude and output-format"
            raise _wrong(file, where, f"is no setting; there are {keys}")
    return Configuration(**given)


def _texts(value: Any, file: str, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _wrong(file, where, "must be a list of texts")
    return tuple(value)


def _codes(value: Any, file: str, where: str) -> tuple[str, ...]:
    codes = _texts(value, file, where)
    try:
        Selection(codes)
    except ValueError as error:
        raise _wrong(file, where, str(error).removeprefix("select: ")) from error
    return codes


def _wrong(file: str, where: str, what: str) -> ValueError:
    return ValueError(f"{file}: {where}: {what}")
