"""From the remedies that a diagnosis names to fixes that are proved, written into the source and ranked.

A remedy that mends one fault and leaves another is followed by the remedies of what is left, so that a fix is offered
only when the call is accepted after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from snugly.contracts.calls import LossCall
from snugly.facts.records import dataclass, replace
from snugly.operations.registry import lookup
from snugly.remedies.proof import prove
from snugly.remedies.remedy import ChangeArgument, Placement, Remedy
from snugly.remedies.text import parses, unified_diff
from snugly.rules.findings import Applicability, Edit, Fix, Proof

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snugly.operations.registry import Application
    from snugly.remedies.site import Site
    from snugly.rules.diagnosis import Diagnosis

MOST_FIXES = 4
MOST_STEPS = 3

Diagnose = Callable[[LossCall], "tuple[Diagnosis, ...]"]


@dataclass(frozen=True, slots=True)
class Plan:
    """Remedies that mend a call together, and what they make of it."""

    remedies: tuple[Remedy, ...]
    call: LossCall


def offer_for_call(diagnosis: Diagnosis, call: LossCall, site: Site, diagnose: Diagnose) -> tuple[Fix, ...]:
    """Return the proved fixes of a diagnosis at a loss, the best first.

    Args:
        diagnosis: what is wrong.
        call: the call as it is.
        site: where it stands.
        diagnose: says what is wrong with a changed call.
    """
    fixes: list[Fix] = []
    for remedy in diagnosis.remedies:
        plan = _planned(remedy, diagnosis, call, diagnose)
        if plan is None:
            continue
        proof = prove(plan.call, site.kernel)
        if proof is None:
            continue
        fixes += _fixes(_merged(plan.remedies), call.arguments, site, proof)
    return _distinct(fixes)


def offer_for_operation(diagnosis: Diagnosis, application: Application, site: Site) -> tuple[Fix, ...]:
    """Return the proved fixes of a diagnosis at an operation, the best first."""
    fixes: list[Fix] = []
    for remedy in diagnosis.remedies:
        changed = remedy.arguments(application.arguments)
        if changed is None:
            continue
        proof = _proof_of_operation(application.name, application.arguments, changed)
        if proof is not None:
            fixes += _fixes((remedy,), application.arguments, site, proof)
    return _distinct(fixes)


def _planned(remedy: Remedy, diagnosis: Diagnosis, call: LossCall, diagnose: Diagnose) -> Plan | None:
    """Return the remedy, followed by those of whatever is still wrong with the call, or ``None``."""
    plan: tuple[Remedy, ...] = ()
    current = call
    following: Remedy | None = remedy
    for _ in range(MOST_STEPS):
        if following is None:
            return None
        changed = following.call(current)
        if changed is None:
            return None
        plan, current = (*plan, following), changed
        left = [each for each in diagnose(current) if not each.silent or type(each) is type(diagnosis)]
        if not left:
            return Plan(plan, current)
        if any(type(each) is type(diagnosis) for each in left):
            return None
        following = next((each for one in left for each in one.remedies), None)
    return None


def _merged(remedies: tuple[Remedy, ...]) -> tuple[Remedy, ...]:
    """Return the remedies with changes to the same argument made one."""
    merged: list[Remedy] = []
    for remedy in remedies:
        last = merged[-1] if merged else None
        if isinstance(remedy, ChangeArgument) and isinstance(last, ChangeArgument) and remedy.argument == last.argument:
            title = f"{last.title} and {remedy.title[:1].lower()}{remedy.title[1:]}"
            merged[-1] = replace(
                last, changes=(*last.changes, *remedy.changes), title=title, near=last.near or remedy.near
            )
        else:
            merged.append(remedy)
    return tuple(merged)


def _fixes(remedies: tuple[Remedy, ...], arguments: Mapping[str, Any], site: Site, proof: Proof) -> Iterator[Fix]:
    first, *others = remedies
    rest = [next(iter(other.placements(arguments, site)), None) for other in others]
    wanted = [each for each in rest if each is not None]
    complete = len(wanted) == len(rest)
    title = (
        first.title
        if not others
        else " and ".join([first.title, *(f"{each.title[:1].lower()}{each.title[1:]}" for each in others)])
    )
    placed = False
    for placement in first.placements(arguments, site):
        if not complete:
            break
        edits = _joined(placement, wanted)
        if edits and not parses(edits):
            continue
        placed = True
        certain = first.safe and proof.contract is not None and all(each.safe for each in others)
        applicability = Applicability.SAFE if certain and placement.local else Applicability.UNSAFE
        shown = title if placement.shown in title.split() else f"{title}: {placement.shown}"
        yield Fix(shown, applicability, edits, unified_diff(edits), proof)
    if not placed:
        yield Fix(title, Applicability.DISPLAY_ONLY, proof=proof)


def _joined(placement: Placement, others: list[Placement]) -> tuple[Edit, ...]:
    edits = list(placement.edits)
    for other in others:
        edits += [edit for edit in other.edits if edit not in edits]
    return tuple(edits)


def _distinct(fixes: list[Fix]) -> tuple[Fix, ...]:
    """Leave out fixes that edit the same to the same, and sentences without an edit where there are others with one."""
    seen: set[Any] = set()
    kept: list[Fix] = []
    for fix in fixes:
        key = fix.edits or fix.title
        if key not in seen:
            seen.add(key)
            kept.append(fix)
    written = [fix for fix in kept if fix.edits]
    return tuple((written or kept)[:MOST_FIXES])


def _proof_of_operation(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Proof | None:
    """Return what holds for changed arguments of an operation; ``None`` where it would still not fit."""
    from snugly.facts.misfits import Misfit

    if before == after:
        return Proof()
    operation = lookup(name)
    if operation is None:
        return Proof()
    try:
        operation(**after)
    except Misfit:
        return None
    except (TypeError, ValueError, AttributeError, IndexError, KeyError):
        return Proof()
    return Proof("the sizes at hand")
