"""The notation for facts, both ways: ``float32[N, 10]``, ``int64[]``, ``float32[?, 3, *]``.

``?`` is an unknown size, ``[*]`` an unknown rank, a name a symbol (the same name is the same size),
``64*H*W`` an expression. A leading ``?`` instead of a dtype leaves it open.
"""

from __future__ import annotations

import ast
import operator
import re
from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, symbol
from snugly.facts.dtypes import DTYPES, canonical_dtype
from snugly.facts.tensors import TensorFacts

if TYPE_CHECKING:
    from collections.abc import Callable

_FORM = r"\s*(?P<dtype>[A-Za-z_][\w.]*|\?)?\s*[\[(](?P<sizes>.*)[\])]\s*(?:on\s+(?P<device>[\w:]+))?\s*"
_OPERATIONS: dict[type[ast.operator], Callable[[Dim, Dim], Dim]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}


class NotationError(ValueError):
    """A text that is not in the notation; the message says what is wrong and shows a right one."""


def parse(text: str) -> TensorFacts:
    """Read facts from the notation.

    Raises:
        NotationError: the text is not in the notation.
    """
    form = re.fullmatch(_FORM, text, re.DOTALL)
    if form is None:
        msg = f"{text!r} is not a tensor; write a dtype and sizes, such as 'float32[32, 10]' or 'int64[N]'"
        raise NotationError(msg)
    named = form["dtype"]
    dtype = None if named in (None, "?") else canonical_dtype(named)
    if named not in (None, "?") and dtype is None:
        msg = f"{named!r} in {text!r} is not a dtype of torch; one of: {', '.join(DTYPES)}"
        raise NotationError(msg)
    sizes = form["sizes"].strip()
    if sizes in ("*", "..."):
        return TensorFacts(None, dtype, form["device"])
    parts = [part.strip() for part in sizes.split(",")] if sizes else []
    if parts and not parts[-1]:
        parts.pop()
    return TensorFacts(tuple(_parse_size(part, text) for part in parts), dtype, form["device"])


def _parse_size(part: str, text: str) -> Dim | None:
    if part == "?":
        return None
    try:
        return _evaluate(ast.parse(part, mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError, MemoryError) as error:
        msg = f"{part!r} in {text!r} is not a size; write an integer, a name, '?' or an expression such as '64*H*W'"
        raise NotationError(msg) from error


def _evaluate(node: ast.expr) -> Dim:
    match node:
        case ast.Constant(value=int(number)) if not isinstance(number, bool) and number >= 0:
            return number
        case ast.Name(id=name):
            return symbol(name)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATIONS:
            return _OPERATIONS[type(op)](_evaluate(left), _evaluate(right))
        case _:
            raise ValueError(ast.dump(node))


def render(facts: TensorFacts) -> str:
    """Write facts in the notation."""
    sizes = "*" if facts.shape is None else render_sizes(facts.shape)
    return f"{facts.dtype or '?'}[{sizes}]"


def render_sizes(shape: tuple[Dim | None, ...]) -> str:
    """Write sizes without brackets, unknown ones as ``?``."""
    return ", ".join("?" if size is None else str(size) for size in shape)
