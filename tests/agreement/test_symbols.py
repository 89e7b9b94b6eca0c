"""A verdict on symbols and unknowns holds for every instance of them."""

import pytest
from agree import qualified
from calls import LOSSES, SIZES, Generator
from pool import arguments_of

from snugly.contracts import UNKNOWN, LossCall, evaluate
from snugly.facts.dims import symbol
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import NOTHING_KNOWN

CALLS = 600
SYMBOLS = {size: symbol(f"S{size}", 0, 5) for size in SIZES}
FIXED = {size: symbol(f"F{size}", size, size) for size in SIZES}


def blurred(random, facts: TensorFacts, sizes: dict) -> TensorFacts:
    """Forget some of what is known."""
    changes: dict = {}
    if random.random() < 0.15:
        changes["shape"] = None
    else:
        draws = (random.random() for _ in facts.shape)
        changes["shape"] = tuple(
            None if draw < 0.1 else (sizes[size] if draw < 0.7 and size in sizes else size)
            for draw, size in zip(draws, facts.shape, strict=True)
        )
    if random.random() < 0.2:
        changes["dtype"] = None
    if random.random() < 0.3:
        changes["requires_grad"] = None
    if random.random() < 0.5:
        changes["values"] = NOTHING_KNOWN
    return facts.with_(**changes)


def holds(general, special) -> str | None:
    """Say what a verdict on blurred facts claims and the one on the sharp facts denies."""
    if general.accepted is None:
        return None
    if general.accepted != special.accepted:
        return f"{general.accepted}, instance {special.accepted} {special.raises}"
    if general.accepted and general.output is not None and general.output.dtype not in (None, special.output.dtype):
        return f"dtype {general.output.dtype}, instance {special.output.dtype}"
    if general.accepted and general.output is not None and general.output.shape is not None:
        if len(general.output.shape) != len(special.output.shape):
            return f"output {general.output}, instance {special.output}"
        for ours, theirs in zip(general.output.shape, special.output.shape, strict=True):
            if isinstance(ours, int) and ours != theirs:
                return f"output {general.output}, instance {special.output}"
    return None


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("sizes", [SYMBOLS, FIXED], ids=["free", "fixed"])
def test_verdicts_on_blurred_facts_hold_for_the_sharp_ones(loss, sizes):
    generator = Generator(11)
    decided = 0
    for _ in range(CALLS):
        generated = generator.call(loss)
        _, facts = arguments_of(generated.entries, generated.wanted)
        special = evaluate(LossCall(qualified(loss), facts, generated.options))
        vague = {name: blurred(generator.random, one, sizes) for name, one in facts.items()}
        options = {
            name: UNKNOWN if generator.chance(0.05) and name not in ("cutoffs", "in_features", "n_classes") else value
            for name, value in generated.options.items()
        }
        general = evaluate(LossCall(qualified(loss), vague, options))
        decided += general.accepted is not None
        problem = holds(general, special)
        assert problem is None, f"{ {name: str(one) for name, one in vague.items()} } {options}: {problem}"
    assert decided > CALLS // 100


@pytest.mark.parametrize("loss", LOSSES)
def test_sizes_with_an_identity_are_judged_as_numbers(loss):
    generator = Generator(12)
    for _ in range(CALLS // 3):
        generated = generator.call(loss)
        _, facts = arguments_of(generated.entries, generated.wanted)
        special = evaluate(LossCall(qualified(loss), facts, generated.options))
        named = {
            name: one.with_(shape=tuple(FIXED.get(size, size) for size in one.shape)) for name, one in facts.items()
        }
        general = evaluate(LossCall(qualified(loss), named, generated.options))
        assert (general.accepted, general.raises) == (special.accepted, special.raises), (
            {name: str(one) for name, one in facts.items()},
            generated.options,
        )
