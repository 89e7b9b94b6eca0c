"""Checks every Python file of the standard library and of the installed packages: ``python tests/quality/any_source.py``.

Each must end with a verdict, without a crash and in time, and nothing of it may be executed.
"""

from __future__ import annotations

import sys
import sysconfig
import time
from pathlib import Path

from snugly.surfaces.checking import check_file

SECONDS = 5.0


def sources():
    """Return every ``.py`` file below the library folders, sorted."""
    paths = sysconfig.get_paths()
    folders = {Path(paths[key]).resolve() for key in ("stdlib", "purelib", "platlib")}
    return sorted({file for folder in folders for file in folder.rglob("*.py") if file.is_file()})


def troubles(files):
    """Yield each file that raises or takes too long, with what happened."""
    for file in files:
        start = time.thread_time()
        try:
            check_file(str(file))
        except Exception as error:
            yield file, f"{type(error).__name__}: {error}"
        took = time.thread_time() - start
        if took > SECONDS:
            yield file, f"took {took:.1f} s"


if __name__ == "__main__":
    part, parts = (int(text) for text in (sys.argv[1] if sys.argv[1:] else "0/1").split("/"))
    chosen = sources()[part::parts]
    found = 0
    for trouble, what in troubles(chosen):
        found += 1
        print(f"{trouble}: {what}", flush=True)
    print(f"{len(chosen)} files, {found} troubles")
    sys.exit(bool(found))
