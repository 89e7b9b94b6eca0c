"""Which files a list of paths means."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from snugly.reports.report import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SKIPPED = frozenset(("__pycache__", "build", "dist", "node_modules", "site-packages", "venv"))
"""Folders that hold no source of the user's; so do hidden ones and virtual environments of any name."""


def python_files(paths: Sequence[str]) -> tuple[list[str], list[Failure]]:
    """Return the files to check, each once in the order given, and what is not there."""
    found: dict[str, None] = {}
    failures = []
    for path in paths:
        if os.path.isdir(path):
            below = list(_below(path))
            found.update(dict.fromkeys(below))
            if not below:
                failures.append(Failure(path, "no Python file is in this folder"))
        elif os.path.exists(path):
            found[path] = None
        else:
            failures.append(Failure(path, "there is no such file or folder"))
    return list(found), failures


def _below(folder: str) -> Iterator[str]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _is_skipped(place, name))
        for name in sorted(files):
            if name.endswith(".py"):
                path = os.path.join(place, name)
                yield path.removeprefix("./")


def _is_skipped(place: str, name: str) -> bool:
    return name in SKIPPED or name.startswith(".") or os.path.exists(os.path.join(place, name, "pyvenv.cfg"))
