"""``snugly.install()``: explain the misfits and crashes of this process on standard error."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from snugly.reports.writing import OutputFormat, write_finding

if TYPE_CHECKING:
    from snugly.rules.findings import Finding
    from snugly.runtime.installing import Installed

_INSTALLED: list[Installed] = []


def install() -> None:
    """Watch the losses of this process and explain the exceptions that end it, on standard error.

    Each finding is told once. Results, exceptions and their tracebacks stay what they are. A second call does
    nothing; ``snugly.uninstall()`` takes everything back.
    """
    from snugly.runtime.installing import Installed

    if not _INSTALLED:
        _INSTALLED.append(Installed(_tell))


def uninstall() -> None:
    """Take back what ``install`` put in place."""
    while _INSTALLED:
        _INSTALLED.pop().remove()


def _tell(finding: Finding) -> None:
    write_finding(finding, OutputFormat.FULL, sys.stderr)
    sys.stderr.flush()
