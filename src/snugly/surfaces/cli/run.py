"""``snugly run``: run a script as Python would, and explain its misfits and its crash on standard error."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from snugly.reports.report import Report
from snugly.reports.writing import OutputFormat, write, write_finding, write_summary
from snugly.runtime import running
from snugly.runtime.ranks import Ranks
from snugly.runtime.session import Session, key_of
from snugly.runtime.source import source_findings
from snugly.surfaces.cli.trouble import Trouble
from snugly.surfaces.configuration import configuration
from snugly.surfaces.selection import Selection

if TYPE_CHECKING:
    from snugly.rules.findings import Finding
    from snugly.surfaces.configuration import Configuration


def run(
    script: str,
    /,
    *arguments: str,
    module: bool = False,
    output_format: OutputFormat = OutputFormat.FULL,
    output_file: str | None = None,
    select: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
) -> int:
    """Run a script as python would; explain its misfits and its crash.

    The exit code is the script's own. What snugly has to say goes to standard error, or to a file.

    Args:
        script: the script; with -m the name of a module.
        arguments: its command line.
        module: run a module, as python -m does; -m for short.
        output_format: full, concise, json, sarif or github.
        output_file: write the findings here, when the script has ended.
        select: codes or their beginnings, separated by commas; only these are reported.
        ignore: codes or their beginnings that are not reported.
    """
    try:
        target = running.module(script) if module else running.script(script)
        project = configuration(target.file)
        selection = Selection(select or project.select, ignore or project.ignore)
    except (ValueError, running.NotRunnable) as trouble:
        raise Trouble(str(trouble)) from trouble
    teller = _Teller(output_format, output_file, selection, project)
    session = Session(teller.tell, lambda seeds: source_findings(target.file, arguments, seeds))
    try:
        return running.run(target, arguments, session)
    finally:
        teller.close()


class _Teller:
    """Writes findings: each at once where a person reads along, all at the end where a format is one document."""

    def __init__(
        self, output_format: OutputFormat, output_file: str | None, selection: Selection, project: Configuration
    ) -> None:
        self._format = output_format
        self._file = None if output_file is None else os.path.abspath(output_file)
        self._selection = selection
        self._project = project
        self._told: list[Finding] = []
        self._ranks = Ranks()
        self._process = os.getpid()

    def tell(self, finding: Finding) -> None:
        """Write a finding, or keep it for the end."""
        if os.getpid() != self._process or finding.code not in self._selection:
            return
        if not self._project.reports(finding.file, finding.code):
            return
        if self._ranks.repeats(key_of(finding)):
            return
        self._told.append(finding)
        self._ranks.told([key_of(told) for told in self._told])
        if self._streams():
            if self._ranks.rank:
                sys.stderr.write(f"[rank {self._ranks.rank}] ")
            write_finding(finding, self._format, sys.stderr)
            sys.stderr.flush()

    def close(self) -> None:
        """Write what was kept."""
        if os.getpid() != self._process:
            return
        report = Report(tuple(self._told))
        if self._streams():
            write_summary(report, sys.stderr)
            return
        if self._file is None:
            write(report, self._format, sys.stderr)
            return
        try:
            with open(self._file, "w", encoding="utf-8") as stream:
                write(report, self._format, stream)
        except OSError as error:
            print(f"snugly: cannot write {self._file}: {error.strerror}", file=sys.stderr)

    def _streams(self) -> bool:
        return self._file is None and self._format in (OutputFormat.FULL, OutputFormat.CONCISE)
