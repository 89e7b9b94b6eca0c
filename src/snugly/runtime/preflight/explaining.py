"""What a failing run means to the user: a place, a cause and a fix where the rules know them, else what is certain."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from snugly.contracts.calls import Raises
from snugly.facts.records import replace
from snugly.rules.batches.step_fails_at_batch_size import fails_at
from snugly.rules.findings import Severity
from snugly.runtime.frames import expression, is_user_file, user_frame, walk
from snugly.runtime.preflight.formation import ElementsNeededError
from snugly.runtime.preflight.judging import LossRefusedError
from snugly.runtime.preflight.reach import codes, parts
from snugly.runtime.session import Session, fits, key_of, line_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import CodeType

    from snugly.facts.origins import Place
    from snugly.rules.findings import Finding
    from snugly.runtime.preflight.faking import Outcome
    from snugly.runtime.preflight.flight import Flight
    from snugly.runtime.preflight.steps import Step

_MOST_FILES = 3


def failure(error: BaseException) -> str:
    """Return an exception as Python's last line of a traceback shows it."""
    line = str(error).strip().partition("\n")[0]
    return line if isinstance(error, (LossRefusedError, ElementsNeededError)) else f"{type(error).__name__}: {line}"


def raised_by_user(error: BaseException) -> bool:
    """Tell whether the user's own code raised an exception."""
    links = list(walk(error.__traceback__))
    return bool(links) and is_user_file(links[-1].tb_frame.f_code.co_filename)


def report_failure(outcome: Outcome, size: int, flight: Flight, step: Step) -> None:
    """Note that the step fails at a batch size, with the findings that explain it."""
    step_files = list(dict.fromkeys(file for file, _, _ in _spans(step)))
    error = outcome.error
    if error is None:
        return
    flight.failed[size] = failure(error)
    if not flight.sizes.occurs(size):
        flight.note(f"at batch size {size}, which this loader does not make, it fails: {failure(error)}")
        return
    session = Session(tell=lambda _: None, static=lambda _: _static(_files(error) or step_files))
    found = [_placed(each, session) for each in outcome.findings if each.raises is not None]
    found = found or [_as_torch_says(each, error) for each in _explained(error, session)]
    raised = next((each.raises for each in found if each.raises is not None), None)
    if raised is not None:
        flight.failed[size] = f"{raised.type}: {raised.message}"
    found += [each for each in outcome.findings if each.raises is None]
    if not found:
        kind = type(error).__name__ if not isinstance(error, LossRefusedError) else str(error).partition(":")[0]
        raises = Raises(kind, "forward", failure(error).partition(": ")[2])
        works = [each for each in flight.tested if each not in flight.failed]
        found = [fails_at(size, works, raises, _place(error))]
    report_findings(found, flight, size)


def report_findings(found: Iterable[Finding], flight: Flight, size: int | None) -> None:
    """Add findings that are not known yet; one that only some batches have says which."""
    known = {_same(each) for each in flight.findings}
    first = not flight.failed or flight.size in flight.failed or size == flight.size
    for finding in found:
        if _same(finding) in known:
            continue
        known.add(_same(finding))
        if finding.place is None:
            finding = _at_call(finding)  # noqa: PLW2901
        if size is None or first or finding.name == "step-fails-at-batch-size":
            flight.findings.append(finding)
            continue
        message = f"{finding.message} This happens at batch size {size}, not at {flight.size}."
        flight.findings.append(replace(finding, message=message, severity=Severity.WARNING))


def _placed(finding: Finding, session: Session) -> Finding:
    """Return a finding with what the source says: about its line, or where it has none, about the same misfit."""
    if finding.place is not None:
        return session.with_source(finding)
    return next(
        (
            replace(each, facts={**each.facts, **finding.facts}, raises=finding.raises)
            for each in session.source_findings()
            if each.code == finding.code and each.loss == finding.loss
        ),
        _at_call(finding),
    )


def _at_call(finding: Finding) -> Finding:
    """Return a finding placed at the user's call of preflight, where the step is nowhere written out."""
    frame = user_frame(sys._getframe())
    place = None if frame is None else expression(frame).place
    return replace(finding, place=place, cause=finding.cause or place)


def _same(finding: Finding) -> tuple[Any, ...]:
    return key_of(finding)


def _explained(error: BaseException, session: Session) -> tuple[Finding, ...]:
    from snugly.runtime.crash import findings_of

    return findings_of(error, session)


def _as_torch_says(finding: Finding, error: BaseException) -> Finding:
    """Return a finding with the words of the real kernel: the one for tensors without memory has others."""
    from snugly.runtime.failing import failed_operation

    failed = failed_operation(list(walk(error.__traceback__)))
    misfit = None if failed is None else failed.application.misfit
    if finding.raises is None or misfit is None or misfit.raises != finding.raises.type:
        return finding
    return replace(finding, raises=replace(finding.raises, message=misfit.message))


def _files(error: BaseException) -> list[str]:
    """Return the user's files that a traceback went through, innermost first."""
    files = [link.tb_frame.f_code.co_filename for link in walk(error.__traceback__)]
    return [file for file in dict.fromkeys(reversed(files)) if is_user_file(file) and not file.startswith("<")]


def _place(error: BaseException) -> Place | None:
    links = [link for link in walk(error.__traceback__) if is_user_file(link.tb_frame.f_code.co_filename)]
    return expression(links[-1]).place if links else None


def _static(files: Iterable[str]) -> tuple[Finding, ...]:
    """Return what the source alone shows in some files."""
    from snugly.runtime.source import source_findings

    found: list[Finding] = []
    for file in list(files)[:_MOST_FILES]:
        try:
            found += source_findings(file)
        except Exception:  # noqa: S112 - what cannot be followed shows nothing; the run itself has been judged
            continue
    return tuple(found)


def report_source(step: Step, first: Outcome, flight: Flight) -> None:
    """Add what the source of the step shows that no run can.

    Metrics, losses by hand and axes mixed up by a view raise nothing; and what a model, a dataset or a collate function
    of the step is the cause of may show elsewhere only, such as in the last batch of another loader. What the files
    show besides is a note.
    """
    spans = _spans(step)
    fails = bool(flight.failed) and any(each.raises is not None for each in flight.findings)
    for each in _static(dict.fromkeys(file for file, _, _ in spans)):
        if each.place is None:
            continue
        if _inside(each.place, spans):
            told = each.raises is None and not _contradicted(each, first)
        else:
            told = not fails and _inside(each.cause, spans)
            if not told and not _inside(each.cause, spans):
                where = f"{os.path.relpath(each.place.file)}:{each.place.line}"
                flight.note(f"{where}, outside of the step: {each.code} {each.message}")
        report_findings([each] if told else [], flight, None)


def _contradicted(finding: Finding, first: Outcome) -> bool:
    """Tell whether the run shows that a finding about a loss is wrong: it came to that line with other sizes."""
    if finding.loss is None or finding.place is None:
        return False
    line = line_of(finding.place.file, finding.place.line)
    came = [
        {name: facts.shape for name, facts in each.call.arguments.items() if facts.shape is not None}
        for each in first.seen.losses
        if each.place is not None and line_of(each.place.file, each.place.line) == line
    ]
    return bool(came) and not any(fits(finding.facts, each) for each in came)


def _spans(step: Step) -> list[tuple[str, int, int]]:
    """Return file and lines of the functions and classes of the user's that make up the step."""
    return list(dict.fromkeys(span for code in codes(step.sources) if (span := _span(code)) is not None))


def _span(code: CodeType) -> tuple[str, int, int] | None:
    if not is_user_file(code.co_filename):
        return None
    lines = [line for part in parts(code) for *_, line in part.co_lines() if line]
    return code.co_filename, code.co_firstlineno, max(lines, default=code.co_firstlineno)


def _inside(place: Place | None, spans: Iterable[tuple[str, int, int]]) -> bool:
    """Tell whether a place is within one of some spans of lines."""
    return place is not None and any(
        line_of(place.file, 0) == line_of(file, 0) and start <= place.line <= end for file, start, end in spans
    )
