"""In words: what has to hold for a clause that the facts leave open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.contracts.arithmetic import listed, scalar_type
from snugly.facts.dims import Expr

if TYPE_CHECKING:
    from snugly.contracts.calls import Violation

ELEMENT_CLAUSES = frozenset(
    (
        "label-range",
        "probability-range",
        "variance-range",
        "lengths-range",
        "target-lengths-range",
        "target-lengths-sum",
    )
)
"""The clauses about elements, of which a shape and a dtype say nothing."""


def condition(doubt: Violation) -> str:
    """Return what has to hold, such as ``"every label of target is from 0 to 9"``."""
    name, details = doubt.argument, doubt.details
    match doubt.clause:
        case "label-range":
            return _labels(name, details.get("classes"), details.get("ignore_index"))
        case "probability-range":
            return f"every element of {name} is from 0 to 1"
        case "variance-range":
            return f"no element of {name} is negative"
        case "no-gradient":
            return f"{name} does not require grad, for which torch has no gradient"
        case "lengths-range" | "target-lengths-range":
            return f"every length in {name} is in range"
        case "target-lengths-sum":
            return f"the target lengths add up to the size of {name}"
        case "batch-size" | "target-shape" if "expected" in details:
            return f"{name} {listed(details[name])} is {listed(details['expected'])}"
        case _:
            return f"{name} keeps to “{doubt.clause.replace('-', ' ')}”{_with(details)}"


def _labels(name: str, classes: Any, ignored: Any) -> str:
    last = "the number of classes less 1" if classes is None else str(classes - 1)
    spared = f", or {ignored}" if isinstance(ignored, int) else ""
    return f"every label of {name} is from 0 to {last}{spared}"


def _with(details: Any) -> str:
    parts = []
    for key, value in details.items():
        if isinstance(value, tuple) and all(size is None or isinstance(size, int | Expr) for size in value):
            parts.append(f"{key} {listed(value)}")
        elif isinstance(value, str):
            parts.append(f"{key} {scalar_type(value)}")
    return f" ({', '.join(parts)})" if parts else ""
