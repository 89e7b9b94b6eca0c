"""``default_collate``: what a batch of samples becomes.

Source: ``torch/utils/data/_utils/collate.py`` of torch 2.13, compared in ``tests/library``. The elements of a batch
are tensors (stacked), numpy arrays and scalars (their dtype is kept), Python floats (``float64``), integers
(``int64``) and booleans (``bool``), strings (a list of them), and dicts, named tuples, tuples and lists of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.dims import Dim, Expr, each_of, substitute
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import Instance, Mapping, Number, Sequence, Text, Unknown, Value
from snugly.library.registry import function

if TYPE_CHECKING:
    from collections.abc import Collection

    from snugly.facts.dims import Symbol

COLLATE = "torch.utils.data.default_collate"


def collate(machine: Any, element: Value, count: Dim | None) -> Value:
    """Return the batch that ``default_collate`` makes of ``count`` samples, each as ``element`` says."""
    if isinstance(element, TensorFacts | bool | int | float | Expr | Number):
        return machine.apply(COLLATE, element, count, **_refused(element))
    if isinstance(element, str | bytes | Text):
        return Sequence("list", None, element, count)
    if isinstance(element, Mapping):
        rest = None if element.rest is None else collate(machine, element.rest, count)
        entries = {key: collate(machine, value, count) for key, value in element.entries.items()}
        return Mapping(entries, rest, element.open, element.rest_key)
    if isinstance(element, tuple):
        parts = [collate(machine, part, count) for part in element]
        return type(element)(*parts) if hasattr(element, "_fields") else Sequence("list", parts)
    if isinstance(element, Sequence):
        return _collate_sequence(machine, element, count)
    if element is None:
        return machine.apply(COLLATE, TensorFacts(), count, refused="<class 'NoneType'>")
    if isinstance(element, Instance) and element.native is None:
        return _collate_instance(machine, element, count)
    if hasattr(element, "collated"):
        return element.collated(count)
    return Unknown(COLLATE) if isinstance(element, Unknown) else machine.unknown(COLLATE)


def _refused(element: Value) -> dict[str, str]:
    """Name the type that ``default_collate`` refuses, for a picture."""
    if isinstance(element, TensorFacts) and element.kind == "image":
        return {"refused": "<class 'PIL.Image.Image'>"}
    return {}


def _collate_sequence(machine: Any, element: Sequence, count: Dim | None) -> Value:
    if element.kind in ("set", "frozenset", "generator", "iterator"):
        return machine.apply(COLLATE, TensorFacts(), count, refused=f"<class '{element.kind}'>")
    if element.items is not None:
        return Sequence("list", [collate(machine, part, count) for part in element.items])
    return Sequence("list", None, collate(machine, element.element, count), element.length)


def _collate_instance(machine: Any, element: Instance, count: Dim | None) -> Value:
    """Collate a named tuple of the user's; any other object is refused."""
    if element.type.kind == "namedtuple":
        collated = {name: collate(machine, part, count) for name, part in element.attributes.items()}
        return Instance(element.type, collated)
    return machine.unknown(COLLATE)


@function(COLLATE, "torch.utils.data.dataloader.default_collate", "torch.utils.data._utils.collate.default_collate")
def default_collate(machine: Any, batch: Value) -> Value:
    """Describe a call of ``default_collate`` with a list of samples."""
    samples = machine.iterate(batch)
    if samples.items is None:
        return collate(machine, samples.element, samples.length)
    if not samples.items:
        return machine.unknown(COLLATE)
    return collate(machine, joined_samples(machine, samples.items), len(samples.items))


def joined_samples(machine: Any, samples: list[Value]) -> Value:
    """Return what holds for each sample; sizes that differ are told by ``differing_sizes``."""
    element = samples[0]
    for other in samples[1:]:
        element = machine.join(element, other)
    return element


def unequal(machine: Any, first: Value, second: Value, count: Dim | None) -> Value:
    """Stack two samples of one batch where both are tensors: sizes that differ are a misfit.

    Returns:
        What the machine answers to the first misfit, ``None`` where there is none.
    """
    if isinstance(first, TensorFacts) and isinstance(second, TensorFacts):
        stacked = machine.apply(COLLATE, first, count, other=second)
        return None if isinstance(stacked, TensorFacts) else stacked
    pairs: list[tuple[Value, Value]] = []
    if isinstance(first, tuple) and isinstance(second, tuple) and len(first) == len(second):
        pairs = list(zip(first, second, strict=True))
    elif isinstance(first, Mapping) and isinstance(second, Mapping):
        pairs = [(part, second.entries[key]) for key, part in first.entries.items() if key in second.entries]
    for one, other in pairs:
        found = unequal(machine, one, other, count)
        if found is not None:
            return found
    return None


def has_open_sizes(element: Value) -> bool:
    """Tell whether some tensor in a sample has a size that is not known."""
    if isinstance(element, TensorFacts):
        return element.shape is None or None in element.shape
    if isinstance(element, tuple):
        return any(has_open_sizes(part) for part in element)
    return isinstance(element, Mapping) and any(has_open_sizes(part) for part in element.entries.values())


def sizes_of_its_own(machine: Any, element: Value, own: Collection[Symbol]) -> Value:
    """Return a sample whose sizes that are not known have a name: each sample of a batch has others.

    Args:
        machine: the run.
        element: the sample.
        own: the symbols that were made for it.
    """
    if isinstance(element, TensorFacts) and element.shape is not None:
        renamed = {one: each_of(one.name, one.low, one.high) for one in own}
        named = (
            each_of(str(machine.new_symbol("L"))) if size is None else substitute(size, renamed)
            for size in element.shape
        )
        return element.with_(shape=tuple(named))
    if isinstance(element, tuple) and not hasattr(element, "_fields"):
        return tuple(sizes_of_its_own(machine, part, own) for part in element)
    if isinstance(element, Mapping):
        entries = {key: sizes_of_its_own(machine, part, own) for key, part in element.entries.items()}
        return Mapping(entries, element.rest, element.open, element.rest_key, kind=element.kind)
    return element


@function("torch.utils.data.default_convert", "torch.utils.data._utils.collate.default_convert")
def convert(machine: Any, data: Value) -> Value:
    """Describe ``default_convert``: arrays become tensors, containers are followed, the rest stays."""
    if isinstance(data, TensorFacts):
        return machine.apply("torch.as_tensor", data) if data.kind == "ndarray" else data
    if isinstance(data, Mapping):
        rest = None if data.rest is None else convert(machine, data.rest)
        return Mapping({key: convert(machine, value) for key, value in data.entries.items()}, rest, data.open)
    if isinstance(data, tuple):
        parts = [convert(machine, part) for part in data]
        return type(data)(*parts) if hasattr(data, "_fields") else Sequence("list", parts)
    if isinstance(data, Sequence):
        if data.items is not None:
            return Sequence("list", [convert(machine, part) for part in data.items])
        return Sequence("list", None, convert(machine, data.element), data.length)
    return data
