"""Puts statements of snugly's into a function of torch's, for a while: before its first one, and before it returns.

The function keeps its identity, its lines and its place in tracebacks, and torch.compile, which takes functions of
torch's for what they are, neither breaks a graph nor compiles again (``tests/runtime``).
"""

from __future__ import annotations

import ast
import inspect
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from snugly.runtime.rewriting import compiled, definition_of, put_in_front, put_on_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType


Function = TypeVar("Function", bound="Callable[..., Any]")


class Statements:
    """A function that can be told to say more.

    Attributes:
        original: its code as it was.
    """

    def __init__(self, function: Any, begin: Callable[..., Any], end: Callable[..., Any] | None = None) -> None:
        """Prepare; the function is left what it is.

        Args:
            function: a plain function with a source.
            begin: called with the parameters of the function, unless torch.compile is at work.
            end: called with what that returned and what the function is about to return, unless the first is ``None``.
        """
        self.original: CodeType = function.__code__
        self._function = function
        self._begin = begin
        self._end = end
        self._users = 0
        self._code: CodeType | None = None
        self._lock = threading.RLock()

    def use(self) -> None:
        """Have the statements said; each use wants a ``leave``."""
        with self._lock:
            self._users += 1
            if self._users == 1:
                self._code = self._code or self._compiled()
                self._function.__code__ = self._code

    def leave(self) -> None:
        """Have them said no more; after the last one the function is what it was."""
        with self._lock:
            self._users -= 1
            if not self._users:
                self._function.__code__ = self.original

    def is_run_by(self, code: CodeType) -> bool:
        """Tell whether a frame's code is that of the function, with or without the statements."""
        return code is self.original or code is self._code

    def _compiled(self) -> CodeType:
        tree, definition = definition_of(self._function)
        given = ", ".join(inspect.signature(self._function).parameters)
        begin = f"snugly_token = None if torch.compiler.is_dynamo_compiling() else 'snugly:begin'({given})"
        end = "if snugly_token is not None: 'snugly:end'(snugly_token, snugly_result)"
        first, last = ast.parse(f"{begin}\n{end}").body
        put_on_line([last], definition.lineno)
        if self._end is not None:
            _Returns(last).visit(definition)
        put_in_front(definition, [first])
        return compiled(tree, self.original, {"snugly:begin": self._begin, "snugly:end": self._end})


def uncompiled(function: Function) -> Function:
    """Have torch.compile leave a function of snugly's alone, and all that it calls.

    Where a graph is broken, it takes up what runs next, whoever's that is. ``torch.compiler.disable`` says the same,
    but imports the compiler for that, which takes seconds.
    """
    import torch

    compiler = torch._C._dynamo.eval_frame
    if hasattr(compiler, "set_code_exec_strategy"):
        skip = compiler._FrameAction.SKIP
        compiler.set_code_exec_strategy(function.__code__, compiler._FrameExecStrategy(skip, skip))
    return function


class _Returns(ast.NodeTransformer):
    """Gives what is returned a name, and says a statement before it is returned."""

    def __init__(self, statement: ast.stmt) -> None:
        self._statement = statement

    def visit_Return(self, node: ast.Return) -> list[ast.stmt]:
        """Return the statements in place of one."""
        name = ast.Name("snugly_result", ast.Store())
        assign = ast.copy_location(ast.Assign([name], node.value or ast.Constant(None)), node)
        back = ast.copy_location(ast.Return(ast.Name("snugly_result", ast.Load())), node)
        return [assign, self._statement, back]
