"""``snugly.preflight``: does this step fit for every batch that can occur?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from snugly.facts.records import replace
from snugly.runtime.preflight.explaining import failure, raised_by_user, report_failure, report_findings, source_traps
from snugly.runtime.preflight.faking import How, Outcome, fake_mode, run
from snugly.runtime.preflight.flight import Flight
from snugly.runtime.preflight.judging import LossRefusedError
from snugly.runtime.preflight.labels import judge_further_labels
from snugly.runtime.preflight.sizes import assumptions, sizes_of
from snugly.runtime.preflight.standing import is_there
from snugly.runtime.preflight.steps import Step, StepError, make_step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from snugly.runtime.preflight.sizes import Assumption

# Seconds of the processor for which the sizes that no proof covers are run one by one.
_SECONDS = 1.0
# How many regions of sizes are traced: tracing tells sizes apart where the step does.
_MOST_REGIONS = 4
# The largest batch that is run on copies.
_REAL_SIZE = 4
# What fake tensors raise where only elements decide.
_NEEDS_ELEMENTS = (
    "DataDependentOutputException",
    "DynamicOutputShapeException",
    "GuardOnDataDependentSymNode",
    "UnsupportedOperatorException",
    "UnsupportedFakeTensorException",
    "UnsupportedMutationAliasingException",
    "PendingUnbackedSymbolNotFound",
)
_FAKE_MARKS = ("FakeTensor", "fake tensor", "SymInt", "SymFloat", "SymBool", "tensor subclasses", "symbolic")


def fly(
    model: Any,
    loss: Any = None,
    batch_or_loader: Any = None,
    *,
    step: Callable[..., Any] | None = None,
    batch_sizes: Sequence[int] | None = None,
    device: str | None = None,
    autocast: Any = None,
    real_step: bool = False,
) -> Flight:
    """Run a step on fake tensors at every batch size that matters; see ``snugly.preflight``."""
    made = make_step(model, loss, batch_or_loader, step)
    flight = Flight(sizes_of(made, batch_sizes), parameters=_count(made))
    how = How(mode=fake_mode(), autocast=autocast, device=device)
    if not is_there(device):
        flight.note(
            f"there is no {device} here: shapes and devices are followed, gradients and mixed precision are not"
        )
    first = _first(made, flight, how)
    if first.error is None:
        how = replace(how, real=bool(flight.real), backward=False)
        for size in _at_most(flight, flight.sizes.run):
            if size != first.size:
                _try(made, size, how, flight)
        if not flight.real:
            if flight.branches:
                _try(made, first.size, replace(how, example=0), flight)
            _prove(made, flight, how)
        _other_modes(made, flight, how)
        _check_result(first, flight, device)
        judge_further_labels(made, first, flight)
        if real_step:
            _real_step(made, flight)
    report_findings(source_traps(made, first), flight, None)
    return flight


def _count(step: Step) -> int:
    seen = {id(each): each for model in step.modules for each in model.parameters() if each.requires_grad}
    return sum(each.numel() for each in seen.values())


def _first(step: Step, flight: Flight, how: How) -> Outcome:
    """Run the step at the configured batch size: on fake tensors, or on copies where fake ones cannot go."""
    outcome = run(step, flight.size, how)
    if outcome.error is not None and _needs_elements(outcome.error):
        flight.real = failure(outcome.error)
        outcome = run(step, min(flight.size, max(2, _REAL_SIZE)), How(real=True))
        if outcome.error is not None and step.size <= _REAL_SIZE * 64:
            outcome = run(step, step.size, How(real=True))  # the step may be made for this size
    _keep(step, outcome, outcome.size if flight.real else flight.size, flight)
    flight.layers, flight.saved = outcome.layers, outcome.saved
    flight.without_gradient = tuple(outcome.without_gradient)
    return outcome


def _at_most(flight: Flight, wanted: Sequence[int]) -> tuple[int, ...]:
    """Return the sizes to run; shrunken where the step runs on copies."""
    return tuple(dict.fromkeys(min(size, _REAL_SIZE - 1) for size in wanted)) if flight.real else tuple(wanted)


def _needs_elements(error: BaseException) -> bool:
    """Tell whether fake tensors, not the step, are to blame for an exception."""
    if isinstance(error, LossRefusedError):
        return False
    if any(each.__name__ in _NEEDS_ELEMENTS for each in type(error).__mro__):
        return True
    if isinstance(error, AssertionError) and raised_by_user(error):
        return False
    return isinstance(error, (RuntimeError, TypeError, NotImplementedError, AssertionError, AttributeError)) and any(
        mark in str(error) for mark in _FAKE_MARKS
    )


def _keep(step: Step, outcome: Outcome, size: int, flight: Flight) -> None:
    """Note what a run at one size showed."""
    if size not in flight.tested:
        flight.tested += (size,)
    for line, kind in outcome.seen.read.items():
        if kind == "branch":
            flight.branches.add(line)
        else:
            flight.note(f"{line} reads an element of a tensor; what follows was followed with one example")
    if outcome.error is not None:
        report_failure(outcome, size, flight, step)
    else:
        report_findings(outcome.findings, flight, size)


def _try(step: Step, size: int, how: How, flight: Flight) -> Outcome:
    outcome = run(step, size, how)
    if outcome.error is not None and not how.real and _needs_elements(outcome.error):
        flight.untraced = flight.untraced or failure(outcome.error)
        return outcome
    _keep(step, outcome, size, flight)
    return outcome


def _prove(step: Step, flight: Flight, how: How) -> None:
    """Trace the step with a symbolic batch, once for each region of sizes that tracing tells apart.

    Where it cannot be traced it is run at every size, as long as that is quick.
    """
    every = flight.sizes.every
    proved = {size for size in flight.tested if size not in flight.failed}
    assumed: list[Assumption] = []
    for at in range(_MOST_REGIONS):
        missing = [size for size in every if size > 1 and size not in proved and size not in flight.failed]
        if not missing:
            break
        fresh = how if at == 0 else replace(how, mode=fake_mode())  # a region has a book of symbols of its own
        region = _trace(step, missing[-1], missing, flight, fresh)
        if region is None:
            break
        covered, found = region
        assumed += found
        if not covered:
            break
        proved |= covered
        if len(covered) == 1:  # the step needs a number, such as len(batch): every region would have one size
            break
    if not any(flight.sizes.occurs(size) for size in flight.failed):
        missing = [size for size in every if size not in proved and size not in flight.failed]
        proved |= _exhaust(step, flight, how, missing)
    flight.proved = frozenset(proved & set(every))
    if len(flight.proved) + len(set(flight.failed) & set(every)) < len(every):
        flight.assumed = tuple(assumed)


def _exhaust(step: Step, flight: Flight, how: How, missing: list[int]) -> set[int]:
    """Run the step at each size that is still open, until a second is over; return the sizes that fit."""
    fits: set[int] = set()
    until = time.process_time() + _SECONDS
    failures = 0
    for size in reversed(missing):
        if time.process_time() > until or failures > 1:
            break
        if _try(step, size, how, flight).error is None:
            fits.add(size)
        else:
            failures += 1
    return fits


def _trace(
    step: Step, example: int, wanted: list[int], flight: Flight, how: How
) -> tuple[set[int], list[Assumption]] | None:
    """Run the step once with a symbolic size; return the sizes it holds for and what it assumed."""
    outcome = run(step, example, replace(how, symbolic=True))
    if outcome.error is not None:
        if not isinstance(outcome.error, LossRefusedError):
            flight.untraced = failure(outcome.error)
        return None
    if any(loss.verdict.accepted is not True and not _only_elements(loss.verdict) for loss in outcome.seen.losses):
        return None
    found = assumptions(how.mode.shape_env, wanted)
    covered = set(wanted)
    for assumption in found:
        covered &= assumption.holds
    return covered, found


def _only_elements(verdict: Any) -> bool:
    from snugly.contracts.conditions import ELEMENT_CLAUSES

    return verdict.accepted is None and all(doubt.clause in ELEMENT_CLAUSES for doubt in verdict.doubts)


def _other_modes(step: Step, flight: Flight, how: How) -> None:
    """Run the step in evaluation mode too, where normalization and dropout do something else."""
    size = min(flight.size, _REAL_SIZE) if flight.real else flight.size
    outcome = run(step, size, replace(how, evaluating=True, autocast=None))
    if outcome.error is not None and (how.real or not _needs_elements(outcome.error)):
        flight.note(f"in evaluation mode it fails: {failure(outcome.error)}")


def _check_result(first: Outcome, flight: Flight, device: str | None) -> None:
    """Say what is wrong with the loss itself: none, several numbers, no gradient."""
    losses = first.seen.backwards or first.results
    for loss in first.seen.backwards:
        if loss.shape and any(size != 1 for size in loss.shape):
            flight.note(f"backward() is called on {loss}, and wants one number: take its mean() or sum()")
            return
    if not losses:
        flight.note("the step returns no tensor, so nothing can be trained by it")
    elif len(losses) == 1 and losses[0].shape:
        flight.note(f"the loss is {losses[0]}, and backward() wants one number: take its mean() or sum()")
    elif is_there(device) and not any(loss.requires_grad for loss in losses):
        flight.note("the loss requires no gradient, so nothing can be trained by it")


def _real_step(step: Step, flight: Flight) -> None:
    """Run one step on copies with the first real batch, and look for what is not finite."""
    outcome = run(step, step.size, How(real=True))
    if outcome.error is not None:
        flight.note(f"a real step on a copy fails: {failure(outcome.error)}")
        return
    values = ", ".join(f"{each:.4g}" for each in outcome.values[:4])
    bad = [each for each in outcome.values if each != each or abs(each) == float("inf")]  # noqa: PLR0124 - NaN
    if bad:
        flight.note(f"a real step on a copy gives a loss of {values}: not a finite number")
    elif outcome.not_finite:
        names = ", ".join(outcome.not_finite[:6])
        flight.note(f"a real step on a copy gives gradients that are not finite in {names}")
    elif values:
        flight.note(f"a real step on a copy gives a loss of {values}, and finite gradients")


__all__ = ["StepError", "fly"]
