"""The statement that a watched loss function begins with: it recognizes a known call and counts it.

A call is known if one was looked at that had the same

- place: the code and the instruction that called, and where a module of ``torch.nn`` did, those that called the
  module. So the same tensors with another history, at another line, are another call;
- tensors, but for strides and elements: type, dispatch keys (what is fake, batched by ``vmap``, under autocast or in
  inference mode is something else), dtype, device, ``requires_grad``, sizes;
- options, and the same optional tensors.

Sizes and options are compared at each call, the rest of the tensors at every eighth (``known.PERIOD``).

A known call counts down to the one whose elements are due to be looked at. What is not known, or is due, or raises,
goes to whoever looks, who alone decides. While Dynamo traces the function, the statement is ``if not True``.
"""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

from snugly.runtime.known import signature
from snugly.runtime.rewriting import compiled, definition_of, put_in_front

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

    Args:
        function: a plain function of torch.
        places: what is known.
        look: is called for calls that are new or due.

    Raises:
        OSError: there is no source.
        TypeError: it is not a plain function.
    """
    tree, definition = definition_of(function)
    put_in_front(definition, ast.parse(_text(function)).body)
    constants = {"snugly:getframe": sys._getframe, "snugly:places": places, "snugly:look": look}
    return compiled(tree, function.__code__, constants)


def _text(function: FunctionType) -> str:
    import torch

    parameters = signature(function)
    return _TEXT.format(
        compiling="is_dynamo_compiling" if hasattr(torch.compiler, "is_dynamo_compiling") else "is_compiling",
        tensors=", ".join(parameters.required),
        alike=parameters.condition("snugly_known"),
    )
