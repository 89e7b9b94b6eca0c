"""The one door from what was seen to findings: a loss call or an operation goes in, findings come out.

Whoever sees the tensors (the interpreter, a live run, a message) never judges them, and no rule looks at source. Here
the contract gives its verdict, the rules say what is wrong, and the remedies say, with proof, what would mend it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from snugly import contracts
from snugly.contracts.calls import LossCall, Raises, Verdict
from snugly.facts.tensors import TensorFacts
from snugly.rules.findings import Finding, Fix
from snugly.rules.registry import Rule, loss_rules, operation_rules, retraction, withdrawals
from snugly.rules.steps import made_at, steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from snugly.facts.origins import Origin, Place, Source
    from snugly.operations.registry import Application
    from snugly.remedies.proof import Kernel
    from snugly.remedies.site import Site
    from snugly.rules.diagnosis import Diagnosis

NO_SOURCES: Mapping[str, Source] = {}


def judge_loss(
    call: LossCall,
    *,
    place: Place | None = None,
    sources: Mapping[str, Source] = NO_SOURCES,
    kernel: Kernel | None = None,
    callers: tuple[Place, ...] = (),
    constructor: Origin | None = None,
) -> tuple[Verdict, tuple[Finding, ...]]:
    """Return the contract's verdict on a loss call and what is wrong with it, traps included.

    Args:
        call: the facts of every argument, and the options.
        place: the call in the user's source.
        sources: span and text of every argument of that call, by parameter name.
        kernel: runs the real kernel on stand-ins, to prove fixes with; see ``Kernel``.
        callers: the calls of the user's functions that were running, innermost first.
        constructor: where the loss module was made, with the sources of its options.
    """
    verdict = contracts.evaluate(call)
    told = diagnose(call, verdict)
    if not told:
        return verdict, ()
    from snugly.remedies.offer import offer_for_call
    from snugly.remedies.site import Site

    site = Site(place, sources, callers, constructor, kernel)
    findings = tuple(
        _finding(
            rule,
            diagnosis,
            site,
            call.arguments,
            offer_for_call(diagnosis, call, site, _anew),
            call.loss,
            verdict.raises,
        )
        for rule, diagnosis in told
    )
    return verdict, findings


def judge_operation(
    application: Application,
    *,
    place: Place | None = None,
    sources: Mapping[str, Source] = NO_SOURCES,
    callers: tuple[Place, ...] = (),
    constructor: Origin | None = None,
) -> tuple[Finding, ...]:
    """Return what is wrong with an operation as it was met: it does not fit, or it fits and mixes up axes.

    Args:
        application: the operation, its arguments by parameter name, and its result or misfit.
        place: the operation in the user's source.
        sources: span and text of every argument, by parameter name.
        callers: the calls of the user's functions that were running, innermost first.
        constructor: where the layer that applies it was made.
    """
    misfit = application.misfit
    told = diagnose_operation(application)
    if not told:
        return ()
    from snugly.remedies.offer import offer_for_operation
    from snugly.remedies.site import Site

    site = Site(place, sources, callers, constructor)
    tensors = {name: value for name, value in application.arguments.items() if isinstance(value, TensorFacts)}
    raises = None if misfit is None else Raises(misfit.raises, "forward", misfit.message)
    return tuple(
        _finding(rule, diagnosis, site, tensors, offer_for_operation(diagnosis, application, site), None, raises)
        for rule, diagnosis in told
    )


def withdrawn_by(application: Application) -> tuple[tuple[str, Place], ...]:
    """Return the findings that an operation shows to have been meant: the code of each, and its place."""
    if application.misfit is not None:
        return ()
    found = ((code, retraction(code)(application)) for code in withdrawals(application.name))
    return tuple((code, place) for code, place in found if place is not None)


def diagnose(call: LossCall, verdict: Verdict) -> tuple[tuple[Rule, Diagnosis], ...]:
    """Return what the rules say about a loss call, without looking for remedies."""
    return _told(said for rule in loss_rules(call, verdict.accepted is False) for said in _said(rule, call, verdict))


def diagnose_operation(application: Application) -> tuple[tuple[Rule, Diagnosis], ...]:
    """Return what the rules say about an operation, without looking for remedies."""
    misfit = application.misfit
    looking = operation_rules(application.name, None if misfit is None else misfit.clause)
    return _told(said for rule in looking for said in _said(rule, application)) if looking else ()


def _said(rule: Rule, *subject: Any) -> Iterator[tuple[Rule, Diagnosis]]:
    """Yield what one rule says; a rule that breaks says nothing, so that it costs its own findings and no others."""
    try:
        check = rule.check
        yield from [(rule, diagnosis) for diagnosis in check(*subject[: check.__code__.co_argcount])]
    except Exception:
        if "SNUGLY_STRICT" in os.environ:
            raise


def _anew(call: LossCall) -> tuple[Diagnosis, ...]:
    return tuple(diagnosis for _, diagnosis in diagnose(call, contracts.evaluate(call)))


def _told(all_said: Iterator[tuple[Rule, Diagnosis]]) -> tuple[tuple[Rule, Diagnosis], ...]:
    """Leave out what is only said where no other rule says more."""
    said = tuple(all_said)
    if all(diagnosis.fallback or diagnosis.silent for _, diagnosis in said):
        return said
    return tuple((rule, diagnosis) for rule, diagnosis in said if not diagnosis.fallback)


def _finding(
    rule: Rule,
    diagnosis: Diagnosis,
    site: Site,
    arguments: Mapping[str, TensorFacts],
    fixes: tuple[Fix, ...],
    loss: str | None,
    raises: Raises | None,
) -> Finding:
    names = diagnosis.only or tuple(arguments)
    facts: dict[str, Any] = {name: arguments[name] for name in names if name in arguments}
    blamed = [] if diagnosis.argument is None or diagnosis.argument not in arguments else [diagnosis.argument]
    others = [name for name in facts if name not in blamed]
    origin = tuple(step for name in (*blamed, *others) for step in steps(name, arguments[name]))
    return Finding(
        rule.code,
        rule.name,
        diagnosis.severity or rule.severity,
        diagnosis.message,
        place=site.place,
        loss=loss,
        facts=facts,
        raises=None if diagnosis.silent else raises,
        origin=origin,
        cause=_cause(diagnosis, fixes, site, arguments),
        fixes=fixes,
        argument=diagnosis.argument,
        details=diagnosis.details(),
        sources=site.sources,
    )


def _cause(
    diagnosis: Diagnosis, fixes: tuple[Fix, ...], site: Site, arguments: Mapping[str, TensorFacts]
) -> Place | None:
    """Return the place to change first: where the fault was made, else where the best fix edits, else the argument.

    Without a fix, an argument that is no expression but a name was made elsewhere: there.
    """
    if diagnosis.blame is not None and diagnosis.blame.place is not None:
        return diagnosis.blame.place
    if fixes and fixes[0].edits:
        from snugly.remedies.text import first_change

        return first_change(fixes[0].edits[0])
    source = site.sources.get(diagnosis.argument or "")
    facts = arguments.get(diagnosis.argument or "")
    if facts is not None and source is not None and source.text.isidentifier():
        return made_at(facts) or source.place
    return site.place if source is None else source.place
