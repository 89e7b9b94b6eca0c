"""Hidden states of recurrent layers, and the expression that gave them the size of the batch."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from snugly.facts.tensors import TensorFacts
from snugly.remedies.lexical import Written, expression_at, followed
from snugly.remedies.remedy import Placement
from snugly.rules.findings import Edit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snugly.facts.origins import Origin
    from snugly.operations.registry import Application
    from snugly.remedies.site import Site

RECURRENT = frozenset(("lstm", "gru", "rnn", "LSTM", "GRU", "RNN", "rnn_tanh", "rnn_relu"))


def states(application: Application) -> Iterator[TensorFacts]:
    """Yield the hidden states that a recurrent layer is given."""
    for name, value in application.arguments.items():
        if name in ("hx", "h_0", "c_0", "state", "states"):
            yield from _tensors(value)


def _tensors(value: Any) -> Iterator[TensorFacts]:
    if isinstance(value, TensorFacts):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _tensors(item)


def all_written_for_batch(origins: tuple[Origin, ...], site: Site, axis: int) -> Iterable[Placement]:
    """Yield the edits that make every state, such as those of an LSTM, for the batch at hand; none if one cannot be.

    Args:
        origins: the operations that made the states.
        site: the recurrent layer's call.
        axis: the batch axis of its input.
    """
    found = [next(iter(written_for_batch(origin, site, axis)), None) for origin in origins]
    placed = [each for each in found if each is not None]
    if placed and len(placed) == len(found):
        edits = tuple(dict.fromkeys(edit for each in placed for edit in each.edits))
        yield Placement(edits, placed[0].shown, placed[0].place, local=False)


def written_for_batch(origin: Origin, site: Site, axis: int) -> Iterable[Placement]:
    """Yield the edit that puts the size of the batch at hand where a state got a fixed one.

    Args:
        origin: the operation that made the state, such as ``torch.zeros``.
        site: the recurrent layer's call.
        axis: the batch axis of its input.
    """
    made = expression_at(origin.place, origin.callers)
    batch = _input_name(site)
    if made is None or batch is None or not isinstance(made.node, ast.Call):
        return
    for element in _elements(made):
        for written in followed(element):
            here = written.text.scope(written.node)
            names = {node.arg for node in ast.walk(here) if isinstance(node, ast.arg)}
            if batch in names and written.hop in ("use", "caller", "assignment") and not _is_parameter(written):
                text = f"{batch}.size({axis})"
                yield Placement((Edit(written.place, text),), text, written.place, local=False)
                return


def _is_parameter(written: Written) -> bool:
    scope = written.text.scope(written.node)
    if not isinstance(written.node, ast.Name) or not isinstance(scope, ast.FunctionDef):
        return False
    return any(each.arg == written.node.id for each in scope.args.args)


def _elements(made: Written) -> Iterator[Written]:
    """Yield the sizes that a creation was given, the second one first: it is the batch of a state."""
    sizes: list[ast.expr] = list(made.node.args) if isinstance(made.node, ast.Call) else []
    if len(sizes) == 1:
        for hop in followed(Written(made.text, sizes[0], made.callers)):
            if isinstance(hop.node, ast.Tuple | ast.List):
                sizes = list(hop.node.elts)
                break
    for position in (1, 0, 2):
        if position < len(sizes):
            yield Written(made.text, sizes[position], made.callers)


def _input_name(site: Site) -> str | None:
    """Return the name of the tensor that the recurrent layer is given, if it is a name."""
    source = site.sources.get("input")
    if source is not None and source.text.isidentifier():
        return source.text
    written = expression_at(site.place, site.callers)
    if written is not None and isinstance(written.node, ast.Call) and written.node.args:
        first = written.node.args[0]
        return first.id if isinstance(first, ast.Name) else None
    return None
