"""Losses that torch.compile traces: they run once there, on fake tensors, and that is when they can be judged.

A compiled graph calls no loss of ``torch.nn.functional``, so nothing sees it run, and a check within it would break the
graph. But while torch.compile traces a function it runs each loss on tensors that have sizes and dtypes and no
elements, to know what comes of it. What sizes, dtypes and graphs tell is told then, once for each graph, at the
line of the user's that is being traced. What elements tell is not.
"""

from __future__ import annotations

import ast
import sys
from typing import Any

from snugly.facts.origins import Place
from snugly.runtime.frames import Expression, is_user_file


def is_traced() -> bool:
    """Tell whether torch.compile is at work in this thread: the tensors at hand are fake."""
    guards: Any = sys.modules.get("torch._guards")
    return guards is not None and "torch._dynamo" in sys.modules and guards.TracingContext.try_get() is not None


def traced_line() -> tuple[str, int] | None:
    """Return the file and line of the user's that torch.compile is tracing.

    There is none when it runs what it has traced once more, to get a backward pass of it.
    """
    guards: Any = sys.modules["torch._guards"]
    stack = guards.TracingContext.extract_stack()
    return next(((each.filename, each.lineno) for each in reversed(stack) if is_user_file(each.filename)), None)


def call_at(file: str, line: int, loss: str) -> Expression:
    """Return the call of a loss at a line, by its name or through a module; the whole line where there are several.

    Args:
        file: the user's.
        line: of the call.
        loss: qualified name of the function.
    """
    import executing

    source = executing.Source.for_filename(file)
    text = source.lines[line - 1] if 0 < line <= len(source.lines) else ""
    stripped = text.strip()
    start = len(text) - len(text.lstrip()) + 1
    whole = Place(file, line, start, line, start + len(stripped))
    at = Expression(None, whole, stripped, source)
    calls = [] if source.tree is None else _calls(source.tree, line)
    named = [each for each in calls if _name(each) == loss.rpartition(".")[2]]
    calls = named or [each for each in calls if len(each.args) + len(each.keywords) > 1]
    if len(calls) != 1:
        return at
    found = at.source(calls[0])
    return Expression(calls[0], found.place, found.text, source)


def _calls(tree: ast.AST, line: int) -> list[ast.Call]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.lineno == line]


def _name(call: ast.Call) -> str | None:
    return getattr(call.func, "attr", getattr(call.func, "id", None))
