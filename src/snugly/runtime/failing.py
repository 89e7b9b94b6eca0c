"""The operation of torch that a traceback failed in, with the facts of its live arguments.

The expression that each frame was at is found in its source; its names are read from the frame. Nothing
is executed: attributes are read from where objects keep them, and of calls only those that read a size.
"""

from __future__ import annotations

import ast
import inspect
import operator
from types import ModuleType
from typing import TYPE_CHECKING, Any

from snugly.facts.misfits import Misfit
from snugly.facts.records import dataclass
from snugly.operations.registry import UNKNOWN, Application, lookup
from snugly.runtime.facts import facts_of, is_tensor_like
from snugly.runtime.frames import Expression, expression, is_user_file

if TYPE_CHECKING:
    from types import FrameType, TracebackType

    from snugly.facts.origins import Place, Source
    from snugly.operations.registry import Operation

_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "operator.add",
    ast.Sub: "operator.sub",
    ast.Mult: "operator.mul",
    ast.Div: "operator.truediv",
    ast.FloorDiv: "operator.floordiv",
    ast.Mod: "operator.mod",
    ast.Pow: "operator.pow",
    ast.MatMult: "operator.matmul",
    ast.BitAnd: "operator.and_",
    ast.BitOr: "operator.or_",
    ast.BitXor: "operator.xor",
}
_ARITHMETIC = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}
_READING = frozenset(("size", "dim", "numel", "ndimension", "element_size"))
_ATTRIBUTES = frozenset(("shape", "ndim", "dtype", "device", "T", "mT"))


class _NotKnown(Exception):  # noqa: N818 - an answer
    """An expression whose value cannot be read without running code."""


@dataclass(frozen=True, slots=True)
class Failed:
    """An operation that does not fit, where the user's code led to it."""

    application: Application
    place: Place
    sources: dict[str, Source]


def failed_operation(links: list[TracebackType]) -> Failed | None:
    """Return the innermost operation of a traceback whose live arguments do not fit, or ``None``."""
    user = next((link for link in reversed(links) if is_user_file(link.tb_frame.f_code.co_filename)), None)
    if user is None:
        return None
    for link in reversed(links):
        at = expression(link)
        applied = _apply(at, link.tb_frame)
        if applied is not None:
            where = expression(user)
            application, nodes = applied
            sources = {name: at.source(node) for name, node in nodes.items()} if link is user else {}
            return Failed(application, where.place, sources)
        if link is user:
            break
    return None


def _apply(at: Expression, frame: FrameType) -> tuple[Application, dict[str, ast.expr]] | None:
    named = _named(at.node, frame)
    if named is None:
        return None
    name, args, keywords = named
    keywords.pop("out", None)  # where the result goes decides nothing
    operation = lookup(name)
    if operation is None:
        return None
    values = [_facts(each, frame) for each in args]
    options = {key: _facts(each, frame) for key, each in keywords.items()}
    try:
        operation(*values, **options)
    except Misfit as misfit:
        arguments = _by_name(operation, values, options)
        return Application(name, arguments, None, misfit), _by_name(operation, args, keywords)
    except Exception:  # whatever goes wrong here, the operation is only not known
        return None
    return None


def _named(node: ast.AST | None, frame: FrameType) -> tuple[str, list[ast.expr], dict[str, ast.expr]] | None:
    """Return the qualified name of what a node applies, and its arguments."""
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return _BINARY[type(node.op)], [node.left, node.right], {}
    if not isinstance(node, ast.Call) or any(isinstance(each, ast.Starred) for each in node.args):
        return None
    keywords = {each.arg: each.value for each in node.keywords if each.arg is not None}
    if len(keywords) != len(node.keywords):
        return None
    if isinstance(node.func, ast.Attribute):
        try:
            receiver = read(node.func.value, frame)
        except _NotKnown:
            return None
        if is_tensor_like(receiver):
            return f"torch.Tensor.{node.func.attr}", [node.func.value, *node.args], keywords
        if isinstance(receiver, ModuleType):
            return f"{receiver.__name__}.{node.func.attr}", node.args, keywords
        return None
    try:
        function = read(node.func, frame)
    except _NotKnown:
        return None
    module = getattr(function, "__module__", None) or "torch"
    return f"{module}.{getattr(function, '__name__', '')}", node.args, keywords


def _by_name(operation: Operation, args: list[Any], keywords: dict[str, Any]) -> dict[str, Any]:
    bound = inspect.signature(operation.function).bind(*args, **keywords).arguments
    return {name: value for name, value in bound.items() if not isinstance(value, dict)}


def _facts(node: ast.expr, frame: FrameType) -> Any:
    try:
        return _as_facts(read(node, frame))
    except _NotKnown:
        return UNKNOWN


def _as_facts(value: Any) -> Any:
    if is_tensor_like(value):
        return facts_of(value)
    if isinstance(value, (list, tuple)):
        return type(value)(_as_facts(each) for each in value) if type(value) in (list, tuple) else tuple(value)
    if isinstance(value, (bool, int, float, complex, str, type(None), slice, type(...))):
        return value
    if type(value).__module__ == "torch" and type(value).__name__ == "dtype":
        return str(value).removeprefix("torch.")
    return UNKNOWN


def read(node: ast.expr, frame: FrameType) -> Any:
    """Return the value of an expression in a frame without running anything of the user's.

    Raises:
        _NotKnown: that would take more than reading.
    """
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            return _variable(node.id, frame)
        case ast.Attribute():
            return _attribute(read(node.value, frame), node.attr)
        case ast.Tuple() | ast.List():
            items = [read(each, frame) for each in node.elts]
            return items if isinstance(node, ast.List) else tuple(items)
        case ast.UnaryOp(op=ast.USub()):
            operand = read(node.operand, frame)
            if type(operand) in (int, float):
                return -operand
        case ast.BinOp() if type(node.op) in _ARITHMETIC:
            left, right = read(node.left, frame), read(node.right, frame)
            if type(left) is int and type(right) is int and not (isinstance(node.op, ast.FloorDiv) and right == 0):
                return _ARITHMETIC[type(node.op)](left, right)
        case ast.Subscript():
            return _item(read(node.value, frame), read(node.slice, frame))
        case ast.Call(func=ast.Attribute(attr=name)) if name in _READING and not node.keywords:
            receiver = read(node.func.value, frame)  # type: ignore[attr-defined]
            if is_tensor_like(receiver) and type(receiver).__module__.startswith("torch"):
                return getattr(receiver, name)(*(read(each, frame) for each in node.args))
        case _:
            pass
    raise _NotKnown


def _variable(name: str, frame: FrameType) -> Any:
    for scope in (frame.f_locals, frame.f_globals, frame.f_builtins):
        if name in scope:
            return scope[name]
    raise _NotKnown


def _attribute(value: Any, name: str) -> Any:
    """Read an attribute from where the object keeps it; a module of torch keeps some in its own tables."""
    if is_tensor_like(value):
        if name in _ATTRIBUTES:
            return getattr(value, name)
        raise _NotKnown
    if isinstance(value, ModuleType):
        if name in vars(value):
            return vars(value)[name]
        raise _NotKnown
    own = getattr(value, "__dict__", {})
    for table in (own, *(own.get(table) or {} for table in ("_parameters", "_buffers", "_modules"))):
        if name in table:
            return table[name]
    found = inspect.getattr_static(type(value), name, _NotKnown)
    if isinstance(found, (bool, int, float, str, tuple)):
        return found
    raise _NotKnown


def _item(value: Any, key: Any) -> Any:
    if type(value) in (list, tuple, dict) or type(value).__name__ == "Size":
        try:
            return value[key]
        except (LookupError, TypeError):
            pass
    raise _NotKnown
