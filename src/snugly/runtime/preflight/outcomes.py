"""Loss calls of a formation: the contract's verdict at every batch size, and what comes out at each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly import contracts
from snugly.facts.dims import value
from snugly.facts.records import replace
from snugly.runtime.preflight.formation import ElementsNeededError, Formation, Number
from snugly.runtime.preflight.shadows import is_shadow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snugly.contracts.calls import LossCall, Verdict
    from snugly.facts.tensors import Shape
    from snugly.runtime.preflight.shadows import Shadows


def sizes_at(tensor: Any, member: int | None = None) -> tuple[int, ...]:
    """Return the sizes of a tensor for one member of its formation, the lead unless another is named."""
    if not is_shadow(tensor):
        return tuple(tensor.shape)
    at = tensor.shadows.formation.lead if member is None else member
    return tuple(each.values[at] if type(each) is Number else each for each in tensor.form.sizes)


def call_at(call: LossCall, given: Mapping[str, Any], member: int) -> LossCall:
    """Return a loss call as it is for another member."""
    changed = {
        name: facts.with_(shape=sizes_at(given[name], member)) if is_shadow(given[name]) else facts
        for name, facts in call.arguments.items()
    }
    return replace(call, arguments=changed)


def compared(
    formation: Formation, call: LossCall, given: Mapping[str, Any], verdict: Verdict
) -> dict[int, Shape | None]:
    """Return the sizes of a loss for each member that torch treats as it does the lead; the others fall out.

    Args:
        formation: the batch sizes.
        call: the call as it is for the lead.
        given: the tensors of the call.
        verdict: the contract's verdict on it.

    Raises:
        ElementsNeededError: sizes that only elements know decide whether torch accepts it.
    """
    lead = None if verdict.output is None else verdict.output.shape
    found: dict[int, Shape | None] = {formation.lead: lead}
    others = [member for member in formation.flying if member != formation.lead]
    if not others:
        return found
    everywhere = contracts.evaluate(_in_general(call, given, formation))
    if everywhere.accepted is True and verdict.accepted is True and lead == ():
        return dict.fromkeys(formation.flying, lead)
    if verdict.accepted is False and formation.paired and everywhere.accepted is not False:
        msg = "elements decide whether the sizes of a loss fit"
        raise ElementsNeededError(msg)
    parted = []
    for member in others:
        there = contracts.evaluate(call_at(call, given, member))
        shape = None if there.output is None else there.output.shape
        found[member] = shape
        ranks = [None if each is None else len(each) for each in (shape, lead)]
        if there.accepted != verdict.accepted or ranks[0] != ranks[1]:
            parted.append(member)
    formation.part(parted, lambda: f"{call.loss.rpartition('.')[2]} {'fits' if verdict.accepted else 'does not fit'}")
    return {member: shape for member, shape in found.items() if member not in parted}


def _in_general(call: LossCall, given: Mapping[str, Any], formation: Formation) -> LossCall:
    """Return a loss call with sizes as dims of the batch size."""
    changed = {}
    for name, facts in call.arguments.items():
        if is_shadow(given[name]):
            sizes = given[name].form.sizes
            facts = facts.with_(shape=tuple(formation.dim(each) if type(each) is Number else each for each in sizes))  # noqa: PLW2901
        changed[name] = facts
    return replace(call, arguments=changed)


def loss_output(shadows: Shadows, arguments: Mapping[str, Any], shapes: Mapping[int, Shape | None]) -> Any:
    """Return a shadow of the contract's sizes, connected to every argument with a gradient; ``None`` for no such sizes.

    Args:
        shadows: the run.
        arguments: the arguments of the call.
        shapes: the sizes of the loss, for each member.
    """
    import torch

    formation = shadows.formation
    known = {member: None if shape is None else [value(size) for size in shape] for member, shape in shapes.items()}
    if any(shape is None or None in shape for shape in known.values()):
        return None
    tensors = [each for each in arguments.values() if isinstance(each, torch.Tensor)]
    dtype = next((each.dtype for each in tensors if each.is_floating_point()), torch.get_default_dtype())
    sizes = []
    for axis in range(len(known[formation.lead] or ())):
        values: list[Any] = [None] * len(formation.members)
        for member, shape in known.items():
            values[member] = (shape or ())[axis]
        sizes.append(formation.size_of(formation.number(values)))
    linked = [each for each in tensors if each.requires_grad]
    total = sum(each.sum().to(dtype) for each in linked) if linked else tensors[0].new_zeros((), dtype=dtype)
    return total.expand(sizes) if sizes else total
