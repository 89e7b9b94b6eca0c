"""What the source of a running program shows without running it: the interpreter, given the real command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from snugly.interpreter.seeds import Seeds
    from snugly.rules.findings import Finding


SECONDS = 20.0
STEPS = 2_000_000
"""The work that one program may cost: more than a check spends on one of many files, since this happens once a run."""


def source_findings(script: str, arguments: Sequence[str] = (), seeds: Seeds | None = None) -> tuple[Finding, ...]:
    """Return what is found in a script and the user's modules that it imports; nothing where it cannot be followed.

    Args:
        script: the path of the script.
        arguments: its command line, which decides what ``argparse`` gives.
        seeds: what the live program knows.
    """
    from snugly.interpreter.sources import Unreadable
    from snugly.remedies.settling import settled

    path = Path(script).resolve()

    def follow_changed(changed: Mapping[str, str]) -> tuple[Finding, ...] | None:
        try:
            return _follow(path, arguments, seeds, changed)
        except Unreadable:
            return None

    findings = follow_changed({})
    return () if findings is None else settled(findings, follow_changed)


def _follow(
    path: Path, arguments: Sequence[str], seeds: Seeds | None, changed: Mapping[str, str]
) -> tuple[Finding, ...]:
    """Follow a script, with the texts of some files changed by a fix."""
    from snugly.interpreter.budget import Budget
    from snugly.interpreter.entry import follow
    from snugly.interpreter.modules import Program
    from snugly.interpreter.sources import parse
    from snugly.runtime.kernel import accepts

    kernel = accepts if "torch" in sys.modules else None
    program = Program(path.parent, command_line=tuple(arguments), kernel=kernel, seeds=seeds)
    for shown, text in changed.items():
        program.sources[shown] = parse(text, shown)
        program.folders[shown] = os.path.dirname(shown)
    return follow(program, program.read(path), Budget(SECONDS, STEPS)).events.distinct()
