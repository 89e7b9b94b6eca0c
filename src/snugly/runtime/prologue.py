"""The statement that a watched loss function begins with: it recognizes a known call in less than a microsecond.

A call is known if one was looked at that had the same

- place: the code and the instruction that called, and where a module of ``torch.nn`` did, those that called the
  module. So the same tensors with another history, at another line, are another call;
- tensors, but for strides and elements: type, dispatch keys (what is fake, batched by ``vmap``, under autocast or in
  inference mode is something else), dtype, device, ``requires_grad``, sizes;
- options, and the same optional tensors.

A known call counts down to the one whose elements are due to be looked at. What is not known, or is due, or raises,
goes to whoever looks, who alone decides. While Dynamo traces the function, the statement is ``if not True``.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
import warnings
from typing import TYPE_CHECKING

from snugly.runtime.known import signature

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FunctionType

    from snugly.runtime.known import Places

PREFIX = "snugly_"
_TEXT = """
if not torch.compiler.{compiling}():
    try:
        snugly_known = "snugly:places".last
        snugly_frame = "snugly:getframe"(1)
        if snugly_known.at != snugly_frame.f_lasti:
            snugly_known = "snugly:places".by[snugly_frame.f_lasti]
            if snugly_known.module is snugly_frame.f_code:
                snugly_frame = "snugly:getframe"(snugly_known.depth)
                snugly_known = snugly_known.siblings[snugly_frame.f_lasti]
            else:
                "snugly:places".last = snugly_known
        for snugly_known in snugly_known.calls:
            if not (snugly_known.code is snugly_frame.f_code and {alike}):
                snugly_known.granted -= 1
                snugly_known = None
            break
        else:
            if snugly_known.code is snugly_frame.f_code and {alike} and snugly_known.is_like({tensors}):
                snugly_known.grant()
                snugly_known = next(snugly_known.calls, None)
            else:
                snugly_known = None
    except Exception:
        snugly_known = None
    if snugly_known is None:
        "snugly:look"()
    snugly_frame = snugly_known = None
"""


def with_prologue(function: FunctionType, places: Places, look: Callable[[], None]) -> CodeType:
    """Compile the function's own source with the prologue in front, lines unchanged.

    The objects that the prologue needs are constants of the code, so no module gets a new name. All of them are
    hashable, because code objects are (debuggers and torch.compile keep them as keys).

    Args:
        function: a plain function of torch.
        places: what is known.
        look: is called for calls that are new or due.

    Raises:
        OSError: there is no source.
        TypeError: it is not a plain function.
    """
    original = function.__code__
    tree, definition = _source(function)
    _put_in_front(definition, ast.parse(_text(function)).body)
    flags = original.co_flags & _future_flags()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # the prologue calls constants, until they are replaced
        module = compile(tree, original.co_filename, "exec", flags=flags, dont_inherit=True)
    code = next(constant for constant in module.co_consts if inspect.iscode(constant))
    bindings = {
        "snugly:getframe": sys._getframe,
        "snugly:places": places,
        "snugly:look": look,
    }
    constants = tuple(bindings.get(c, c) if isinstance(c, str) else c for c in code.co_consts)
    return code.replace(co_consts=constants, co_qualname=original.co_qualname)


def _source(function: FunctionType) -> tuple[ast.Module, ast.FunctionDef]:
    """Return the syntax tree of a function, every node on the line that it has in torch."""
    original = function.__code__
    lines = "\n" * (original.co_firstlineno - 1)
    tree = ast.parse(lines + textwrap.dedent(inspect.getsource(function)))
    definition = tree.body[0]
    if not isinstance(definition, ast.FunctionDef) or original.co_freevars:
        msg = "it is not a plain function"
        raise TypeError(msg)
    return tree, definition


def _text(function: FunctionType) -> str:
    import torch

    parameters = signature(function)
    return _TEXT.format(
        compiling="is_dynamo_compiling" if hasattr(torch.compiler, "is_dynamo_compiling") else "is_compiling",
        tensors=", ".join(parameters.required),
        alike=parameters.condition("snugly_known"),
    )


def _put_in_front(definition: ast.FunctionDef, prologue: list[ast.stmt]) -> None:
    """Let a function begin with a prologue, after its docstring, on the line of its ``def``."""
    for node in prologue:
        for inner in ast.walk(node):
            if "lineno" in inner._attributes:
                inner.lineno = inner.end_lineno = definition.lineno  # type: ignore[attr-defined]
                inner.col_offset = inner.end_col_offset = 0  # type: ignore[attr-defined]
    first = 1 if ast.get_docstring(definition, clean=False) is not None else 0
    definition.body[first:first] = prologue
    definition.decorator_list = []


def _future_flags() -> int:
    import __future__

    return sum({getattr(__future__, name).compiler_flag for name in __future__.all_feature_names[-2:]})
