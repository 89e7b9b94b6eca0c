"""``snugly.preflight``: does this step fit for every batch that can occur?"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass, field, replace
from snugly.rules.findings import Severity
from snugly.runtime.preflight import sizes
from snugly.runtime.preflight.faking import LossRefusedError, run
from snugly.runtime.preflight.steps import Step, make_step
from snugly.runtime.preflight.unchanged import left_as_it_was

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from snugly.rules.findings import Finding
    from snugly.runtime.preflight.faking import Outcome
    from snugly.runtime.preflight.layers import Layer
    from snugly.runtime.preflight.sizes import Assumption


# How long the sizes that no proof covers are run one by one.
_SECONDS = 1.0


@dataclass(slots=True)
class Flight:
    """What preflight learned about a step.

    Attributes:
        size: the configured batch size.
        largest: the largest batch size that can occur.
        proved: the batch sizes for which the step is proved to fit.
        tested: the batch sizes at which it was run.
        failed: the batch sizes at which it does not fit, with what torch would raise.
        assumed: what the proof would have to assume, where it is none.
        findings: the misfits, each once.
        layers: the layers at the configured batch size.
        saved: bytes kept for the backward pass at that size.
        parameters: how many numbers are trained.
        without_gradient: parameters that require a gradient and get none.
        notes: what else a person should know, a sentence each.
    """

    size: int
    largest: int
    proved: frozenset[int] = frozenset()
    tested: tuple[int, ...] = ()
    failed: dict[int, str] = field(default_factory=dict)
    assumed: tuple[Assumption, ...] = ()
    findings: list[Finding] = field(default_factory=list)
    layers: list[Layer] = field(default_factory=list)
    saved: int = 0
    parameters: int = 0
    without_gradient: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    fallback: str = ""


def fly(
    model: Any,
    loss: Any = None,
    batch_or_loader: Any = None,
    *,
    step: Callable[..., Any] | None = None,
    batch_sizes: Sequence[int] | None = None,
    autocast: Any = None,
) -> Flight:
    """Run a step on fake tensors at every batch size that matters; see ``snugly.preflight``."""
    made = make_step(model, loss, batch_or_loader, step)
    wanted = sizes.wanted_sizes(made, batch_sizes)
    every = _every_size(wanted, made, batch_sizes)
    flight = Flight(wanted[0], every[-1], parameters=_count(made))
    with left_as_it_was(made.models.values()), _training(made):
        first = _run_sizes(made, wanted, flight, autocast)
        if first is not None and first.error is None:
            _prove(made, flight, every)
            _evaluate(made, flight)
    _check_result(first, flight)
    return flight


def _count(step: Step) -> int:
    return sum(each.numel() for model in step.models.values() for each in model.parameters() if each.requires_grad)


@contextmanager
def _training(step: Step) -> Iterator[None]:
    for model in step.models.values():
        model.train()
    yield


def _run_sizes(step: Step, wanted: Iterable[int], flight: Flight, autocast: Any) -> Outcome | None:
    """Run the step at each size; the first outcome is that of the configured batch size."""
    first: Outcome | None = None
    for size in wanted:
        with left_as_it_was(step.models.values()):
            outcome = run(step, size, mode=_mode(), backward=first is None, autocast=autocast)
        if first is None:
            first = outcome
            flight.layers, flight.saved = outcome.layers, outcome.saved
            flight.without_gradient = tuple(outcome.without_gradient)
        flight.tested += (size,)
        _note(outcome, size, flight)
        if outcome.error is not None and size == flight.size:
            break
    return first


def _mode(environment: Any = None) -> Any:
    from torch._subclasses.fake_tensor import FakeTensorMode

    return FakeTensorMode(shape_env=environment, allow_non_fake_inputs=True)


def _note(outcome: Outcome, size: int, flight: Flight) -> None:
    error = outcome.error
    findings = list(outcome.findings)
    if error is not None:
        flight.failed[size] = str(error) if isinstance(error, LossRefusedError) else f"{type(error).__name__}: {error}"
        if not isinstance(error, LossRefusedError):
            findings += explained(error)
    only = error is not None and size != flight.size
    known = {(finding.code, finding.place) for finding in flight.findings}
    for finding in findings:
        if (finding.code, finding.place) in known:
            continue
        if only:
            message = f"{finding.message} This happens at batch size {size}, not at {flight.size}."
            finding = replace(finding, message=message, severity=Severity.WARNING)  # noqa: PLW2901
        flight.findings.append(finding)


def explained(error: BaseException) -> tuple[Finding, ...]:
    """Return what explains an exception of the model, from the live frames of its traceback."""
    from snugly.runtime.crash import findings_of
    from snugly.runtime.session import Session

    return findings_of(error, Session(tell=lambda _: None))


def _every_size(wanted: tuple[int, ...], step: Step, asked: Sequence[int] | None) -> range:
    largest = max(wanted)
    return range(min(wanted), largest + 1) if asked is not None else range(1, (step.configured or largest) + 1)


def _prove(step: Step, flight: Flight, every: range) -> None:
    """Trace the step with a symbolic batch, once for each region of sizes that tracing tells apart.

    Where it cannot be traced it is run at every size, as long as that is quick.
    """
    proved = {size for size in flight.tested if size not in flight.failed}
    assumed: list[Assumption] = []
    for _ in range(sizes._MOST_REGIONS):
        open_sizes = [size for size in every if size > 1 and size not in proved and size not in flight.failed]
        if not open_sizes:
            break
        example = flight.size if flight.size in open_sizes or not assumed else open_sizes[-1]
        region = _trace(step, max(example, 2), open_sizes, flight)
        if region is None:
            break
        covered, found = region
        assumed += found
        if not covered:
            break
        proved |= covered
    proved |= _exhaust(step, flight, [size for size in every if size not in proved and size not in flight.failed])
    flight.proved = frozenset(proved & set(every))
    if len(flight.proved) + len(set(flight.failed) & set(every)) < len(every):
        flight.assumed = tuple(assumed)


def _exhaust(step: Step, flight: Flight, open_sizes: list[int]) -> set[int]:
    """Run the step at each size that is still open, until a second is over; return the sizes that fit."""
    fits: set[int] = set()
    until = time.monotonic() + _SECONDS
    for size in open_sizes:
        if time.monotonic() > until:
            break
        with left_as_it_was(step.models.values()):
            outcome = run(step, size, mode=_mode(), backward=False)
        _note(outcome, size, flight)
        flight.tested += (size,)
        if outcome.error is not None:
            break
        fits.add(size)
    return fits


def _trace(step: Step, example: int, wanted: list[int], flight: Flight) -> tuple[set[int], list[Assumption]] | None:
    """Run the step once with a symbolic size; return the sizes it holds for and what it assumed."""
    from torch.fx.experimental.symbolic_shapes import ShapeEnv

    environment = ShapeEnv()
    with left_as_it_was(step.models.values()):
        outcome = run(step, example, mode=_mode(environment), symbolic=sizes.symbolic_batch, backward=False)
    if outcome.error is not None:
        if not isinstance(outcome.error, LossRefusedError):
            flight.fallback = _first_line(outcome.error)
        return None
    if any(verdict.accepted is not True for _, verdict in outcome.losses if not _open_only_for_elements(verdict)):
        return None
    found = sizes.assumptions(environment, wanted)
    covered = set(wanted)
    for assumption in found:
        covered &= assumption.holds
    return covered, found


def _first_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"


def _open_only_for_elements(verdict: Any) -> bool:
    from snugly.contracts.conditions import ELEMENT_CLAUSES

    return verdict.accepted is None and all(doubt.clause in ELEMENT_CLAUSES for doubt in verdict.doubts)


def _evaluate(step: Step, flight: Flight) -> None:
    """Run the step in evaluation mode too, where normalisation and dropout do something else."""
    for model in step.models.values():
        model.eval()
    with left_as_it_was(step.models.values()):
        outcome = run(step, flight.size, mode=_mode(), backward=False)
    if outcome.error is not None:
        flight.notes.append(f"in evaluation mode it fails: {type(outcome.error).__name__}: {outcome.error}")


def _check_result(first: Outcome | None, flight: Flight) -> None:
    if first is None or first.error is not None:
        return
    if first.loss is None:
        flight.notes.append("the step returns no tensor, so nothing can be trained by it")
    elif first.loss.shape:
        flight.notes.append(f"the loss is {first.loss}, and backward() wants one number: take its mean() or sum()")
