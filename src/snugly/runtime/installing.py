"""``snugly.install()``: watch the losses of this process and explain the exceptions that end it."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

from snugly.runtime.running import carefully, watch_torch
from snugly.runtime.session import Session
from snugly.runtime.source import source_findings

if TYPE_CHECKING:
    from collections.abc import Callable

    from snugly.interpreter.seeds import Seeds
    from snugly.rules.findings import Finding


class Installed:
    """What ``install`` put in place; ``remove`` takes it away.

    Attributes:
        session: what was watched and told.
    """

    def __init__(self, tell: Callable[[Finding], None]) -> None:
        """Watch the losses and take the exception hooks, those that were there still called first."""
        self.session = Session(tell, _main_findings)
        self._stop_watching = watch_torch(self.session)
        self._shown = sys.excepthook
        self._shown_in_threads = threading.excepthook
        sys.excepthook = self._hook
        threading.excepthook = self._thread_hook

    def remove(self) -> None:
        """Stop watching and put the hooks back, unless someone else has taken them since."""
        self._stop_watching()
        if sys.excepthook == self._hook:
            sys.excepthook = self._shown
        if threading.excepthook == self._thread_hook:
            threading.excepthook = self._shown_in_threads

    def _hook(self, kind: Any, error: BaseException, traceback: Any) -> None:
        self._shown(kind, error, traceback)
        carefully(lambda: self.session.explain(error))

    def _thread_hook(self, args: threading.ExceptHookArgs) -> None:
        self._shown_in_threads(args)
        error = args.exc_value
        if error is not None:
            carefully(lambda: self.session.explain(error))


def _main_findings(seeds: Seeds) -> tuple[Finding, ...]:
    """Return what the source of the running script shows; there is none at a prompt."""
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    return () if script is None else source_findings(script, sys.argv[1:], seeds)
