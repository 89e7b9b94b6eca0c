"""Processes of one ``torchrun``: the first explains, the others say only what differs.

Each process writes the keys of what it told into a folder that the processes of one launch on one
machine share; a process with another rank than 0 waits shortly for what rank 0 has to say.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

PATIENCE = 2.0
"""How many seconds a rank waits for rank 0 before it speaks for itself."""


def rank() -> int:
    """Return the rank that the launcher gave this process; 0 where there is no launcher."""
    text = os.environ.get("RANK", "0")
    return int(text) if text.isdecimal() else 0


class Ranks:
    """What the ranks of one launch told."""

    def __init__(self) -> None:
        """Find the folder of this launch; without a launcher there is none."""
        self.rank = rank()
        launched = "RANK" in os.environ and os.environ.get("WORLD_SIZE", "1") != "1"
        self._folder = _folder() if launched else None

    @property
    def prefix(self) -> str:
        """Name the rank before what it alone has to say; empty for rank 0 and without a launcher."""
        return "" if self._folder is None or not self.rank else f"[only on rank {self.rank}, not on rank 0] "

    def told(self, findings: Sequence[tuple[Any, ...]]) -> None:
        """Write down what this rank told so far, so that others need not repeat it."""
        if self._folder is None:
            return
        path = os.path.join(self._folder, str(self.rank))
        try:
            os.makedirs(self._folder, exist_ok=True)
            with open(f"{path}.new", "w", encoding="utf-8") as file:
                json.dump([_text(key) for key in findings], file)
            os.replace(f"{path}.new", path)
        except OSError:
            self._folder = None  # no place to meet: every rank speaks for itself

    def elsewhere(self, told: Sequence[tuple[Any, ...]]) -> list[tuple[tuple[Any, ...], tuple[int, ...]]]:
        """Return what other ranks told so far and this one did not, with their numbers."""
        if self._folder is None:
            return []
        mine = {_text(key) for key in told}
        found: dict[str, list[int]] = {}
        for other in _ranks_in(self._folder):
            for text in [] if other == self.rank else _read(os.path.join(self._folder, str(other))):
                if text not in mine:
                    found.setdefault(text, []).append(other)
        return [(tuple(json.loads(text)), tuple(ranks)) for text, ranks in found.items()]

    def repeats(self, finding: tuple[Any, ...]) -> bool:
        """Tell whether rank 0 said this already, or says it within a moment."""
        if self._folder is None or self.rank == 0:
            return False
        end = time.monotonic() + PATIENCE
        while True:
            if _text(finding) in _read(os.path.join(self._folder, "0")):
                return True
            if time.monotonic() > end:
                return False
            time.sleep(0.05)


def _text(key: tuple[Any, ...]) -> str:
    return json.dumps(key)


def _read(path: str) -> list[str]:
    """Return what a rank wrote, nothing where it wrote nothing."""
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return []
    return found if isinstance(found, list) else []


def _ranks_in(folder: str) -> list[int]:
    try:
        return sorted(int(name) for name in os.listdir(folder) if name.isdecimal())
    except OSError:
        return []


def _folder() -> str:
    names = ("TORCHELASTIC_RUN_ID", "MASTER_ADDR", "MASTER_PORT", "TORCHELASTIC_RESTART_COUNT")
    launch = "\0".join([str(os.getppid()), *(os.environ.get(name, "") for name in names)])
    return os.path.join(tempfile.gettempdir(), f"snugly-{hashlib.sha256(launch.encode()).hexdigest()[:16]}")
