"""IPython and Jupyter: ``%load_ext snugly`` explains the misfits and exceptions of every cell."""

from __future__ import annotations

import linecache
import os
import sys
from html import escape
from typing import TYPE_CHECKING, Any

from snugly.reports.full import page
from snugly.reports.report import Report
from snugly.reports.writing import OutputFormat, write_finding
from snugly.runtime.running import carefully, watch_torch
from snugly.runtime.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from snugly.rules.findings import Finding

# Colours that are readable on a light and on a dark page.
_CSS = {
    "error": "color: #d33; font-weight: bold",
    "warning": "color: #b70; font-weight: bold",
    "other": "color: #38c; font-weight: bold",
    "place": "font-weight: bold",
    "gutter": "color: #38c",
    "quiet": "color: #888",
    "heading": "font-weight: bold",
    "shape": "color: #188",
    "added": "color: #292",
    "removed": "color: #d33",
    "good": "color: #292",
}
_LOADED: dict[int, Extension] = {}


class Extension:
    """What the extension put in place in one shell."""

    def __init__(self, shell: Any) -> None:
        """Watch the losses and show an explanation after each traceback.

        Args:
            shell: the running ``IPython.core.interactiveshell.InteractiveShell``.
        """
        self._shell = shell
        self.session = Session(self._tell)
        self._stop_watching: Callable[[], None] = watch_torch(self.session)
        self._showtraceback = shell.showtraceback
        shell.showtraceback = self._show
        shell.events.register("pre_run_cell", self._new_cell)

    def remove(self) -> None:
        """Take everything back."""
        self._stop_watching()
        if self._shell.showtraceback == self._show:
            self._shell.showtraceback = self._showtraceback
        self._shell.events.unregister("pre_run_cell", self._new_cell)

    def _new_cell(self, *_: Any) -> None:
        """A cell that is run again tells again."""
        self.session.told.clear()
        self.session.backward.clear()

    def _show(self, *args: Any, **kwargs: Any) -> Any:
        result = self._showtraceback(*args, **kwargs)
        error = sys.exc_info()[1]
        if error is not None:
            carefully(lambda: self.session.explain(error))
        return result

    def _tell(self, finding: Finding) -> None:
        report = Report((finding,), sources=_cells(finding))
        if type(self._shell).__name__ == "ZMQInteractiveShell":
            from IPython.display import display

            display(_Shown(report))
        else:
            write_finding(finding, OutputFormat.FULL, sys.stderr, report.sources)


def _cells(finding: Finding) -> dict[str, str]:
    """Return the texts of the cells that a finding speaks of; they are in no file."""
    places = [finding.place, finding.cause, *(step.place for step in finding.origin)]
    files = {place.file for place in places if place is not None and not os.path.exists(place.file)}
    return {file: "".join(linecache.getlines(file)) for file in files}


class _Shown:
    """A report as notebooks show it: in colour where they can, and as text."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def __repr__(self) -> str:
        return str(self._report)

    def _repr_html_(self) -> str:
        lines = (
            "".join(f'<span style="{_CSS.get(style, "")}">{escape(text)}</span>' for text, style in line)
            for line in page(self._report).lines
        )
        return f'<pre style="line-height: 1.3">{chr(10).join(lines)}</pre>'


def load_ipython_extension(shell: Any) -> None:
    """Put the extension in place; loading twice is loading once."""
    if id(shell) not in _LOADED:
        _LOADED[id(shell)] = Extension(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Take the extension away."""
    extension = _LOADED.pop(id(shell), None)
    if extension is not None:
        extension.remove()
