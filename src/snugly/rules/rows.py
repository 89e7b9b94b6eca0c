"""A tensor with the rows of the configured batch size beside the rows of the batch at hand."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, Expr, less, same
from snugly.facts.records import dataclass
from snugly.remedies.lexical import expression_at
from snugly.remedies.remedy import Placement
from snugly.rules.findings import Edit
from snugly.rules.reading import fixed, pair

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snugly.contracts import LossCall
    from snugly.remedies.site import Site


@dataclass(frozen=True, slots=True)
class Rows:
    """Which argument has too many rows.

    Attributes:
        name: its parameter.
        other: the argument that has the rows of the batch.
        made_for: how many rows it has.
        batch: how many the batch has.
    """

    name: str
    other: str
    made_for: Dim
    batch: Dim


def rows_of_another_batch(call: LossCall) -> Rows | None:
    """Return the argument whose rows are a fixed number, larger than that of the batch at hand, if all else fits."""
    arguments = pair(call)
    if arguments is None or not arguments[0].shape or not arguments[1].shape:
        return None
    input, target = arguments
    a, b = input.shape, target.shape
    if a is None or b is None or a[0] is None or b[0] is None or same(a[0], b[0]) is not False:
        return None
    shared = min(len(a), len(b))
    if len(a) == len(b) and any(same(x, y) is False for x, y in zip(a[1:shared], b[1:shared], strict=True)):
        return None
    for name, other, mine, theirs in (("target", "input", b[0], a[0]), ("input", "target", a[0], b[0])):
        if (
            isinstance(theirs, Expr)
            and isinstance(mine, int)
            and fixed(theirs) is not None
            and less(theirs, mine) is True
        ):
            return Rows(name, other, mine, theirs)
    return None


def first_rows(rows: Rows, site: Site) -> Iterable[Placement]:
    """Yield the edit that takes as many rows as the batch has."""
    mine, theirs = site.sources.get(rows.name), site.sources.get(rows.other)
    if mine is None or theirs is None:
        return
    batch = _named(theirs.text) or _argument(theirs.text)
    written = expression_at(mine.place, site.callers)
    if (
        batch is None
        or written is None
        or not isinstance(written.node, ast.Name | ast.Attribute | ast.Call | ast.Subscript)
    ):
        return
    text = f"{mine.text}[: {batch}.size(0)]"
    yield Placement((Edit(mine.place, text),), text, mine.place)


def _named(text: str) -> str | None:
    return text if text.isidentifier() else None


def _argument(text: str) -> str | None:
    """Return the tensor that a model is called with, such as ``real`` of ``D(real)``."""
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return None
    names = [each.id for each in ast.walk(node) if isinstance(each, ast.Name)]
    called = {each.func.id for each in ast.walk(node) if isinstance(each, ast.Call) and isinstance(each.func, ast.Name)}
    return next((name for name in names if name not in called and name not in ("self", "torch", "F", "nn")), None)
