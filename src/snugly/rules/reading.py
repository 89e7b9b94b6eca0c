"""Reading a loss call: which kind of loss it is, what its arguments are, and numbers in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.contracts import UNKNOWN, contract
from snugly.facts.dims import Dim, bounds, divides, same, value

if TYPE_CHECKING:
    from snugly.contracts.calls import LossCall, Verdict
    from snugly.facts.tensors import Shape, TensorFacts

CLASS_INDEX = frozenset(("cross_entropy", "nll_loss", "linear_cross_entropy"))
EXACT = frozenset(("binary_cross_entropy", "binary_cross_entropy_with_logits"))
WARNED = frozenset(("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"))
BROADCASTING = WARNED | frozenset((
    "poisson_nll_loss", "gaussian_nll_loss", "kl_div", "hinge_embedding_loss", "soft_margin_loss",
    "multilabel_soft_margin_loss",
))  # fmt: skip
ELEMENTWISE = EXACT | BROADCASTING
SIGNED = frozenset(("hinge_embedding_loss", "soft_margin_loss", "margin_ranking_loss", "cosine_embedding_loss"))


def short(call: LossCall) -> str:
    """Return the function's own name, such as ``"cross_entropy"``."""
    return call.loss.rpartition(".")[2]


def title(call: LossCall) -> str:
    """Return what the user calls the loss: the module's class, else the function."""
    return (call.module or call.loss).rpartition(".")[2]


def given(call: LossCall, name: str) -> TensorFacts | None:
    """Return the facts of an argument if its shape is known."""
    facts = call.arguments.get(name)
    return facts if facts is not None and facts.shape is not None else None


def pair(call: LossCall) -> tuple[TensorFacts, TensorFacts] | None:
    """Return input and target if the shapes of both are known."""
    input, target = given(call, "input"), given(call, "target")
    return None if input is None or target is None else (input, target)


def option(call: LossCall, name: str) -> Any:
    """Return an option as given or torch's default; ``None`` where it is not known."""
    if name in call.options:
        found = call.options[name]
        return None if found is UNKNOWN else found
    try:
        return next(each.default for each in contract(call.loss).parameters if each.name == name)
    except (KeyError, StopIteration):
        return None


def clause(verdict: Verdict) -> str | None:
    """Return the clause that torch reports."""
    return verdict.violations[0].clause if verdict.violations else None


def class_axis(facts: TensorFacts) -> int:
    """Return the axis that torch takes for the classes."""
    return 0 if facts.rank == 1 else 1


def classes(call: LossCall) -> Dim | None:
    """Return the number of classes that the loss sees."""
    if short(call) == "linear_cross_entropy":
        weight = call.arguments.get("linear_weight")
        return None if weight is None else weight.size(0)
    input = given(call, "input")
    return None if input is None or not input.rank else input.size(class_axis(input))


def sizes(shape: Shape | None) -> str:
    """Write a shape as Python does: ``(N, 1)``, ``(32,)``."""
    if shape is None:
        return "an unknown shape"
    from snugly.facts.notation import render_sizes

    return f"({render_sizes(shape)}{',' if len(shape) == 1 else ''})"


def many(number: Dim | None, noun: str, plural: str = "") -> str:
    """Write a number with its noun: ``1 row``, ``32 rows``, ``N rows``."""
    return f"{'?' if number is None else number} {noun if same(number, 1) else plural or noun + 's'}"


def swapped(call: LossCall) -> bool:
    """Tell whether gradients flow to the target and not to the input: the two have changed places."""
    input, target = call.arguments.get("input"), call.arguments.get("target")
    return input is not None and target is not None and input.requires_grad is False and target.requires_grad is True


def multiple(large: Dim | None, small: Dim | None) -> Dim | None:
    """Return how many times one size holds the other, if it does so more than once for certain."""
    if large is None or small is None or same(small, 0) is not False or divides(small, large) is not True:
        return None
    times = large // small
    return None if same(times, 1) is not False else times


def grows(number: Dim | None) -> bool:
    """Tell whether a size is, or can be, more than one."""
    if number is None:
        return False
    high = bounds(number)[1]
    return high is None or high > 1


def fixed(number: Dim | None) -> int | None:
    """Return a size as an integer, if there is just one that it can be."""
    return value(number)
