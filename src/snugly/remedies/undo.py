"""Taking back what gave a tensor an axis: the brackets, the ``unsqueeze``, the ``ndmin``, the slice of length one."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.remedies.changes import CASTS, Argmax, Cast, Change, Squeeze
from snugly.rules.findings import Edit

if TYPE_CHECKING:
    from snugly.facts.origins import Place
    from snugly.remedies.text import SourceText

LISTS = (ast.List, ast.Tuple)
SIZED = frozenset(("zeros", "ones", "empty", "rand", "randn", "new_zeros", "new_ones", "new_empty"))
SIZED_BY_TUPLE = frozenset((*SIZED, "full", "randint", "normal", "new_full", "integers", "random", "uniform", "choice"))
FROM_DATA = frozenset((
    "tensor", "as_tensor", "array", "asarray", "Tensor", "LongTensor", "FloatTensor", "IntTensor",
    "DoubleTensor", "from_numpy",
))  # fmt: skip


def undo(text: SourceText, place: Place, change: Change, rank: int | None) -> tuple[Edit, ...]:
    """Return the edits at the operation at ``place`` that make ``change`` needless; empty where there are none.

    Args:
        text: the file.
        place: the operation.
        change: what is wanted of its result.
        rank: how many axes the result has now.
    """
    node = text.expression(place)
    match change:
        case Squeeze(axis=axis) if node is not None and not _indexed_along(text, node, axis):
            return _undo_axis(text, node, axis, rank)
        case Argmax() if node is not None:
            return _undo_one_hot(text, node)
        case Cast(dtype=dtype) if isinstance(node, ast.Call):
            return _recast(text, node, dtype)
    return ()


def _indexed_along(text: SourceText, node: ast.expr, axis: int) -> bool:
    """Tell whether the name that a value is given at once is indexed along the axis that would be gone."""
    statement = text.parents.get(node)
    if not isinstance(statement, ast.Assign):
        return False
    names = {each.id for each in statement.targets if isinstance(each, ast.Name)}
    return any(
        isinstance(each, ast.Subscript)
        and isinstance(each.value, ast.Name)
        and each.value.id in names
        and _reaches(each.slice, axis)
        for each in ast.walk(text.scope(node))
    )


def _reaches(index: ast.expr, axis: int) -> bool:
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    open_ended = any(isinstance(part, ast.Constant) and part.value is ... for part in parts)
    return open_ended or len(parts) > axis


def _undo_axis(text: SourceText, node: ast.expr, axis: int, rank: int | None) -> tuple[Edit, ...]:
    match node:
        case ast.Call():
            return _undo_call(text, node, axis, rank)
        case ast.Subscript(slice=index):
            return _undo_index(text, node, index, axis)
    return ()


def _undo_call(text: SourceText, node: ast.Call, axis: int, rank: int | None) -> tuple[Edit, ...]:
    name, receiver = called(node)
    arguments = node.args
    if name in ("unsqueeze", "expand_dims", "unsqueeze_"):
        base = receiver if receiver is not None and len(arguments) < 2 else (arguments[0] if arguments else None)
        added = _integer(arguments[-1]) if arguments else None
        if base is not None and added is not None and added in (axis, axis - (rank or 0)):
            return (Edit(text.place(node), text.of(base)),)
        return ()
    for keyword in node.keywords:
        if keyword.arg in ("ndmin", "keepdim", "keepdims") and (keyword.arg != "ndmin" or axis == 0):
            return (without(text, node, keyword),)
    if name in ("view", "reshape") and rank is not None:
        return _drop_size(text, arguments, axis, rank)
    if name in FROM_DATA and arguments:
        return _unwrap(text, arguments[0], axis)
    if name in SIZED_BY_TUPLE and rank is not None:
        tuples = [each for each in arguments if isinstance(each, LISTS) and len(each.elts) == rank]
        if tuples:
            return _drop_size(text, [tuples[-1]], axis, rank)
        return _drop_size(text, arguments, axis, rank) if name in SIZED and len(arguments) == rank else ()
    if name in ("chunk", "split") and receiver is not None and arguments:
        return _unbind(text, node, receiver, axis, rank)
    return ()


def _unbind(text: SourceText, node: ast.Call, receiver: ast.expr, axis: int, rank: int | None) -> tuple[Edit, ...]:
    along = node.args[1] if len(node.args) > 1 else next((k.value for k in node.keywords if k.arg == "dim"), None)
    number = _integer(along) if along is not None else 0
    if number is None or number not in (axis, axis - (rank or 0)):
        return ()
    return (Edit(text.place(node), f"{text.of(receiver)}.unbind(dim={number})"),)


def _drop_size(text: SourceText, sizes: list[ast.expr], axis: int, rank: int) -> tuple[Edit, ...]:
    holder = sizes[0] if len(sizes) == 1 and isinstance(sizes[0], LISTS) else None
    parts = list(holder.elts) if isinstance(holder, LISTS) else list(sizes)
    if len(parts) != rank or len(parts) < 2 or _integer(parts[axis]) != 1:
        return ()
    kept = [text.of(part) for place, part in enumerate(parts) if place != axis]
    if holder is not None:
        return (Edit(text.place(holder), f"({kept[0]},)" if len(kept) == 1 else f"({', '.join(kept)})"),)
    first, last = text.place(parts[0]), text.place(parts[-1])
    span = type(first)(first.file, first.line, first.column, last.end_line, last.end_column)
    return (Edit(span, ", ".join(kept)),)


def _unwrap(text: SourceText, data: ast.expr, axis: int) -> tuple[Edit, ...]:
    """Take the brackets off: ``[[…]]`` for a leading axis, ``[[x] for …]`` for a trailing one."""
    if axis == 0 and isinstance(data, LISTS) and len(data.elts) == 1:
        inner = data.elts[0]
        whole = isinstance(inner, ast.List | ast.ListComp | ast.Name | ast.Call)
        return (Edit(text.place(data), text.of(inner)),) if whole else ()
    if axis == 1 and isinstance(data, ast.ListComp | ast.GeneratorExp) and _single(data.elt) is not None:
        only = _single(data.elt)
        return (Edit(text.place(data.elt), text.of(only)),) if only is not None else ()
    if axis == 1 and isinstance(data, LISTS):
        singles = [_single(each) for each in data.elts]
        if singles and all(each is not None for each in singles):
            pairs = zip(data.elts, singles, strict=True)
            return tuple(Edit(text.place(each), text.of(only)) for each, only in pairs if only is not None)
    return ()


def _single(node: ast.expr) -> ast.expr | None:
    return node.elts[0] if isinstance(node, LISTS) and len(node.elts) == 1 else None


def _undo_index(text: SourceText, node: ast.Subscript, index: ast.expr, axis: int) -> tuple[Edit, ...]:
    parts = list(index.elts) if isinstance(index, ast.Tuple) else [index]
    for place, part in enumerate(parts):
        if _is_none(part) and place == axis:
            rest = [each for each in parts if each is not part]
            if all(isinstance(each, ast.Slice) and each.lower is each.upper is each.step is None for each in rest):
                return (Edit(text.place(node), text.of(node.value)),)
            return (Edit(text.place(index), ", ".join(text.of(each) for each in rest)),)
        if place == axis and isinstance(part, ast.Slice) and part.lower is not None and _length_one(part):
            return (Edit(text.place(part), text.of(part.lower)),)
    if axis == len(parts) and len(parts) == 1 and isinstance(parts[0], LISTS):
        return ()
    inserted = _inserted_by_index(parts, axis)
    return () if inserted is None else (Edit(text.place(inserted[0]), text.of(inserted[1])),)


def _inserted_by_index(parts: list[ast.expr], axis: int) -> tuple[ast.expr, ast.expr] | None:
    """Return an index such as ``i.unsqueeze(1)`` that brings the axis with it, and what it is without."""
    if len(parts) != 1 or not isinstance(parts[0], ast.Call):
        return None
    name, receiver = called(parts[0])
    if name == "unsqueeze" and receiver is not None and parts[0].args and _integer(parts[0].args[0]) == axis:
        return parts[0], receiver
    return None


def _length_one(part: ast.Slice) -> bool:
    lower, upper = part.lower, part.upper
    if lower is None:
        return False
    start, stop = _integer(lower), None if upper is None else _integer(upper)
    if upper is None:
        return start == -1
    if start is not None and stop is not None:
        return stop == start + 1
    match upper:
        case ast.BinOp(left=left, op=ast.Add(), right=ast.Constant(value=1)):
            return ast.dump(left) == ast.dump(lower)
    return False


def _undo_one_hot(text: SourceText, node: ast.expr) -> tuple[Edit, ...]:
    """Return what was encoded: ``ids`` of ``one_hot(ids, C)`` or of ``eye(C)[ids]``."""
    match node:
        case ast.Subscript(value=ast.Call() as table, slice=ids) if called(table)[0] in ("eye", "identity"):
            return (Edit(text.place(node), text.of(ids)),)
        case ast.Call(args=[ids, *_]) if called(node)[0] == "one_hot":
            return (Edit(text.place(node), text.of(ids)),)
    return ()


TYPED = {"FloatTensor": "float32", "LongTensor": "int64", "DoubleTensor": "float64", "IntTensor": "int32"}
TORCH_NAMES = {"int64": "long", "float32": "float32", "float64": "float64"}
CONVERTING = frozenset(("float", "long", "double", "half", "int", "short", "bool"))


def _recast(text: SourceText, node: ast.Call, dtype: str) -> tuple[Edit, ...]:
    """Return the edit of a conversion or a creation that names another dtype: ``dtype=`` or ``.float()``."""
    name, receiver = called(node)
    given = next((keyword.value for keyword in node.keywords if keyword.arg == "dtype"), None)
    if given is None and name in ("to", "astype", "type") and len(node.args) == 1:
        given = node.args[0]
    if given is not None:
        new = _dtype_like(text.of(given), dtype)
        return () if new is None else (Edit(text.place(given), new),)
    whole = text.place(node.func)
    last = type(whole)(whole.file, whole.end_line, whole.end_column - len(name), whole.end_line, whole.end_column)
    if name in CONVERTING and receiver is not None and not node.args and dtype in CASTS:
        return (Edit(last, CASTS[dtype][1:-2]),)
    wanted = next((other for other, made in TYPED.items() if made == dtype), None)
    return (Edit(last, wanted),) if name in TYPED and wanted is not None else ()


def _dtype_like(written: str, dtype: str) -> str | None:
    """Write a dtype as another one was written: of torch, of numpy, or as a text."""
    prefix, dot, _ = written.rpartition(".")
    if prefix == "torch":
        return f"torch.{TORCH_NAMES.get(dtype, dtype)}"
    if dot:
        return f"{prefix}.{dtype}"
    if written[:1] in "'\"":
        return f"{written[0]}{dtype}{written[0]}"
    return {"int64": "int", "float64": "float"}.get(dtype) if written in ("int", "float") else None


def called(node: ast.Call) -> tuple[str, ast.expr | None]:
    """Return the last part of a call's name and what it is taken from, such as ``("view", x)``."""
    match node.func:
        case ast.Attribute(value=receiver, attr=name):
            return name, receiver
        case ast.Name(id=name):
            return name, None
    return "", None


def without(text: SourceText, call: ast.Call, argument: ast.expr | ast.keyword) -> Edit:
    """Return the edit that takes one argument out of a call, with its comma."""
    members: list[ast.expr | ast.keyword] = sorted(
        [*call.args, *call.keywords], key=lambda each: (each.lineno, each.col_offset)
    )
    position = members.index(argument)
    own = text.place(argument)
    if position > 0:
        before = text.place(members[position - 1])
        return Edit(type(own)(own.file, before.end_line, before.end_column, own.end_line, own.end_column), "")
    if len(members) > 1:
        after = text.place(members[1])
        return Edit(type(own)(own.file, own.line, own.column, after.line, after.column), "")
    return Edit(own, "")


def with_argument(text: SourceText, call: ast.Call, argument: str) -> Edit:
    """Return the edit that appends an argument to a call."""
    place = text.place(call)
    members: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    if not members:
        return Edit(
            type(place)(place.file, place.end_line, place.end_column - 1, place.end_line, place.end_column),
            f"{argument})",
        )
    last = text.place(max(members, key=lambda each: (each.end_lineno or 0, each.end_col_offset or 0)))
    if len(members) == 1 and isinstance(members[0], ast.GeneratorExp):
        return Edit(last, f"({text.at(last)}), {argument}")
    return Edit(
        type(place)(place.file, last.end_line, last.end_column, last.end_line, last.end_column), f", {argument}"
    )


def _integer(node: ast.expr | None) -> int | None:
    match node:
        case ast.Constant(value=int(number)) if not isinstance(number, bool):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number))):
            return -number
    return None


def _is_none(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=None):
            return True
        case ast.Attribute(attr="newaxis") | ast.Name(id="newaxis"):
            return True
    return False
