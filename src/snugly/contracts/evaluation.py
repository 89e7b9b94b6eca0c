"""``evaluate``: the verdict of a contract on a call, joined over every way that the facts leave open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from snugly.contracts.arithmetic import Node, same_sizes
from snugly.contracts.calls import LossCall, Raises, Verdict, Violation
from snugly.contracts.trace import Rejected, Trace, Undetermined
from snugly.facts.dtypes import COMPLEX, FLOATING, INTEGRAL
from snugly.facts.tensors import TensorFacts

if TYPE_CHECKING:
    from snugly.contracts.contract import Contract

MOST_WAYS = 512
MODELLED = frozenset(("bool", "uint8", *(name for name in INTEGRAL if name[0] == "i"), *FLOATING, *COMPLEX[1:]))


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What one pass came to; ``missing`` says what it was not sure of before it ended."""

    accepted: bool | None
    mode: str | None
    output: Node | None = None
    raises: Raises | None = None
    violations: tuple[Violation, ...] = ()
    missing: tuple[str, ...] = ()


def evaluate_with(contract: Contract, call: LossCall) -> Verdict:
    """Return what torch does with a call, as far as its facts decide it."""
    for name, facts in call.arguments.items():
        if facts.dtype is not None and facts.dtype not in MODELLED:
            return Verdict(None, missing=(f"{name}: what torch's CPU kernels do with {facts.dtype}",))
    ways: list[tuple[int, ...]] = []
    outcome = _run(contract, call, (), ways)
    if not ways:
        return _verdict(outcome)
    outcomes = [outcome]
    while ways:
        outcomes.append(_run(contract, call, ways.pop(), ways))
        if len(outcomes) > MOST_WAYS:
            return Verdict(None, missing=("too much of this call is unknown",))
    return _verdict(_joined(outcomes))


def _run(contract: Contract, call: LossCall, script: tuple[int, ...], ways: list[tuple[int, ...]]) -> _Outcome:
    trace = Trace(call, script, ways)
    try:
        output = contract.check(trace)
    except Rejected as rejected:
        return _Outcome(False, trace.mode, None, rejected.raises, (rejected.violation,), tuple(trace.missing))
    except Undetermined as undetermined:
        return _Outcome(None, trace.mode, missing=(*trace.missing, undetermined.missing), violations=())
    forward_missing = len(trace.missing)
    try:
        trace.settle()
    except Rejected as rejected:
        certain = None if forward_missing else output
        return _Outcome(False, trace.mode, certain, rejected.raises, (rejected.violation,), tuple(trace.missing))
    accepted = None if trace.missing else True
    return _Outcome(accepted, trace.mode, output, missing=tuple(dict.fromkeys(trace.missing)))


def _joined(outcomes: list[_Outcome]) -> _Outcome:
    first = outcomes[0]
    missing = tuple(dict.fromkeys(name for outcome in outcomes for name in outcome.missing))
    mode = first.mode if all(outcome.mode == first.mode for outcome in outcomes) else None
    if all(outcome.accepted is False for outcome in outcomes):
        return _Outcome(False, mode, None, _same_raises(outcomes), first.violations, missing)
    accepted = True if all(outcome.accepted for outcome in outcomes) else None
    output: Node | None = None
    for outcome in outcomes:
        if outcome.output is not None:
            output = outcome.output if output is None else _join_nodes(output, outcome.output)
    if accepted is None and not missing:
        missing = tuple(
            dict.fromkeys(f"{item.argument}: {item.clause}" for outcome in outcomes for item in outcome.violations)
        ) or ("the facts leave open which way torch goes",)
    return _Outcome(accepted, mode, output, missing=missing)


def _same_raises(outcomes: list[_Outcome]) -> Raises | None:
    return outcomes[0].raises


def _join_nodes(a: Node, b: Node) -> Node:
    if a.rank != b.rank:
        return Node((), None, None, name="?")
    shape = tuple(x if same_sizes((x,), (y,)) else None for x, y in zip(a.shape, b.shape, strict=True))
    return Node(shape, a.dtype if a.dtype == b.dtype else None, a.grad if a.grad == b.grad else None)


def _verdict(outcome: _Outcome) -> Verdict:
    output = None
    if outcome.output is not None:
        node = outcome.output
        shape = None if node.name == "?" else node.shape
        output = TensorFacts(shape, node.dtype, node.device, node.grad)
    return Verdict(outcome.accepted, outcome.mode, output, outcome.raises, outcome.violations, outcome.missing)
