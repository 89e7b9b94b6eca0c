"""``evaluate``: the verdict of a contract on a call, joined over every way that the facts leave open."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from snugly.contracts.arithmetic import Node, same_sizes
from snugly.contracts.calls import LossCall, Raises, Verdict, Violation
from snugly.contracts.trace import Rejected, Trace, Undetermined
from snugly.facts.dtypes import COMPLEX, FLOATING, INTEGRAL
from snugly.facts.records import dataclass
from snugly.facts.tensors import TensorFacts

if TYPE_CHECKING:
    from snugly.contracts.contract import Contract

MOST_WAYS = 512
TENSORS = ("tensor", "parameter")
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
    doubts: tuple[Violation, ...] = ()


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
        for name, facts in call.arguments.items():
            if facts.kind not in TENSORS:
                trace.reject("TypeError", f"argument {name!r} must be Tensor, not {facts.kind}", "not-a-tensor", name)
        output = contract.check(trace)
        _require_one_device(trace)
    except Rejected as rejected:
        raises, violations = trace.likeliest(rejected)
        return _Outcome(False, trace.mode, None, raises, violations, tuple(trace.missing), _doubts(trace))
    except Undetermined as undetermined:
        return _Outcome(None, trace.mode, missing=(*trace.missing, undetermined.missing), violations=())
    forward_missing = len(trace.missing)
    try:
        trace.settle()
    except Rejected as rejected:
        certain = None if forward_missing else output
        return _Outcome(
            False, trace.mode, certain, rejected.raises, (rejected.violation,), tuple(trace.missing), _doubts(trace)
        )
    accepted = None if trace.missing else True
    return _Outcome(accepted, trace.mode, output, missing=tuple(dict.fromkeys(trace.missing)), doubts=_doubts(trace))


def _doubts(trace: Trace) -> tuple[Violation, ...]:
    return tuple(doubt[0] for doubt in trace.doubts)


def _require_one_device(trace: Trace) -> None:
    """Require that the tensors live on one device, as far as it is known; lengths of CTC may stay on the CPU."""
    if trace.call.loss == "torch.nn.functional.ctc_loss":
        return
    places = [
        (name, "cuda:0" if facts.device == "cuda" else facts.device)
        for name, facts in trace.call.arguments.items()
        if facts.device is not None and (facts.device != "cpu" or facts.shape != ())
    ]
    for name, device in places[1:]:
        trace.require(
            device == places[0][1],
            "RuntimeError",
            "Expected all tensors to be on the same device, but found at least two devices, "
            f"{places[0][1]} and {device}!",
            "device",
            name,
            devices=f"{places[0][1]}, {device}",
        )


def _joined(outcomes: list[_Outcome]) -> _Outcome:
    first = outcomes[0]
    missing = tuple(dict.fromkeys(name for outcome in outcomes for name in outcome.missing))
    mode = first.mode if all(outcome.mode == first.mode for outcome in outcomes) else None
    doubts: list[Violation] = []
    for outcome in outcomes:
        doubts.extend(doubt for doubt in (*outcome.doubts, *outcome.violations) if doubt not in doubts)
    if all(outcome.accepted is False for outcome in outcomes):
        usual = _most_usual(outcomes)
        return _Outcome(False, mode, None, usual.raises, usual.violations, missing, tuple(doubts))
    accepted = True if all(outcome.accepted for outcome in outcomes) else None
    output: Node | None = None
    for outcome in outcomes:
        if outcome.output is not None:
            output = outcome.output if output is None else _join_nodes(output, outcome.output)
    if accepted is None and not missing:
        missing = tuple(
            dict.fromkeys(f"{item.argument}: {item.clause}" for outcome in outcomes for item in outcome.violations)
        ) or ("the facts leave open which way torch goes",)
    return _Outcome(accepted, mode, output, missing=missing, doubts=tuple(doubts))


def _most_usual(outcomes: list[_Outcome]) -> _Outcome:
    """Return the rejection that most ways lead to, the likeliest way first among equals."""
    clauses = Counter(outcome.violations[0].clause for outcome in outcomes)
    return max(outcomes, key=lambda outcome: clauses[outcome.violations[0].clause])


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
    return Verdict(
        outcome.accepted,
        outcome.mode,
        output,
        outcome.raises,
        outcome.violations,
        outcome.missing,
        doubts=outcome.doubts,
    )
