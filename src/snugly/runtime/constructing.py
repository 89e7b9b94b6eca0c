"""Where a live loss module was constructed: the call in the user's source that made it.

The object does not remember. Its class, and the name that it goes by where it is called, leave one
construction in the files of the frames at hand, or none that is certain.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from snugly.contracts.binding import module as module_named
from snugly.facts.origins import Origin
from snugly.runtime.frames import Expression, argument_sources, expression, user_frame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

MOST_FRAMES = 20


def constructor_of(module: Any, frame: FrameType, at: Expression | None = None) -> Origin | None:
    """Return the construction of a loss module that a user's frame is calling, or ``None`` where it is not certain.

    Args:
        module: the module.
        frame: the frame of the user's that calls it.
        at: the call, where the frame has gone on since.
    """
    known = module_named(f"torch.nn.{type(module).__name__}")
    if known is None:
        return None
    at = at or expression(frame)
    name = _called(at.node)
    found = [(each, made, names) for each in _files(at, frame) for made, names in _made(each, type(module).__name__)]
    named = [(each, made, names) for each, made, names in found if name in names]
    chosen = found if len(found) == 1 else named
    if len(chosen) != 1:
        return None
    where, made, _ = chosen[0]
    source = where.source(made)
    parameters = tuple(parameter.name for parameter in known.parameters)
    written = Expression(made, source.place, source.text, where.file)
    return Origin(known.name, source.place, source.text, arguments=argument_sources(written, parameters))


def _called(node: ast.AST | None) -> str | None:
    """Return the last name of what a call calls: ``criterion`` of ``self.criterion(x, y)``."""
    if not isinstance(node, ast.Call):
        return None
    return _last_name(node.func)


def _last_name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else None


def _files(at: Expression, frame: FrameType) -> Iterator[Expression]:
    """Yield an expression of each file of the user's that the call came through, the innermost first."""
    seen: set[str] = set()
    outer: FrameType | None = frame
    for _ in range(MOST_FRAMES):
        if outer is None:
            return
        if at.place.file not in seen:
            seen.add(at.place.file)
            yield at
        outer = user_frame(outer.f_back)
        if outer is not None:
            at = expression(outer)


def _made(at: Expression, cls: str) -> Iterator[tuple[ast.Call, frozenset[str]]]:
    """Yield each construction of a class in a file, with the names that it is bound to."""
    tree: Any = at.file.tree
    if tree is None:
        return
    bound: dict[ast.expr, frozenset[str]] = {}
    for node in ast.walk(tree):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        value = getattr(node, "value", None)
        if targets and isinstance(value, ast.Call):
            bound[value] = frozenset(name for target in targets if (name := _last_name(target)) is not None)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _last_name(node.func) == cls:
            yield node, bound.get(node, frozenset())
