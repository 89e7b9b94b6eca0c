"""The answer of ``snugly fit``: whether a call fits, what comes out, what torch says and what would fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.contracts.conditions import condition
from snugly.reports.full import add_finding
from snugly.reports.json import VERSION, facts_as_dict, finding_as_dict
from snugly.reports.styled import Page
from snugly.reports.texts import Texts

if TYPE_CHECKING:
    from snugly.contracts.calls import Verdict


def page(verdict: Verdict, width: int = 100) -> Page:
    """Lay out the answer, yes or no first."""
    drawn = Page(width)
    mode = f" ({verdict.mode})" if verdict.mode else ""
    if verdict.accepted:
        drawn.add(("yes", "good"), (f"{mode}: gives ", ""), (str(verdict.output), "shape"))
        for proviso in dict.fromkeys(map(condition, verdict.doubts)):
            drawn.prose(proviso, start=(("  provided that ", "quiet"),), indent="    ")
    elif verdict.accepted is None:
        drawn.add(("it depends", "warning"), (mode, ""))
        for open_question in dict.fromkeys(map(condition, verdict.doubts)) if verdict.doubts else verdict.missing:
            drawn.prose(open_question, start=(("  not known: ", "quiet"),), indent="             ")
    else:
        raises = verdict.raises
        drawn.add(("no", "error"), (mode, ""))
        if raises is not None and not verdict.findings:
            when = " in backward" if raises.when == "backward" else ""
            drawn.prose(f"torch raises {raises.type}{when}: {raises.message}")
    texts = Texts({})
    for finding in verdict.findings:
        drawn.add()
        add_finding(drawn, finding, texts)
    return drawn


def as_dict(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict as objects that ``json`` can write."""
    raises = verdict.raises
    return {
        "version": VERSION,
        "accepted": verdict.accepted,
        "mode": verdict.mode,
        "output": None if verdict.output is None else facts_as_dict(verdict.output),
        "raises": None if raises is None else {"type": raises.type, "when": raises.when, "message": raises.message},
        "missing": list(verdict.missing),
        "findings": [finding_as_dict(finding) for finding in verdict.findings],
    }
