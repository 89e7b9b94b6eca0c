"""One watched program: what its losses showed, what its crash means, and what its source adds to both."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from snugly.facts.dims import same
from snugly.facts.records import dataclass, field, replace
from snugly.runtime import interception
from snugly.runtime.calls import running_call
from snugly.runtime.constructing import constructor_of
from snugly.runtime.frames import callers, expression, user_frame
from snugly.runtime.seeding import callers_of, seeds_of
from snugly.runtime.tracing import call_at, is_traced, traced_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import FrameType, TracebackType

    from snugly.contracts.calls import LossCall, Verdict
    from snugly.facts.origins import Place, Source
    from snugly.facts.tensors import TensorFacts
    from snugly.interpreter.seeds import Seeds
    from snugly.rules.findings import Finding
    from snugly.runtime.frames import Expression
    from snugly.runtime.interception import Seen

    Static = Callable[[Seeds], tuple[Finding, ...]]


@dataclass(slots=True)
class Session:
    """Watches the losses of this process and explains its exceptions.

    Attributes:
        tell: called with each finding once, when it is met.
        static: returns what the source shows, given what the live program knows; called when there is something
            to explain for the first time, when the program crashed, or when it has ended.
        told: every finding that was told.
        backward: findings about calls that torch refuses in the backward pass, told when it does.
        seen: the lines at which a loss was judged, with the sizes of the arguments that came.
    """

    tell: Callable[[Finding], None]
    static: Static = lambda _: ()
    told: list[Finding] = field(default_factory=list)
    backward: list[Finding] = field(default_factory=list)
    seen: dict[tuple[str, int], list[Mapping[str, Any]]] = field(default_factory=dict)
    _static: tuple[Finding, ...] | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the losses for the time of a ``with`` block."""
        interception.watch(self.look)
        try:
            yield
        finally:
            interception.unwatch(self.look)

    def look(self, seen: Seen) -> int | None:
        """Judge a loss call that is about to run and tell the traps that it shows."""
        if is_traced():
            for finding in judge_traced(seen):
                self._tell(self.with_source(finding))
            return 1
        findings = judge_seen(seen.loss, seen.arguments, seen.caller, seen.module)
        frame = user_frame(seen.caller)
        if frame is not None:
            line = line_of(frame.f_code.co_filename, frame.f_lineno)
            self.seen.setdefault(line, []).append(_shapes(seen.arguments))
        for finding in findings:
            if finding.raises is None or _kills(seen.arguments):
                self._tell(self.with_source(finding, callers_of(seen.caller)))
            elif finding.raises.when == "backward":
                self.backward.append(finding)
        return None

    def explain(self, error: BaseException) -> tuple[Finding, ...]:
        """Tell and return what explains an exception; nothing where it is no matter of tensors."""
        from snugly.runtime.crash import findings_of

        found = findings_of(error, self)
        for finding in found:
            self._tell(finding)
        return found

    def finish(self) -> None:
        """Tell the traps that no loss showed: metrics, views, losses written by hand, padding."""
        for finding in self.source_findings():
            if finding.raises is None and not self._contradicted(finding):
                self._tell(finding)

    def source_findings(self, frames: Sequence[FrameType] = (), *, again: bool = False) -> tuple[Finding, ...]:
        """Return what the source shows; nothing where looking at it fails.

        Args:
            frames: the live frames, innermost first; what they know is given to whoever follows the source.
            again: follow it with these frames although it has been followed.
        """
        if self._static is None or again:
            with undisturbed() if "torch" in sys.modules else nullcontext():
                self._static = self.static(seeds_of(frames))
        return self._static

    def with_source(self, finding: Finding, frames: Sequence[FrameType] = ()) -> Finding:
        """Add to a live finding what the source says about the same line: origin, cause and fixes."""
        if finding.place is None:
            return finding
        here = line_of(finding.place.file, finding.place.line)
        near = [
            each
            for each in self.source_findings(frames)
            if each.place and line_of(each.place.file, each.place.line) == here
        ]
        best = next((each for each in near if each.code == finding.code), None)
        if best is None:
            return finding
        return replace(
            finding,
            origin=best.origin or finding.origin,
            cause=best.cause or finding.cause,
            fixes=best.fixes or finding.fixes,
            sources=best.sources or finding.sources,
        )

    def _contradicted(self, finding: Finding) -> bool:
        """Tell whether the run shows that a finding about a loss is wrong: it ran there, and never with such sizes."""
        if finding.loss is None or finding.place is None:
            return False
        came = self.seen.get(line_of(finding.place.file, finding.place.line))
        return came is not None and not any(fits(finding.facts, shapes) for shapes in came)

    def _tell(self, finding: Finding) -> None:
        if _is_silenced(finding):
            return
        key = key_of(finding)
        if all(key_of(known) != key for known in self.told):
            self.told.append(finding)
            self.tell(finding)


def judge_seen(
    loss: str,
    arguments: Mapping[str, Any],
    caller: FrameType | None,
    module: Any,
    link: TracebackType | None = None,
) -> tuple[Finding, ...]:
    """Return what is wrong with a live loss call; its source is read only when something is.

    Args:
        loss: see ``running_call``; so are the next and ``module``.
        arguments: what was passed.
        caller: the frame that makes the call.
        module: the loss module.
        link: the user's link of a traceback, after the call: a frame may have gone on to handle the exception.
    """
    with undisturbed():
        return judge_call(running_call(loss, arguments, module, look=not capturing()), caller, module, link)[1]


def judge_call(
    call: LossCall, caller: FrameType | None, module: Any, link: TracebackType | None = None
) -> tuple[Verdict, tuple[Finding, ...]]:
    """Return the verdict on a loss call that a frame is about to make, and the findings with their source."""
    from snugly.rules.judge import judge_loss
    from snugly.runtime.kernel import accepts

    verdict, findings = judge_loss(call)
    frame = user_frame(caller) if link is None else link.tb_frame
    if not findings or frame is None:
        return verdict, findings
    at = expression(link or frame)
    return judge_loss(
        call,
        place=at.place,
        sources=_sources(at, call.loss, module),
        kernel=accepts,
        callers=callers(frame),
        constructor=None if module is None else constructor_of(module, frame, at),
    )


def judge_traced(seen: Seen) -> tuple[Finding, ...]:
    """Return what sizes, dtypes and graphs show of a loss that torch.compile is tracing."""
    from snugly.rules.judge import judge_loss

    at = traced_line()
    if at is None:
        return ()
    with undisturbed():
        call = running_call(seen.loss, seen.arguments, seen.module, look=False)
    if all(facts.shape is None for facts in call.arguments.values()):
        return ()  # the sizes are symbols
    expression = call_at(*at, seen.loss)
    return judge_loss(call, place=expression.place, sources=_sources(expression, seen.loss, None))[1]


def _is_silenced(finding: Finding) -> bool:
    """Tell whether a comment on a line of a finding silences it."""
    import ast
    import linecache

    from snugly.interpreter.sources import SourceFile
    from snugly.interpreter.suppressions import part

    if finding.place is None:
        return False
    file = finding.place.file
    lines = [line.rstrip("\n") for line in linecache.getlines(file)]
    return not part((finding,), {file: SourceFile(file, lines, ast.Module([], []))})[0]


def _shapes(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: tuple(value.shape) for name, value in arguments.items() if hasattr(value, "shape")}


def fits(facts: Mapping[str, TensorFacts], shapes: Mapping[str, Any]) -> bool:
    """Tell whether facts from the source can be those of arguments that came."""
    for name, known in facts.items():
        came = shapes.get(name)
        if came is None or known.shape is None:
            continue
        if len(came) != len(known.shape):
            return False
        if any(same(size, each) is False for size, each in zip(known.shape, came, strict=True)):
            return False
    return True


def call_site(caller: FrameType | None, loss: str, module: Any) -> tuple[Place | None, dict[str, Source]]:
    """Return the call of a loss in the user's source, and the sources of its arguments by parameter name."""
    frame = user_frame(caller)
    if frame is None:
        return None, {}
    at = expression(frame)
    return at.place, _sources(at, loss, module)


def line_of(file: str, line: int) -> tuple[str, int]:
    """Return a key of a line that is the same however the file is named."""
    return os.path.realpath(file), line


@contextmanager
def undisturbed() -> Iterator[None]:
    """Look at tensors so that no mode of the user's sees it and no graph grows."""
    import torch
    from torch.utils._python_dispatch import _disable_current_modes

    with ExitStack() as stack:
        stack.enter_context(torch._C.DisableTorchFunction())
        stack.enter_context(_disable_current_modes())
        stack.enter_context(torch.no_grad())
        yield


def _sources(at: Expression, loss: str, module: Any) -> dict[str, Source]:
    from snugly.contracts import contract
    from snugly.contracts.binding import module as module_named
    from snugly.runtime.frames import argument_sources

    known = None if module is None else module_named(f"torch.nn.{type(module).__name__}")
    if known is not None:
        renamed = known.renamed or {}
        return argument_sources(at, tuple(renamed.get(name, name) for name in known.forward))
    if module is not None:
        return {}
    return argument_sources(at, tuple(parameter.name for parameter in contract(loss).parameters))


def _kills(arguments: Mapping[str, Any]) -> bool:
    """Tell whether the process may not live to explain the call: a kernel on a device asserts and takes it along."""
    return any(getattr(getattr(value, "device", None), "type", "cpu") == "cuda" for value in arguments.values())


def capturing() -> bool:
    """Tell whether a CUDA graph is being captured, in which nothing may be read."""
    import torch

    return bool(torch.cuda.is_initialized() and torch.cuda.is_current_stream_capturing())


def key_of(finding: Finding) -> tuple[Any, ...]:
    """Return what makes two findings one: rule, loss and line."""
    place = finding.place
    return (finding.code, finding.loss, None if place is None else line_of(place.file, place.line))
