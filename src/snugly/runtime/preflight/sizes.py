"""Batch sizes as torch's symbols, and what tracing had to assume about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.dims import Dim, symbol
from snugly.facts.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snugly.runtime.preflight.steps import Step

# Sizes that are tried one by one when what tracing assumed does not hold for all.
_MOST_REGIONS = 4
# The unbounded sizes of sympy's ranges.
_UNBOUNDED = 1 << 40


def dim_of(size: Any) -> Dim:
    """Return a size of a fake tensor as a Dim: the integer, or the expression of torch's symbols."""
    if isinstance(size, int) and not hasattr(size, "node"):
        return size
    node = getattr(size, "node", None)
    if node is None:
        return int(size)
    return _from_expression(node.expr)


def _from_expression(expression: Any) -> Dim:
    """Translate sympy's expression of sizes; what it cannot translate becomes a symbol of its own."""
    name = type(expression).__name__
    if expression.is_Integer:
        return int(expression)
    if expression.is_Symbol:
        return symbol("N", 2) if str(expression).startswith("s") else symbol(str(expression))
    parts = [_from_expression(each) for each in expression.args]
    if name == "Add":
        total: Dim = 0
        for part in parts:
            total = total + part
        return total
    if name == "Mul":
        total = 1
        for part in parts:
            total = total * part
        return total
    if name in {"FloorDiv", "CleanDiv"}:
        return parts[0] // parts[1]
    if name in {"Mod", "PythonMod"}:
        return parts[0] % parts[1]
    return symbol(str(expression))


def symbolic_batch(batch: Any, given: int, size: int, mode: Any) -> tuple[Any, dict[int, Any]]:
    """Return a fake batch whose number of samples is one symbol, with ``size`` as its example."""
    import torch
    from torch.fx.experimental.symbolic_shapes import DimDynamic, StatelessSymbolicContext

    from snugly.runtime.preflight.faking import _resized
    from snugly.runtime.preflight.steps import batch_axis

    twins: dict[int, Any] = {}

    def fake(leaf: Any) -> Any:
        if not isinstance(leaf, torch.Tensor):
            return leaf
        axis = batch_axis(leaf, given)
        if axis is None:
            made = mode.from_tensor(leaf.detach(), static_shapes=True)
        else:
            kinds = [DimDynamic.DYNAMIC if here == axis else DimDynamic.STATIC for here in range(leaf.dim())]
            context = StatelessSymbolicContext(dynamic_sizes=kinds)
            made = mode.from_tensor(_resized(leaf.detach(), axis, size).contiguous(), symbolic_context=context)
        twins[id(made)] = (made, leaf)
        return made

    return torch.utils._pytree.tree_map(fake, batch), twins


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something that tracing assumed about the batch size, and the line that asked.

    Attributes:
        condition: such as ``"N >= 16"``.
        line: ``"model.py:12"``, or empty where only torch asked.
        holds: for which of the wanted sizes it is true.
    """

    condition: str
    line: str
    holds: frozenset[int]


def assumptions(environment: Any, wanted: Iterable[int]) -> list[Assumption]:
    """Return what a shape environment assumed about its one symbol, for the sizes that can occur."""
    wanted = tuple(wanted)
    found = []
    for guard in environment.guards:
        symbols = list(guard.expr.free_symbols)
        if len(symbols) != 1:
            continue
        holds = frozenset(n for n in wanted if bool(guard.expr.subs(symbols[0], n)))
        if len(holds) < len(wanted):
            text = str(guard.expr).replace(str(symbols[0]), "N")
            found.append(Assumption(text, _line(guard), holds))
    for sym, kept in getattr(environment, "replacements", {}).items():
        if str(sym).startswith("s") and kept.is_Integer:
            found.append(Assumption(f"N == {kept}", "", frozenset(n for n in wanted if n == int(kept))))
    return found


def _line(guard: Any) -> str:
    from snugly.runtime.frames import is_user_file

    stack = getattr(guard.sloc, "user_stack", None) or getattr(guard.sloc, "framework_loc", None)
    frames: list[Any] = list(stack) if stack is not None and not isinstance(stack, str) else []
    own = [frame for frame in frames if hasattr(frame, "filename") and is_user_file(frame.filename)]
    return f"{own[-1].filename}:{own[-1].lineno}" if own else ""


def wanted_sizes(step: Step, asked: Iterable[int] | None) -> tuple[int, ...]:
    """Return the batch sizes to run: the configured one, the last partial one, and one sample."""
    if asked is not None:
        return tuple(dict.fromkeys(asked))
    sizes = [step.configured or step.size]
    if step.last is not None:
        sizes.append(step.last)
    sizes.append(1)
    return tuple(dict.fromkeys(sizes))
