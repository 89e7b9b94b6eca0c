"""Two branches of a model that begin with one tensor, and the constructor argument that makes their ends agree."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from snugly.facts.misfits import Misfit
from snugly.facts.records import dataclass, replace
from snugly.facts.tensors import TensorFacts
from snugly.operations.registry import lookup
from snugly.remedies.lexical import expression_at
from snugly.remedies.remedy import Placement
from snugly.remedies.reshaping import equal
from snugly.remedies.rewrite import Rewrite, resized
from snugly.remedies.undo import with_argument
from snugly.rules.findings import Edit
from snugly.rules.reading import fixed
from snugly.rules.steps import chain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snugly.facts.origins import Origin
    from snugly.remedies.remedy import Remedy
    from snugly.remedies.site import Site

MOST_OPERATIONS = 60
REPLAYED = ("conv", "pool")
OPTIONS = ("stride", "padding", "dilation")


@dataclass(frozen=True, slots=True)
class Way:
    """One branch: what was applied, the first operation first.

    Attributes:
        steps: each operation with the facts after it.
        end: what came out.
    """

    steps: tuple[tuple[Origin, TensorFacts], ...]
    end: TensorFacts


@dataclass(frozen=True, slots=True)
class Ways:
    """Two branches and the tensor that both begin with."""

    begin: TensorFacts
    first: Way
    second: Way


def branches(a: TensorFacts, b: TensorFacts) -> Ways | None:
    """Return how two tensors came from the last one that both come from, along their main lines."""
    of_a, of_b = _line(a), _line(b)
    known = {id(facts.origin): place for place, (facts, _) in enumerate(of_b) if facts.origin is not None}
    for place, (facts, _) in enumerate(of_a):
        other = known.get(id(facts.origin)) if facts.origin is not None else None
        if other is not None and (place or other):
            return Ways(facts, _way(of_a[:place], a), _way(of_b[:other], b))
    return None


def _line(facts: TensorFacts) -> list[tuple[TensorFacts, Origin]]:
    found: list[tuple[TensorFacts, Origin]] = []
    for origin, after, _ in chain(facts):
        found.append((after, origin))
        if len(found) > MOST_OPERATIONS:
            break
    return found


def _way(line: list[tuple[TensorFacts, Origin]], end: TensorFacts) -> Way:
    return Way(tuple((origin, after) for after, origin in reversed(line)), end)


@dataclass(frozen=True, slots=True)
class Setting:
    """A constructor argument of a layer with another value.

    Attributes:
        layer: the construction.
        name: the parameter.
        value: the value that it should have.
        text: how that reads; ``None`` for the value as a number.
    """

    layer: Origin
    name: str
    value: int
    text: str | None = None


Put = Callable[[TensorFacts], "dict[str, Any]"]
"""Says which arguments of the operation change when a branch ends otherwise."""


def aligned(puts: tuple[Put, Put], ways: Ways, axis: int) -> tuple[Remedy, ...]:
    """Return the remedies that change one layer so that both branches end alike, the likeliest first."""
    sides = [(puts[0], ways.first, ways.second), (puts[1], ways.second, ways.first)]
    sides.sort(key=lambda side: len(_layers(side[1])))
    found: list[tuple[int, Remedy]] = []
    for put, way, other in sides:
        for rank, setting in _settings(way, other, axis):
            end = _replayed(ways.begin, way, setting)
            if end is not None and end.shape is not None and equal(end.shape, other.end.shape or ()):
                found.append((rank, _remedy(put(end), setting)))
    return tuple(remedy for _, remedy in sorted(found, key=lambda each: each[0]))


def culprit(ways: Ways, axis: int) -> Origin | None:
    """Return the construction of the last layer that decides an axis, of the shorter branch that has one."""
    for way in sorted((ways.first, ways.second), key=lambda each: len(_layers(each))):
        for origin, after in reversed(way.steps):
            before = origin.inputs[0] if origin.inputs else None
            if origin.layer is not None and before is not None and before.size(axis) != after.size(axis):
                return origin.layer
    return None


def _layers(way: Way) -> list[Origin]:
    """Return the convolutions and poolings of a branch."""
    return [origin for origin, _ in way.steps if _replayable(origin)]


def _replayable(origin: Origin) -> bool:
    name = origin.operation.rpartition(".")[2]
    return origin.layer is not None and any(each in name for each in REPLAYED) and bool(origin.inputs)


def _settings(way: Way, other: Way, axis: int) -> Iterator[tuple[int, Setting]]:
    """Yield what could be set otherwise in one branch, with a rank, smaller for the likelier."""
    for origin in _layers(way):
        layer = origin.layer
        if layer is None:
            continue
        if axis == 1:
            size = fixed(other.end.size(1))
            if size is not None and "out_channels" in layer.arguments:
                yield 0 if origin is _layers(way)[-1] else 3, Setting(layer, "out_channels", size, _spelled(other))
            continue
        kernel = _kernel(origin)
        if kernel is not None and kernel % 2:
            yield 1, Setting(layer, "padding", kernel // 2 * _one(origin.options.get("dilation"), 1))
        for each in _layers(other):
            stride = _one(each.options.get("stride"), 1)
            if each.layer is not None and stride != _one(origin.options.get("stride"), 1):
                text = _text(each.layer, "stride", layer)
                literal = text is None or text.isdigit()
                yield (2 if literal else 0), Setting(layer, "stride", stride, text)


def _spelled(other: Way) -> str | None:
    """Return how the number of channels of a branch reads."""
    for origin in reversed(_layers(other)):
        if origin.layer is not None and "out_channels" in origin.layer.arguments:
            return origin.layer.arguments["out_channels"].text
    return None


def _text(layer: Origin, name: str, here: Origin) -> str | None:
    """Return how an argument of one layer reads, where another layer is constructed in the same call."""
    source = layer.arguments.get(name)
    return source.text if source is not None and layer.callers == here.callers else None


def _kernel(origin: Origin) -> int | None:
    """Return the size of a square kernel."""
    if len(origin.inputs) > 1 and origin.inputs[1].shape is not None:
        numbers = {fixed(size) for size in origin.inputs[1].shape[2:]}
        return numbers.pop() if len(numbers) == 1 else None
    return _one(origin.options.get("kernel_size"), 0) or None


def _one(value: Any, default: int) -> int:
    """Return an option that has one number for all axes."""
    if isinstance(value, tuple | list) and value and len(set(value)) == 1:
        value = value[0]
    return value if isinstance(value, int) else default


def _replayed(begin: TensorFacts, way: Way, setting: Setting) -> TensorFacts | None:
    """Return what a branch makes of its first tensor with one setting changed; ``None`` where that is not known."""
    current = begin
    for origin, after in way.steps:
        before = origin.inputs[0] if origin.inputs else None
        if before is None or before.shape is None or after.shape is None:
            return None
        if not _replayable(origin):
            if not equal(before.shape, after.shape):
                return None
            current = after.with_(shape=current.shape)
            continue
        changed = _applied(origin, current, setting)
        if changed is None:
            return None
        current = changed
    return current


def _applied(origin: Origin, input: TensorFacts, setting: Setting) -> TensorFacts | None:
    operation = lookup(origin.operation)
    if operation is None:
        return None
    options = dict(origin.options)
    inputs = list(origin.inputs[1:])
    if origin.layer is setting.layer and setting.name in OPTIONS:
        options[setting.name] = setting.value
    elif origin.layer is setting.layer:
        inputs = [each.with_(shape=(setting.value, *(each.shape or ())[1:])) for each in inputs]
    try:
        result = operation(input, *inputs, **options)
    except (Misfit, TypeError, ValueError, AttributeError, IndexError):
        return None
    return result if isinstance(result, TensorFacts) else None


def _remedy(changed: dict[str, Any], setting: Setting) -> Rewrite:
    def write(site: Site) -> Iterable[Placement]:
        del site
        for placement in _written(setting):
            yield replace(placement, shown=f"{setting.name}={placement.shown}")

    layer = setting.layer.operation.rpartition(".")[2]
    return Rewrite(f"Let the {layer} of one branch agree with the other", changed, write)


def _written(setting: Setting) -> Iterator[Placement]:
    text = setting.text or str(setting.value)
    source = setting.layer.arguments.get(setting.name)
    if source is None:
        made = expression_at(setting.layer.place, setting.layer.callers)
        if made is not None and isinstance(made.node, ast.Call):
            edit = with_argument(made.text, made.node, f"{setting.name}={text}")
            yield Placement((edit,), text, made.place, local=False)
    elif setting.text is None:
        yield from resized(setting.layer, setting.name, None, text, setting.value)
    else:
        yield Placement((Edit(source.place, text),), text, source.place, local=False)
