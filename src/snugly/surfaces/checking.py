"""``snugly.check``: follows source files without running them and reports what does not fit."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from snugly.facts.records import dataclass, field
from snugly.reports.report import Failure, Report
from snugly.surfaces.configuration import configuration
from snugly.surfaces.finding_files import python_files
from snugly.surfaces.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from snugly.facts.origins import Place
    from snugly.interpreter.events import Events
    from snugly.interpreter.modules import Program
    from snugly.interpreter.sources import SourceFile
    from snugly.rules.findings import Finding
    from snugly.surfaces.configuration import Configuration


@dataclass(slots=True)
class Checked:
    """What is known of one file after it was followed.

    Attributes:
        findings: the misfits, each once.
        failure: why it was not followed.
        losses: the places of its loss calls, and whether the facts at each were known.
        unknown: what was not followed, with how often.
        silenced: code and place of each finding that a comment silences.
    """

    findings: tuple[Finding, ...] = ()
    failure: Failure | None = None
    losses: dict[tuple[str, int, int], bool] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)
    silenced: tuple[tuple[str, Place | None], ...] = ()


def check(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] = ".",
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> Report:
    """Find misfits in source without running it.

    Args:
        paths: files, and folders whose ``.py`` files are all checked.
        select: codes or their beginnings, such as ``"SNG1"``; only these are reported. Empty for all.
        ignore: codes or their beginnings that are not reported.

    Returns:
        A report; what could not be read is among its ``failures``.

    Raises:
        ValueError: a code that no rule has, or a setting in ``pyproject.toml`` that means nothing.
    """
    given = [os.fspath(path) for path in ([paths] if isinstance(paths, str | os.PathLike) else paths)]
    project = configuration(given[0] if given else ".")
    selection = Selection(tuple(select) or project.select, tuple(ignore) or project.ignore)
    files, failures = python_files(given)
    files = [file for file in files if file in given or not project.leaves_out(file)]
    return assemble(files, _check_all(files), selection, failures, project=project)


def _check_all(files: Sequence[str]) -> list[Checked]:
    if len(files) < 2:
        return [check_file(file) for file in files]
    from snugly.surfaces.spreading import spread

    return spread(check_file, files, _lost)


def check_text(text: str, filename: str, *, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> Report:
    """Check a text that is not on disk under the name ``filename``, beside whose files its imports are looked up."""
    project = configuration(filename)
    selection = Selection(tuple(select) or project.select, tuple(ignore) or project.ignore)
    return assemble([filename], [_checked(filename, text)], selection, (), {filename: text}, project=project)


def check_file(file: str) -> Checked:
    """Follow one file; never raises."""
    return _checked(file, None)


def _lost(file: str) -> Checked:
    return Checked(failure=Failure(file, "checking it stopped or did not end; please report it with the file"))


def assemble(
    files: Sequence[str],
    checked: Iterable[Checked],
    selection: Selection,
    failures: Sequence[Failure] = (),
    sources: dict[str, str] | None = None,
    *,
    project: Configuration | None = None,
) -> Report:
    """Put what is known of each file into one report; a finding that two files lead to is told once."""
    found: dict[tuple[object, ...], Finding] = {}
    failed = list(failures)
    losses: dict[tuple[str, int, int], bool] = {}
    unknown: dict[str, int] = {}
    silenced: list[tuple[str, Place | None]] = []
    for one in checked:
        silenced += one.silenced
        if one.failure is not None:
            failed.append(one.failure)
        for place, known in one.losses.items():
            losses[place] = losses.get(place, True) and known
        for what, times in one.unknown.items():
            unknown[what] = unknown.get(what, 0) + times
        for finding in one.findings:
            if finding.code in selection and (project is None or project.reports(finding.file, finding.code)):
                found.setdefault((finding.code, finding.place, finding.loss), finding)
    findings = [each for each in found.values() if not _silences(each, silenced)]
    return Report(
        findings=tuple(sorted(findings, key=_order)),
        failures=tuple(failed),
        files=tuple(files),
        losses=len(losses),
        undecided=sum(not known for known in losses.values()),
        unknown=unknown,
        suppressed=len(silenced),
        sources=sources or {},
    )


def follow_file(file: str, text: str | None, changed: Mapping[str, str] | None = None) -> tuple[SourceFile, Events]:
    """Follow a file from its top level and return it with what the run has to tell.

    Args:
        file: its path.
        text: its text where that is not the one on disk.
        changed: texts that stand for files of these names, as reports show them.

    Raises:
        Unreadable: it is not there or not Python.
    """
    from snugly.interpreter.entry import follow
    from snugly.interpreter.modules import Program
    from snugly.interpreter.sources import parse

    program: Program = Program(os.path.dirname(file), os.getcwd())
    for shown, other in (changed or {}).items():
        program.sources[shown] = parse(other, shown)
        program.folders[shown] = os.path.dirname(shown)
    if text is None or program.shown(file) in program.sources:
        source = program.read(file)
    else:
        source = parse(text, program.shown(file))
    return source, follow(program, source).events


def _checked(file: str, text: str | None) -> Checked:
    from snugly.interpreter.sources import Unreadable

    if text is not None:
        from snugly.remedies.text import overlay

        overlay({file: text})
    try:
        _, events = follow_file(file, text)
    except Unreadable as error:
        return Checked(failure=Failure(file, error.message, error.line))
    losses: dict[tuple[str, int, int], bool] = {}
    for record in events.losses:
        if record.place is not None:
            place = (record.place.file, record.place.line, record.place.column)
            known = all(facts.shape is not None for facts in record.arguments.values())
            losses[place] = losses.get(place, True) and known
    unknown: dict[str, int] = {}
    for unfollowed, times in events.unknown.items():
        what = f"{unfollowed.operation}: {unfollowed.reason}"
        unknown[what] = unknown.get(what, 0) + times
    silenced = tuple((finding.code, finding.place) for finding in events.suppressed)
    return Checked(_settled(file, text, events.distinct()), None, losses, unknown, silenced)


def _settled(file: str, text: str | None, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Try the fixes on the whole program, and let what is left decide which is offered first."""
    if not any(fix.edits for finding in findings for fix in finding.fixes):
        return findings
    from snugly.interpreter.sources import Unreadable
    from snugly.remedies.settling import settled

    def recheck(changed: Mapping[str, str]) -> tuple[Finding, ...] | None:
        try:
            return follow_file(file, text, changed)[1].distinct()
        except Unreadable:
            return None

    return settled(findings, recheck)


def _silences(finding: Finding, silenced: Sequence[tuple[str, Place | None]]) -> bool:
    """Tell whether a comment that silences nothing in its own file silences what another file leads to."""
    place = finding.place
    if finding.code != "SNG001" or place is None:
        return False
    idle, unknown = finding.details["idle"], finding.details["unknown"]
    if unknown and not idle:
        return False
    return any(
        other is not None
        and other.file == place.file
        and other.line <= place.line <= max(other.line, other.end_line)
        and (not idle or code.startswith(tuple(idle)))
        for code, other in silenced
    )


def _order(finding: Finding) -> tuple[str, int, int, str]:
    return finding.file or "", finding.line or 0, finding.column or 0, finding.code
