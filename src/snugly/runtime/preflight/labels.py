"""The labels of further batches, led through the same operations and judged by the same contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.records import replace
from snugly.runtime.facts import facts_of
from snugly.runtime.preflight.batches import tensors_of
from snugly.runtime.preflight.explaining import report_findings
from snugly.runtime.session import undisturbed

if TYPE_CHECKING:
    from typing import Any

    from snugly.contracts.calls import LossCall
    from snugly.rules.findings import Finding
    from snugly.runtime.preflight.faking import Outcome
    from snugly.runtime.preflight.flight import Flight
    from snugly.runtime.preflight.judging import Judged
    from snugly.runtime.preflight.steps import Step


def judge_further_labels(step: Step, first: Outcome, flight: Flight) -> None:
    """Judge every loss of the first run again with the labels of the batches after it."""
    for at, batch in enumerate(step.more, start=2):
        leaves = tensors_of(batch)
        for loss in first.seen.losses:
            with undisturbed():
                call = _with_labels(loss, leaves)
                found = () if call is None else _judged_again(loss, call)
            new = [each for each in found if all(each.code != known.code for known in loss.findings)]
            report_findings(
                [replace(each, message=f"{each.message} This happens in batch {at} of the loader.") for each in new],
                flight,
                None,
            )


def _with_labels(loss: Judged, leaves: list[Any]) -> LossCall | None:
    """Return the call with the elements of another batch; ``None`` where that batch has another form."""
    arguments = dict(loss.call.arguments)
    for name, recipe in loss.recipes.items():
        try:
            facts = facts_of(recipe(leaves))
        except Exception:
            return None
        if facts.shape != arguments[name].shape or facts.dtype != arguments[name].dtype:
            return None
        arguments[name] = arguments[name].with_(values=facts.values)
    return replace(loss.call, arguments=arguments) if loss.recipes else None


def _judged_again(loss: Judged, call: LossCall) -> tuple[Finding, ...]:
    from snugly.rules.judge import judge_loss
    from snugly.runtime.kernel import accepts

    return judge_loss(call, place=loss.place, sources=loss.sources, kernel=accepts)[1]
