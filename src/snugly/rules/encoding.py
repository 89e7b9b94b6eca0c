"""Class indices in arithmetic with one score for each class: a hand-written loss that works element by element."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import same
from snugly.facts.dtypes import FLOATING, INTEGRAL
from snugly.facts.tensors import TensorFacts
from snugly.facts.values import Meaning, ValueFacts
from snugly.remedies.changes import CASTS
from snugly.remedies.lexical import Written, expression_at, followed, name_of_functional
from snugly.remedies.remedy import Placement
from snugly.remedies.rewrite import Rewrite
from snugly.rules.findings import Edit
from snugly.rules.pairs import from_layers
from snugly.rules.reading import fixed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snugly.operations.registry import Application
    from snugly.remedies.remedy import Remedy
    from snugly.remedies.site import Site


def one_hot_rows(application: Application) -> tuple[Remedy, ...]:
    """Return the remedy for class indices that meet scores: one-hot rows, made where the loss is called."""
    tensors = [(name, each) for name, each in application.arguments.items() if isinstance(each, TensorFacts)]
    if len(tensors) != 2:
        return ()
    for (_, scores), (name, indices) in (tensors, tensors[::-1]):
        number = _classes(scores, indices)
        if number is not None and from_layers(scores) and not from_layers(indices):
            values = ValueFacts(low=0, high=1, integral=True, meaning=Meaning.ONE_HOT)
            changed = indices.with_(shape=scores.shape, dtype=scores.dtype, axes=None, values=values)

            def write(
                site: Site, name: str = name, number: int = number, dtype: str | None = scores.dtype
            ) -> Iterable[Placement]:
                return _written(site, name, number, dtype)

            return (Rewrite("Turn the class indices into one-hot rows", {name: changed}, write),)
    return ()


def _classes(scores: TensorFacts, indices: TensorFacts) -> int | None:
    """Return how many classes there are, if one tensor has a score for each where the other has an index."""
    if not scores.shape or indices.shape is None or len(scores.shape) != len(indices.shape) + 1:
        return None
    if scores.dtype not in FLOATING or indices.dtype not in INTEGRAL:
        return None
    if any(same(a, b) is not True for a, b in zip(scores.shape, indices.shape, strict=False)):
        return None
    number = fixed(scores.shape[-1])
    fits = number is not None and number > 1 and indices.values.inside(0, number - 1) is not False
    return number if fits else None


def _written(site: Site, name: str, number: int, dtype: str | None) -> Iterable[Placement]:
    source = site.sources.get(name)
    start = None if source is None else expression_at(source.place, site.callers)
    written = None if start is None else _passed(start)
    if written is None or written.text.tree is None:
        return
    functional = name_of_functional(written.text.tree)
    if functional is not None and dtype is not None:
        cast = CASTS.get(dtype, f".to(torch.{dtype})")
        text = f"{functional}.one_hot({written.source}, {number}){cast}"
        yield Placement((Edit(written.place, text),), text, written.place, local=False)


def _passed(start: Written) -> Written:
    """Return the expression that a caller passed for a parameter, as far out as the calls go, else the expression."""
    found = start
    for written in followed(start):
        if written.hop not in ("use", "caller"):
            break
        found = written
    return found
