"""Compiles a function of torch's again with statements of snugly's in it, and every line of its own where it was.

The objects that such statements need are constants of the code, written as texts such as ``"snugly:look"`` that are
replaced at the end, so no module gets a new name. All of them are hashable, because code objects are (debuggers and
torch.compile keep them as keys).
"""

from __future__ import annotations

import ast
import inspect
import textwrap
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import CodeType


def definition_of(function: Any) -> tuple[ast.Module, ast.FunctionDef]:
    """Return the syntax tree of a function and its definition in it, every node on the line that it has in torch.

    Raises:
        OSError: there is no source.
        TypeError: it is not a plain function.
    """
    original: CodeType = function.__code__
    lines = "\n" * (original.co_firstlineno - 1)
    tree = ast.parse(lines + textwrap.dedent(inspect.getsource(function)))
    definition = tree.body[0]
    if not isinstance(definition, ast.FunctionDef) or original.co_freevars:
        msg = f"{function.__qualname__} is not a plain function"
        raise TypeError(msg)
    definition.decorator_list = []
    return tree, definition


def put_on_line(statements: Iterable[ast.stmt], line: int) -> None:
    """Let statements stand on a line of the function."""
    for statement in statements:
        for node in ast.walk(statement):
            if "lineno" in node._attributes:
                node.lineno = node.end_lineno = line  # type: ignore[attr-defined]
                node.col_offset = node.end_col_offset = 0  # type: ignore[attr-defined]


def put_in_front(definition: ast.FunctionDef, statements: list[ast.stmt]) -> None:
    """Let a function begin with statements, after its docstring, on the line of its ``def``."""
    put_on_line(statements, definition.lineno)
    first = 1 if ast.get_docstring(definition, clean=False) is not None else 0
    definition.body[first:first] = statements


def compiled(tree: ast.Module, original: CodeType, constants: Mapping[str, Any]) -> CodeType:
    """Compile a function whose tree was changed.

    Args:
        tree: the module of its definition.
        original: its code as it was.
        constants: what texts among its constants stand for.
    """
    flags = original.co_flags & _future_flags()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # constants are called, until they are replaced
        tree = ast.fix_missing_locations(tree)
        module = compile(tree, original.co_filename, "exec", flags=flags, dont_inherit=True)
    code = next(constant for constant in module.co_consts if inspect.iscode(constant))
    replaced = tuple(constants.get(each, each) if isinstance(each, str) else each for each in code.co_consts)
    return code.replace(co_consts=replaced, co_qualname=original.co_qualname)


def _future_flags() -> int:
    import __future__

    return sum({getattr(__future__, name).compiler_flag for name in __future__.all_feature_names[-2:]})
