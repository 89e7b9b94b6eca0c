"""Teacher forcing: a model that reads a sequence without its last step is scored against it without its first."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.facts.dims import same
from snugly.facts.records import dataclass
from snugly.remedies.changes import bracketed
from snugly.remedies.lexical import expression_at
from snugly.remedies.remedy import Placement
from snugly.remedies.rewrite import Rewrite
from snugly.remedies.undo import called
from snugly.rules.findings import Edit
from snugly.rules.flattening import is_reshape
from snugly.rules.steps import chain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snugly.facts.origins import Origin
    from snugly.facts.tensors import Shape, TensorFacts
    from snugly.remedies.remedy import Remedy
    from snugly.remedies.site import Site

MOST_WALKED = 400


@dataclass(frozen=True, slots=True)
class Fed:
    """What the model was fed: a sequence without its last step.

    Attributes:
        sequence: the whole of it.
        axis: the axis of the steps.
    """

    sequence: TensorFacts
    axis: int


def next_steps(input: TensorFacts, target: TensorFacts, wanted: Shape) -> tuple[Remedy, ...]:
    """Return the remedy for labels that are the whole of the sequence that the scores were predicted from.

    Args:
        input: the scores.
        target: the labels, one step too long.
        wanted: the shape that the labels should have.
    """
    for origin, _, before in chain(target):
        if before is None or not is_reshape(origin):
            return _whole(input, target, wanted)
        fed = next((each for each in _fed(input) if _is(before, each.sequence)), None)
        if fed is not None:
            return (_rewritten(target.with_(shape=wanted), fed, origin),)
    return ()


def _whole(input: TensorFacts, target: TensorFacts, wanted: Shape) -> tuple[Remedy, ...]:
    fed = next((each for each in _fed(input) if _is(target, each.sequence)), None)
    return () if fed is None else (_rewritten(target.with_(shape=wanted), fed, None),)


def _rewritten(changed: TensorFacts, fed: Fed, reshape: Origin | None) -> Remedy:
    later = f"[{':, ' * fed.axis}1:]"

    def write(site: Site) -> Iterable[Placement]:
        source = site.sources.get("target")
        if reshape is None:
            if source is not None:
                text = f"{bracketed(source.text)}{later}"
                yield Placement((Edit(source.place, text),), text, source.place)
            return
        written = expression_at(reshape.place, reshape.callers)
        if written is None or not isinstance(written.node, ast.Call):
            return
        name, receiver = called(written.node)
        if receiver is None or (isinstance(receiver, ast.Name) and receiver.id in ("torch", "np", "einops")):
            return
        sizes = ", ".join(written.text.of(each) for each in written.node.args)
        text = f"{bracketed(written.text.of(receiver))}{later}.{'reshape' if name == 'view' else name}({sizes})"
        yield Placement((Edit(written.place, text),), text, written.place, local=False)

    return Rewrite("Score each step against the next one, which the model did not read", {"target": changed}, write)


def _fed(input: TensorFacts) -> Iterator[Fed]:
    """Yield the sequences that the scores were computed from without their last step."""
    for origin in () if input.origin is None else input.origin.walk(MOST_WALKED):
        if origin.operation.rpartition(".")[2] not in ("getitem", "__getitem__") or not origin.inputs:
            continue
        sequence = origin.inputs[0]
        axis = _axis_without_last(origin)
        if axis is not None and sequence.rank is not None and axis < sequence.rank:
            yield Fed(sequence, axis)


def _axis_without_last(origin: Origin) -> int | None:
    """Return the axis of which an index such as ``[:, :-1]`` leaves out the last, and no other axis anything."""
    written = expression_at(origin.place, origin.callers)
    if written is None or not isinstance(written.node, ast.Subscript):
        return None
    index = written.node.slice
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    axis: int | None = None
    for position, part in enumerate(parts):
        match part:
            case ast.Slice(lower=None, upper=None, step=None):
                continue
            case ast.Slice(lower=None, upper=ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1)), step=None):
                if axis is not None:
                    return None
                axis = position
            case _:
                return None
    return axis


def _is(one: TensorFacts, other: TensorFacts) -> bool:
    """Tell whether two facts are those of the same tensor."""
    if one is other:
        return True
    a, b = one.origin, other.origin
    if a is None or b is None or one.shape is None or other.shape is None or len(one.shape) != len(other.shape):
        return False
    alike = all(same(x, y) is not False for x, y in zip(one.shape, other.shape, strict=True))
    return alike and (a is b or (a.place is not None and (a.place, a.operation) == (b.place, b.operation)))
