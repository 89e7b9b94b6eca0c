"""Losses that are written by hand: what autograd's graph shows of them when ``backward`` is called.

There is no call of a loss to look at. What is judged is that samples stay apart in what the models return, and that
arithmetic between there and the loss does not pair every sample with every other: a column (N, 1) against a row (N,).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass
from snugly.runtime.samples import between

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch

    from snugly.runtime.samples.recording import Call

_ARITHMETIC = {"SubBackward0": "sub", "RsubBackward1": "rsub", "AddBackward0": "add", "MulBackward0": "mul"}
_KEEPING = ("_saved_self", "_saved_other", "_saved_result")


@dataclass(frozen=True, slots=True)
class Pairing:
    """Arithmetic that pairs every sample with every other.

    Attributes:
        operation: torch's name of it.
        taken: the sizes of what comes of the model.
        made: the sizes of what is made.
    """

    operation: str
    taken: tuple[int, ...]
    made: tuple[int, ...]


def pairing(loss: torch.Tensor, outputs: Sequence[torch.Tensor]) -> Pairing | None:
    """Return arithmetic between outputs of models and a loss that pairs samples; ``None`` where there is none to see.

    Only one operand may come of a model: where both do, as in a contrastive loss, pairs are what was wanted. And the
    other operand must be one number for each sample, not a matrix of its own.
    """
    targets = {each for output in outputs if (each := between.edge(output)) is not None}
    nodes = between.leading(between.edge(loss), targets)
    sizes = {at: tuple(output.shape) for output in outputs if (at := between.edge(output)) is not None}
    leading = set(nodes)
    for node in nodes:
        if node.name() not in _ARITHMETIC:
            continue
        from_model = [at for at in node.next_functions if at in targets or at[0] in leading]
        if len(from_model) != 1:
            continue
        taken = sizes.get(from_model[0]) or _made_by(*from_model[0])
        made = _made_by(node, 0)
        if _is_square_of(made, taken) and _other_is_a_vector(node, nodes, made):
            return Pairing(_ARITHMETIC[node.name()], taken, made)
    return None


def unjudged(loss: torch.Tensor, calls: Iterator[Call]) -> list[Call]:
    """Return the calls of models that a loss was made of and that no other loss was judged with."""
    return [
        call for call in calls if not call.judged and call.results is not None and between.reaches(loss, call.results)
    ]


def _made_by(node: Any, at: int) -> tuple[int, ...]:
    parts = node._input_metadata
    return tuple(parts[at].shape) if at < len(parts) else ()


def _is_square_of(made: tuple[int, ...], taken: tuple[int, ...]) -> bool:
    """Tell whether (N, N) was made of (N, 1) or of (N,)."""
    if len(made) != 2 or made[0] != made[1] or made[0] < 2:
        return False
    return taken in {(made[0], 1), (made[0],)}


def _other_is_a_vector(node: Any, nodes: Sequence[Any], made: tuple[int, ...]) -> bool:
    """Tell whether the operand that is no model's has one number for each sample, as far as the graph keeps it."""
    for name in _KEEPING if node.name() == "MulBackward0" else ():
        kept = _kept(node, name)
        if kept is not None and tuple(kept.shape) in {(made[0],), (1, made[0]), (made[0], 1)}:
            return True
    if node.name() == "MulBackward0":
        return False
    for user in nodes:
        if any(before is node for before, _ in user.next_functions):
            for name in _KEEPING:
                kept = _kept(user, name)
                if kept is not None and tuple(kept.shape) == made:
                    return _is_sum_of_vectors(kept)
    return False


def _kept(node: Any, name: str) -> torch.Tensor | None:
    import torch

    try:
        kept = getattr(node, name, None)
    except RuntimeError:  # it was freed
        return None
    return kept if isinstance(kept, torch.Tensor) else None


def _is_sum_of_vectors(matrix: torch.Tensor) -> bool:
    """Tell whether each element is one number for its row and one for its column."""
    import torch

    with torch.no_grad():
        wide = matrix.detach().double()
        rest = wide - wide[:1] - wide[:, :1] + wide[:1, :1]
        return bool(rest.abs().amax() <= 1e-4 * (1e-6 + wide.abs().amax()))
