"""What is shown about a change before it is offered: that the contract accepts it, and that the real kernel runs it.

A change is proved for every batch size that can occur: the batch axis is taken as any size from 1 to the
largest, so that the last partial batch and a batch of one row are covered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from snugly import contracts
from snugly.facts.dims import Dim, Symbol, bounds, substitute, symbol, symbols, value
from snugly.facts.records import replace
from snugly.rules.findings import Proof

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snugly.contracts.calls import LossCall
    from snugly.facts.tensors import TensorFacts


class Kernel(Protocol):
    """Runs a loss of torch on stand-ins of given facts, forward and backward."""

    def __call__(self, call: LossCall) -> bool | None:
        """Tell whether torch accepts the call; ``None`` where it could not be run. Every size is an integer."""


def prove(call: LossCall, kernel: Kernel | None) -> Proof | None:
    """Return what holds for a changed call, or ``None`` when it would not be accepted.

    A proof without ``contract`` says that the facts do not decide it, which is not a refusal.
    """
    general, batch = generalized(call)
    accepted = accepts(general)
    if accepted is not True and batch is not None:
        instances = [accepts(instance(general, {batch: size})) for size in _extremes(batch)]
        accepted = False if False in instances else (None if None in instances else True)
    if accepted is False:
        general, batch = call, None
        accepted = accepts(call)
    if accepted is False:
        return None
    ran = _ran(call, batch, kernel)
    if ran is False:
        return None
    return Proof(_words(batch) if accepted else None, ran if isinstance(ran, str) else None)


VALUE_CLAUSES = frozenset((
    "label-range", "probability-range", "variance-range", "multi-hot", "log-probabilities", "lengths-range",
    "target-lengths-range", "target-lengths-sum", "margin-range",
))  # fmt: skip


def accepts(call: LossCall) -> bool | None:
    """Tell whether the contract accepts a call, elements that are not known taken for right ones."""
    verdict = contracts.evaluate(_with_gradients(call))
    if verdict.accepted is None and verdict.missing and all(_of_values(missing) for missing in verdict.missing):
        return True
    return verdict.accepted


def _of_values(missing: str) -> bool:
    return missing.rpartition(": ")[2] in VALUE_CLAUSES


def _with_gradients(call: LossCall) -> LossCall:
    """Return the call with the input trained and the rest not, where that is not known."""
    arguments = {
        name: facts.with_(requires_grad=name in ("input", "log_probs")) if facts.requires_grad is None else facts
        for name, facts in call.arguments.items()
    }
    return replace(call, arguments=arguments)


def _extremes(batch: Symbol) -> tuple[int, ...]:
    high = 4 if batch.high is None else batch.high
    return tuple(sorted({1, min(2, high), high}))


def _words(batch: Symbol | None) -> str:
    if batch is None:
        return "the sizes at hand"
    if batch.high is None:
        return "every batch size"
    return f"every batch size from {batch.low} to {batch.high}"


def _ran(call: LossCall, batch: Symbol | None, kernel: Kernel | None) -> str | bool | None:
    if kernel is None:
        return None
    sizes = [1, 2] if batch is None or batch.high is None else sorted({1, 2, min(batch.high, 3)})
    done: list[int] = []
    general = call if batch is None else generalized(call)[0]
    for size in sizes:
        accepted = kernel(instance(general, {} if batch is None else {batch: size}))
        if accepted is False:
            return False
        if accepted:
            done.append(size)
        if batch is None:
            return "forward and backward" if done else None
    return f"forward and backward at {', '.join(map(str, done))}" if done else None


def batch_symbol(call: LossCall) -> Symbol | None:
    """Return the symbol of the batch axis: the one that leads the input, or another axis of input and target both."""
    shapes = [facts.shape for facts in call.arguments.values() if facts.shape]
    for shape in shapes:
        for size in shape:
            found = () if size is None else symbols(size)
            for each in sorted(found):
                if (
                    sum(each in symbols(other) for other_shape in shapes for other in other_shape if other is not None)
                    > 1
                ):
                    return each
    return None


def generalized(call: LossCall) -> tuple[LossCall, Symbol | None]:
    """Return the call with its batch axis as any size from 1 up, and that symbol; the call itself if it has none."""
    batch = batch_symbol(call)
    if batch is not None:
        wide = symbol(batch.name, 1, None if batch.high == 1 else batch.high)
        return instance(call, {batch: wide}), next(iter(symbols(wide)), None)
    return _lifted(call)


def _lifted(call: LossCall) -> tuple[LossCall, Symbol | None]:
    """Take the leading size that the first two arguments share for the batch, where all sizes are integers."""
    leading = [facts.shape[0] for facts in list(call.arguments.values())[:2] if facts.shape]
    size = value(leading[0]) if leading else None
    if len(leading) < 2 or size is None or size < 2 or value(leading[1]) != size:
        return call, None
    wide = symbol("N", 1, size)
    arguments = dict(call.arguments)
    for name in list(arguments)[:2]:
        facts = arguments[name]
        if facts.shape:
            arguments[name] = facts.with_(shape=(wide, *facts.shape[1:]))
    return replace(call, arguments=arguments), next(iter(symbols(wide)))


def instance(call: LossCall, sizes: Mapping[Symbol, Dim]) -> LossCall:
    """Return the call with some symbols replaced and every size that is known for certain as an integer."""

    def settle(size: Dim | None) -> Dim | None:
        if size is None:
            return None
        changed = substitute(size, sizes)
        low, high = bounds(changed)
        return low if low is not None and low == high else changed

    def settled(facts: TensorFacts) -> TensorFacts:
        return facts if facts.shape is None else facts.with_(shape=tuple(settle(size) for size in facts.shape))

    return replace(call, arguments={name: settled(facts) for name, facts in call.arguments.items()})
