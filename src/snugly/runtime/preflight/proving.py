"""``snugly.preflight``: does this step fit for every batch that can occur?"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from snugly.facts.records import replace
from snugly.runtime.preflight.batches import of_size, tensors_of
from snugly.runtime.preflight.explaining import (
    failure,
    raised_by_user,
    report_failure,
    report_findings,
    report_source,
)
from snugly.runtime.preflight.faking import How, Outcome, run
from snugly.runtime.preflight.flight import Flight
from snugly.runtime.preflight.formation import ElementsNeededError, PairsNeededError
from snugly.runtime.preflight.judging import LossRefusedError
from snugly.runtime.preflight.labels import judge_further_labels
from snugly.runtime.preflight.sizes import sizes_of
from snugly.runtime.preflight.standing import is_there
from snugly.runtime.preflight.steps import Step, StepError, make_step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from snugly.contracts.calls import Verdict

# Seconds of the processor for which sizes that the first formation left behind are flown.
_SECONDS = 1.0
# How many of them may fail, beside those that the loader makes, until the others are left alone.
_MOST_FAILURES = 2
# The largest batch that is run on copies.
_REAL_SIZE = 4
# What tensors without memory raise where there is no kernel for them, or where something wants their elements.
_MARKS = re.compile(
    r"\b[Mm]eta\b|Sym(Int|Float|Bool)|Shadow|tensor subclass|data.dependent|n.t have storage|not allocated"
)


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
    """Run a step on shadows at every batch size that matters; see ``snugly.preflight``."""
    made = make_step(model, loss, batch_or_loader, step)
    flight = Flight(sizes_of(made, batch_sizes), parameters=_count(made))
    how = How(autocast=autocast, device=device, watched=frozenset(flight.sizes.run))
    if autocast is not None and not is_there(device):
        flight.note(f"there is no {device} here: mixed precision is not followed")
    first = _first(made, flight, how)
    if first.error is None:
        how = replace(how, real=bool(flight.real), backward=False)
        if flight.real:
            _try_sizes(made, flight, how)
        else:
            if flight.branches:
                _fly(made, flight.size, replace(how, sizes=_together(flight), example=0), flight)
            _fly_rest(made, flight, how)
        _other_modes(made, flight, how)
        _check_result(first, flight)
        judge_further_labels(made, first, flight)
        if real_step:
            _real_step(made, flight)
    report_source(made, first, flight)
    return flight


def _count(step: Step) -> int:
    seen = {id(each): each for model in step.modules for each in model.parameters() if each.requires_grad}
    return sum(each.numel() for each in seen.values())


def _together(flight: Flight) -> tuple[int, ...]:
    """Return the sizes that are wanted, the configured one among them."""
    return tuple(sorted({*flight.sizes.every, *flight.sizes.run}))


def _first(step: Step, flight: Flight, how: How) -> Outcome:
    """Run the step at every size, as it goes at the configured one: on shadows, or on copies where they cannot go."""
    outcome = _fly(step, flight.size, replace(how, sizes=_together(flight)), flight)
    if outcome.error is not None and _needs_elements(outcome.error):
        flight.real = failure(outcome.error)
        outcome = run(step, min(flight.size, max(2, _REAL_SIZE)), How(real=True))
        if outcome.error is not None and step.size <= _REAL_SIZE * 64:
            outcome = run(step, step.size, How(real=True))  # the step may be made for this size
        _keep(step, outcome, outcome.size, flight)
    flight.layers, flight.saved = outcome.layers, outcome.saved
    flight.without_gradient = tuple(outcome.without_gradient)
    return outcome


def _fly(step: Step, lead: int, how: How, flight: Flight) -> Outcome:
    """Run the step at several sizes as it goes at one of them, and note what that shows.

    Whatever is wrong is shown by the one alone, with plain sizes: that only symbols are to blame for it cannot be then.
    """
    outcome = _in_pairs(step, lead, how)
    if outcome.error is not None and not isinstance(outcome.error, LossRefusedError) and len(how.sizes) > 1:
        together, outcome = outcome, _in_pairs(step, lead, replace(how, sizes=()))
        if outcome.error is None:
            flight.apart = flight.apart or failure(together.error or RuntimeError())
    if outcome.error is not None and _needs_elements(outcome.error):
        flight.apart = flight.apart or failure(outcome.error)
        return outcome
    _keep(step, outcome, lead, flight)
    return outcome


def _in_pairs(step: Step, lead: int, how: How) -> Outcome:
    """Run the step; where a size comes up that only elements know, with two numbers for it."""
    try:
        return run(step, lead, how)
    except PairsNeededError:
        return run(step, lead, replace(how, paired=True))


def _try_sizes(step: Step, flight: Flight, how: How) -> None:
    """Run the step on copies at each size that matters, or at a small one that stands for it."""
    for size in dict.fromkeys(min(size, _REAL_SIZE - 1) for size in flight.sizes.run):
        if size not in flight.tested:
            _keep(step, run(step, size, how), size, flight)


def _needs_elements(error: BaseException) -> bool:
    """Tell whether tensors without elements, not the step, are to blame for an exception."""
    if isinstance(error, LossRefusedError):
        return False
    if isinstance(error, ElementsNeededError):
        return True
    if isinstance(error, AssertionError) and raised_by_user(error):
        return False
    kinds = (RuntimeError, TypeError, NotImplementedError, AssertionError, AttributeError, ValueError)
    return isinstance(error, kinds) and _MARKS.search(str(error)) is not None


def _keep(step: Step, outcome: Outcome, size: int, flight: Flight) -> None:
    """Note what a run showed."""
    covered = [each for each in flight.sizes.run if each in outcome.covered and outcome.error is None]
    flight.tested = tuple(dict.fromkeys((*flight.tested, size, *covered)))
    for line, kind in outcome.seen.read.items():
        if kind == "branch":
            flight.branches.add(line)
        else:
            flight.note(f"{line} reads an element of a tensor; what follows was followed with one example")
    if outcome.error is not None:
        report_failure(outcome, size, flight, step)
        return
    if not any(loss.verdict.accepted is None and not _only_elements(loss.verdict) for loss in outcome.seen.losses):
        flight.proved |= outcome.covered & frozenset(flight.sizes.every)
    flight.assumed += tuple(each for each in outcome.parted if each not in flight.assumed)
    for other, found in ((size, outcome.findings), *outcome.seen.elsewhere.items()):
        if other == flight.size or flight.real or flight.sizes.certain(other):
            report_findings(found, flight, other)


def _only_elements(verdict: Verdict) -> bool:
    """Tell whether nothing but elements could make torch refuse a loss call."""
    from snugly.contracts.conditions import ELEMENT_CLAUSES

    return all(doubt.clause in ELEMENT_CLAUSES for doubt in verdict.doubts)


def _fly_rest(step: Step, flight: Flight, how: How) -> None:
    """Fly the sizes that went another way: first those that the loader makes, then from the largest down, for a while.

    Each leads those that are left; where sizes cannot be flown side by side, each flies alone.
    """
    until = time.process_time() + _SECONDS
    for size in flight.sizes.run:
        if size not in flight.failed and (size not in flight.proved or not _as_flown(step, flight.size, size)):
            left = [each for each in _together(flight) if each not in flight.proved and each not in flight.failed]
            _fly(step, size, replace(how, sizes=tuple(sorted({*left, size}))), flight)
    failures = 0
    alone = bool(flight.apart)
    while left := [size for size in flight.sizes.every if size not in flight.proved and size not in flight.failed]:
        if any(flight.sizes.occurs(size) for size in flight.failed) or failures >= _MOST_FAILURES:
            break
        if time.process_time() > until:
            break
        before = len(flight.proved)
        outcome = _fly(step, left[-1], replace(how, sizes=() if alone else tuple(left)), flight)
        failures += outcome.error is not None
        alone = alone or len(flight.proved) <= before + 1  # the step needs a number, such as len(batch)
        if outcome.error is not None and left[-1] not in flight.failed:
            break
    if len(flight.proved) + len(set(flight.failed) & set(flight.sizes.every)) == len(flight.sizes.every):
        flight.assumed = ()


def _as_flown(step: Step, flown: int, size: int) -> bool:
    """Tell whether the loader's batch of a size differs from the one that was flown in nothing but its size."""
    there, here = step.batch_of(size), of_size(step.batch_of(flown), flown, size)
    return [each.shape for each in tensors_of(there)] == [each.shape for each in tensors_of(here)]


def _other_modes(step: Step, flight: Flight, how: How) -> None:
    """Run the step in evaluation mode too, where normalization and dropout do something else."""
    size = min(flight.size, _REAL_SIZE) if flight.real else flight.size
    outcome = _in_pairs(step, size, replace(how, evaluating=True, autocast=None))
    if outcome.error is not None and (how.real or not _needs_elements(outcome.error)):
        flight.note(f"in evaluation mode it fails: {failure(outcome.error)}")


def _check_result(first: Outcome, flight: Flight) -> None:
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
    elif not any(loss.requires_grad for loss in losses):
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
