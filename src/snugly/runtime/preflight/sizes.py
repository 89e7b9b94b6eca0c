"""Batch sizes as torch's symbols, and what tracing had to assume about them."""

from __future__ import annotations

import os
import sys
import traceback
from functools import cache
from typing import TYPE_CHECKING, Any

from snugly.facts.dims import Dim, symbol
from snugly.facts.records import dataclass
from snugly.runtime.frames import user_frame
from snugly.runtime.preflight.batches import batch_axis
from snugly.runtime.preflight.standing import fakes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from snugly.runtime.preflight.steps import Step


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


def symbolic(mode: Any, given: int, size: int, device: str | None) -> Callable[[Any], Any]:
    """Return what makes fake tensors of a batch whose number of samples is one symbol, with ``size`` as its example."""
    import torch
    from torch.fx.experimental.symbolic_shapes import DimDynamic, StatelessSymbolicContext

    plain = fakes(mode, device)

    def make(tensor: Any) -> Any:
        axis = batch_axis(tensor, given)
        if axis is None:
            return plain(tensor)
        kinds = [DimDynamic.DYNAMIC if here == axis else DimDynamic.STATIC for here in range(tensor.dim())]
        context = StatelessSymbolicContext(dynamic_sizes=kinds)
        shape = [size if here == axis else kept for here, kept in enumerate(tensor.shape)]
        pattern = torch.empty(shape, dtype=tensor.dtype, device=tensor.device)  # its storage has no more than the batch
        return mode.from_tensor(pattern, symbolic_context=context)

    return make


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
        symbols = [each for each in guard.expr.free_symbols if str(each).startswith("s")]
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
    at: Any = getattr(guard.sloc, "framework_loc", None)
    return f"{os.path.relpath(at.filename)}:{at.lineno}" if hasattr(at, "filename") else ""


@cache
def _environment_class() -> type[Any]:
    from torch.fx.experimental.symbolic_shapes import ShapeEnv, SLoc

    class Environment(ShapeEnv):  # type: ignore[misc]
        """Torch's book of symbols, which notes the user's line for each guard.

        Torch itself finds that line by loading a good part of its compiler, for a list of files that are not the
        user's; that takes longer than all the rest.
        """

        def _get_stack_summary(self, is_debug: bool = False, framework_loc: Any = None) -> tuple[Any, str]:  # noqa: FBT001, FBT002
            del is_debug
            frame = None if framework_loc is not None else user_frame(sys._getframe(1))
            if frame is not None:
                name, line = frame.f_code.co_filename, frame.f_lineno
                framework_loc = traceback.FrameSummary(name, line, frame.f_code.co_name, lookup_line=False)
            return SLoc(framework_loc, None), ""

    return Environment


def new_environment() -> Any:
    """Return a book of symbols that allows for sizes that only the data know."""
    return _environment_class()(allow_scalar_outputs=True, allow_dynamic_output_shape_ops=True)


@dataclass(frozen=True, slots=True)
class Sizes:
    """The batch sizes of a step.

    Attributes:
        configured: the one that is run first.
        run: those that are run one by one, the configured one first.
        every: those that a proof is wanted for.
        occurring: those that certainly are all that occur; ``None`` when that is not known.
    """

    configured: int
    run: tuple[int, ...]
    every: tuple[int, ...]
    occurring: frozenset[int] | None = None

    def occurs(self, size: int) -> bool:
        """Tell whether a batch of this size may occur."""
        return self.occurring is None or size in self.occurring


def sizes_of(step: Step, asked: Iterable[int] | None) -> Sizes:
    """Return the batch sizes to run (the configured one, the last partial one, one sample) and those to prove."""
    if asked is not None:
        wanted = tuple(dict.fromkeys(asked))
        return Sizes(wanted[0], wanted, tuple(range(min(wanted), max(wanted) + 1)), frozenset(wanted))
    configured = step.configured or step.size
    if step.every:
        return Sizes(configured, (configured,), (configured,), frozenset((configured,)))
    run = (configured, *(() if step.last is None else (step.last,)), 1)
    occurring = None if step.known_length is None else frozenset(run[:-1])
    return Sizes(configured, tuple(dict.fromkeys(run)), tuple(range(1, configured + 1)), occurring)
