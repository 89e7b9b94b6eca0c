"""The table in source that a tensor of so many entries was made from."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.facts.origins import Origin
from snugly.remedies.lexical import expression_at, followed
from snugly.rules.steps import chain

if TYPE_CHECKING:
    from snugly.facts.tensors import TensorFacts
    from snugly.remedies.lexical import Written

MOST_NAMES = 12


def table_of(facts: TensorFacts, entries: int | None) -> Origin | None:
    """Return the literal of so many entries that a tensor was made from, else the expression that made it."""
    if entries is None:
        return None
    last: Origin | None = None
    for origin, _, _ in chain(facts):
        last = origin if origin.place is not None else last
    if last is None:
        return None
    written = expression_at(last.place, last.callers)
    literal = None if written is None else _literal(written, entries)
    return last if literal is None else Origin("data", literal.place, literal.source)


def _literal(start: Written, entries: int) -> Written | None:
    queue, seen = [start], 0
    while queue and seen < MOST_NAMES:
        current = queue.pop(0)
        seen += 1
        for hop in followed(current):
            literal = next((node for node in ast.walk(hop.node) if _entries(node) == entries), None)
            if isinstance(literal, ast.expr):
                return type(hop)(hop.text, literal, hop.callers)
            if hop is not current:
                continue
            queue += [
                type(hop)(hop.text, node, hop.callers)
                for node in ast.walk(hop.node)
                if isinstance(node, ast.Name) and node is not hop.node
            ]
    return None


def _entries(node: ast.AST) -> int | None:
    if isinstance(node, ast.Dict):
        return len(node.keys)
    return len(node.elts) if isinstance(node, ast.List | ast.Tuple | ast.Set) else None
