"""What an exception means: from the live arguments where it was raised, and from the source that led there."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from snugly.contracts.calls import Raises
from snugly.facts.records import replace
from snugly.runtime import interception
from snugly.runtime.failing import failed_operation
from snugly.runtime.frames import callers, expression, is_user_file, walk
from snugly.runtime.seeding import frames_of
from snugly.runtime.session import Session, judge_seen, line_of, undisturbed
from snugly.runtime.source import source_findings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, TracebackType

    from snugly.rules.findings import Finding

_WORKER_LINE = re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+)', re.MULTILINE)
_CHECKED = ("Error", "Exception")


def findings_of(error: BaseException, session: Session) -> tuple[Finding, ...]:
    """Return what explains an exception, or the one that it was raised from; nothing where no tensor is involved."""
    for each in _with_causes(error):
        found = _findings_of_one(each, session)
        if found:
            return found
    return ()


def _with_causes(error: BaseException) -> Iterator[Exception]:
    seen: set[int] = set()
    current: BaseException | None = error
    while isinstance(current, Exception) and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__


def _findings_of_one(error: Exception, session: Session) -> tuple[Finding, ...]:
    links = list(walk(error.__traceback__))
    live = tuple(_actual(finding, error) for finding in _live(error, links, session))
    static = tuple(_actual(finding, error) for finding in _static(error, links, session))
    if not static:
        return tuple(session.with_source(finding) for finding in live[:1]) or _from_text(error, links)
    best = static[0]
    same = next((finding for finding in live if finding.loss == best.loss), None)
    if same is not None:
        best = replace(best, facts={**best.facts, **same.facts}, place=same.place or best.place)
    return (best,)


def explain_exception(error: BaseException) -> tuple[Finding, ...]:
    """Return what explains an exception that was caught, from its traceback and the source of its program."""
    files = [link.tb_frame.f_code.co_filename for link in walk(error.__traceback__)]
    script = next((file for file in files if is_user_file(file)), None)
    session = Session(lambda _: None, lambda seeds: () if script is None else source_findings(script, seeds=seeds))
    return session.explain(error)


def _from_text(error: Exception, links: list[TracebackType]) -> tuple[Finding, ...]:
    """Read the message of torch, where neither the live arguments nor the source tell more."""
    user = _user_link(links)
    if user is None or not _of_tensors(error, links):
        return ()
    from snugly.messages.explaining import explain_text

    text = str(error) if _from_worker(error) else f"{type(error).__name__}: {error}"
    place = expression(user).place
    return tuple(replace(found, place=place, cause=found.cause or place) for found in explain_text(text)[:1])


def _live(error: Exception, links: list[TracebackType], session: Session) -> tuple[Finding, ...]:
    """Judge the live arguments of the loss or the operation that raised."""
    losses = _loss_codes()
    for link in reversed(links):
        loss = losses.get(_identity(link.tb_frame.f_code))
        if loss is not None:
            return _at_loss(loss, link, _user_link(links[: links.index(link)]), error)
    if any(link.tb_frame.f_code.co_filename.endswith(os.path.join("autograd", "graph.py")) for link in links):
        return tuple(
            finding for finding in session.backward if finding.raises and finding.raises.type == type(error).__name__
        )
    return _at_operation(error, links)


def _user_link(links: list[TracebackType]) -> TracebackType | None:
    return next((link for link in reversed(links) if is_user_file(link.tb_frame.f_code.co_filename)), None)


def _at_loss(loss: str, link: TracebackType, user: TracebackType | None, error: Exception) -> tuple[Finding, ...]:
    frame = link.tb_frame
    arguments = {name: value for name, value in frame.f_locals.items() if not name.startswith("snugly_")}
    names = frame.f_code.co_varnames[: frame.f_code.co_argcount + frame.f_code.co_kwonlyargcount]
    arguments = {name: arguments[name] for name in names if name in arguments}
    module = arguments.pop("self", None)
    caller = frame.f_back
    if caller is not None and caller.f_globals.get("__name__") == "torch.nn.modules.loss":
        module = caller.f_locals.get("self", module)
    findings = judge_seen(loss, arguments, caller, module, user)
    return tuple(finding for finding in findings if finding.raises and finding.raises.type == type(error).__name__)


def _at_operation(error: Exception, links: list[TracebackType]) -> tuple[Finding, ...]:
    from snugly.rules.judge import judge_operation

    with undisturbed():
        failed = failed_operation(links)
        if (
            failed is None
            or failed.application.misfit is None
            or failed.application.misfit.raises != type(error).__name__
        ):
            return ()
        user = next(link for link in reversed(links) if is_user_file(link.tb_frame.f_code.co_filename))
        return judge_operation(
            failed.application, place=failed.place, sources=failed.sources, callers=callers(user.tb_frame)
        )


def _static(error: Exception, links: list[TracebackType], session: Session) -> tuple[Finding, ...]:
    """Return what the source says about the lines of the traceback, the innermost line of the user's first."""
    lines = user_lines(error, links)
    if not lines or not _of_tensors(error, links):
        return ()
    kind = type(error).__name__
    found = [
        (lines.index(line_of(finding.place.file, finding.place.line)), finding)
        for finding in session.source_findings(frames_of(error.__traceback__), again=True)
        if finding.place is not None
        and finding.raises is not None
        and finding.raises.type == kind
        and line_of(finding.place.file, finding.place.line) in lines
    ]
    return tuple(finding for _, finding in sorted(found, key=lambda each: each[0]))


def user_lines(error: BaseException, links: list[TracebackType]) -> list[tuple[str, int]]:
    """Return the user's lines that a traceback went through, innermost first; of a worker's traceback from its text."""
    own = [(link.tb_frame.f_code.co_filename, link.tb_lineno) for link in reversed(links)]
    text = (
        [(each["file"], int(each["line"])) for each in _WORKER_LINE.finditer(str(error))] if _from_worker(error) else []
    )
    return [line_of(file, line) for file, line in [*reversed(text), *own] if is_user_file(file)]


def _from_worker(error: BaseException) -> bool:
    return str(error).startswith("Caught ") and "Original Traceback" in str(error)


def _of_tensors(error: Exception, links: list[TracebackType]) -> bool:
    """Tell whether an exception can be a matter of tensors: it came out of torch or numpy, or of an operator."""
    if _from_worker(error):
        return True
    return isinstance(error, (RuntimeError, ValueError, IndexError, TypeError, AssertionError)) and bool(links)


def _actual(finding: Finding, error: Exception) -> Finding:
    """Put what torch really said in the place of what it was expected to say."""
    if finding.raises is None:
        return finding
    text = str(error)
    if _from_worker(error):
        text = text.strip().rpartition("\n")[2].partition(": ")[2] or text
    return replace(finding, raises=Raises(finding.raises.type, finding.raises.when, text))


def _identity(code: CodeType) -> tuple[str, str, int]:
    return code.co_filename, code.co_qualname, code.co_firstlineno


def _loss_codes() -> dict[Any, str]:
    return {_identity(function.__code__): loss for loss, function in interception.loss_functions()}
