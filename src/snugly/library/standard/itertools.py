"""``itertools``: item by item where the items are known, otherwise by what holds for each and how many there are."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from snugly.facts import dims
from snugly.facts.dims import Dim, Expr
from snugly.interpreter.values import Number, Sequence, Unknown, Value
from snugly.library.drawing import joined
from snugly.library.plain import bounds
from snugly.library.registry import function

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from snugly.interpreter.machine import Machine


_LARGEST = 4096
_ROUNDS = 3


def _stream(items: Iterable[Value]) -> Value:
    return Sequence("iterator", list(items))


def _summary(element: Value, length: Dim | None = None) -> Value:
    return Sequence("iterator", None, element, length)


def _element(machine: Machine, found: Sequence) -> Value:
    return found.element if found.items is None else joined(machine, found.items)


def _length(found: Sequence) -> Dim | None:
    return found.length if found.items is None else len(found.items)


@function("itertools.chain")
def chain(machine: Machine, *iterables: Value) -> Value:
    """``chain(*iterables)``."""
    return _chain(machine, [machine.iterate(iterable) for iterable in iterables])


def _chain(machine: Machine, parts: list[Sequence]) -> Value:
    if all(part.items is not None for part in parts):
        return _stream(item for part in parts for item in part.items or ())
    filled = [part for part in parts if part.items is None or part.items]
    lengths = [_length(part) for part in filled]
    total: Dim | None = 0
    for length in lengths:
        total = None if total is None or length is None else total + length
    return _summary(joined(machine, [_element(machine, part) for part in filled]), total)


@function("itertools.chain.from_iterable")
def chain_from_iterable(machine: Machine, iterable: Value) -> Value:
    """``chain.from_iterable(iterable)``."""
    outer = machine.iterate(iterable)
    if outer.items is not None:
        return _chain(machine, [machine.iterate(inner) for inner in outer.items])
    inner = machine.iterate(outer.element)
    length = dims.product((_length(inner), outer.length))
    return _summary(_element(machine, inner), length)


def _combinatoric(
    real: Callable[..., Any], machine: Machine, pools: list[Sequence], width: int, **options: Any
) -> Value:
    if all(pool.items is not None for pool in pools):
        found = list(itertools.islice(real(*(pool.items or [] for pool in pools), **options), _LARGEST + 1))
        if len(found) <= _LARGEST:
            return _stream(found)
    elements = [_element(machine, pool) for pool in pools]
    return _summary(tuple(elements) if len(elements) == width else tuple(elements[:1] * width))


@function("itertools.product")
def product(machine: Machine, *iterables: Value, repeat: Value = 1) -> Value:
    """``product(*iterables, repeat=1)``."""
    if not isinstance(repeat, int):
        return _summary(Unknown("itertools.product"))
    pools = [machine.iterate(iterable) for iterable in iterables] * repeat
    result = _combinatoric(itertools.product, machine, pools, len(pools))
    if isinstance(result, Sequence) and result.items is None:
        result.length = dims.product(_length(pool) for pool in pools)
    return result


def _choose(real: Callable[..., Any], machine: Machine, iterable: Value, r: Value) -> Value:
    pool = machine.iterate(iterable)
    width = (len(pool.items) if pool.items is not None else None) if r is None else r
    if not isinstance(width, int):
        return _summary(Unknown(f"itertools.{real.__name__}"))
    return _combinatoric(real, machine, [pool], width, r=width)


@function("itertools.combinations")
def combinations(machine: Machine, iterable: Value, r: Value) -> Value:
    """``combinations(iterable, r)``."""
    return _choose(itertools.combinations, machine, iterable, r)


@function("itertools.combinations_with_replacement")
def combinations_with_replacement(machine: Machine, iterable: Value, r: Value) -> Value:
    """``combinations_with_replacement(iterable, r)``."""
    return _choose(itertools.combinations_with_replacement, machine, iterable, r)


@function("itertools.permutations")
def permutations(machine: Machine, iterable: Value, r: Value = None) -> Value:
    """``permutations(iterable[, r])``."""
    return _choose(itertools.permutations, machine, iterable, r)


@function("itertools.count")
def count(start: Value = 0, step: Value = 1) -> Value:
    """``count(start, step)``: never ends."""
    low = bounds(start)[0]
    forward = bounds(step)[0]
    kind = "int" if isinstance(start, int | Expr) and isinstance(step, int | Expr) else "float"
    return _summary(Number(kind, low if forward is not None and forward >= 0 else None, None))


@function("itertools.cycle")
def cycle(machine: Machine, iterable: Value) -> Value:
    """``cycle(iterable)``: never ends."""
    return _summary(_element(machine, machine.iterate(iterable)))


@function("itertools.repeat")
def repeat(object: Value, times: Value = None) -> Value:
    """``repeat(object[, times])``."""
    if isinstance(times, int) and times <= _LARGEST:
        return _stream([object] * times)
    return _summary(object, times if isinstance(times, int | Expr) else None)


@function("itertools.islice")
def islice(machine: Machine, iterable: Value, *args: Value) -> Value:
    """``islice(iterable, [start,] stop[, step])``."""
    found = machine.iterate(iterable)
    known = all(argument is None or isinstance(argument, int) for argument in args)
    if found.items is not None and known:
        return _stream(itertools.islice(found.items, *args))
    length = None
    total = _length(found)
    if len(args) == 1 and isinstance(args[0], int) and total is not None and dims.less(total, args[0]) is False:
        length = args[0]
    return _summary(_element(machine, found), length)


@function("itertools.accumulate")
def accumulate(machine: Machine, iterable: Value, func: Value = None, *, initial: Value = None) -> Value:
    """``accumulate(iterable[, func])``."""
    found = machine.iterate(iterable)

    def step(total: Value, item: Value) -> Value:
        return machine.apply("operator.add", total, item) if func is None else machine.call(func, total, item)

    if found.items is not None:
        items = list(found.items) if initial is None else [initial, *found.items]
        results: list[Value] = items[:1]
        for item in items[1:]:
            results.append(step(results[-1], item))
        return _stream(results)
    return _summary(Unknown("itertools.accumulate"), _length(found))


@function("itertools.groupby")
def groupby(machine: Machine, iterable: Value, key: Value = None) -> Value:
    """``groupby(iterable[, key])``: pairs of a key and the items that share it."""
    element = _element(machine, machine.iterate(iterable))
    shared = element if key is None else machine.call(key, element)
    return _summary((shared, _summary(element)))


@function("itertools.starmap")
def starmap(machine: Machine, function: Value, iterable: Value) -> Value:
    """``starmap(function, iterable)``."""
    found = machine.iterate(iterable)

    def apply(arguments: Value) -> Value:
        given = machine.iterate(arguments)
        return Unknown("itertools.starmap") if given.items is None else machine.call(function, *given.items)

    if found.items is not None:
        return _stream(apply(item) for item in found.items)
    return _summary(apply(found.element), found.length)


@function("itertools.tee")
def tee(machine: Machine, iterable: Value, n: Value = 2) -> Value:
    """``tee(iterable, n=2)``."""
    found = machine.iterate(iterable)
    count_ = n if isinstance(n, int) and 0 <= n <= _LARGEST else 2
    return tuple(
        Sequence("iterator", None if found.items is None else list(found.items), found.element, found.length)
        for _ in range(count_)
    )


def _some(machine: Machine, iterable: Value) -> Value:
    return _summary(_element(machine, machine.iterate(iterable)))


@function("itertools.takewhile")
def takewhile(machine: Machine, predicate: Value, iterable: Value) -> Value:
    """``takewhile(predicate, iterable)``: some of the items."""
    return _filtered(machine, predicate, iterable, itertools.takewhile)


@function("itertools.dropwhile")
def dropwhile(machine: Machine, predicate: Value, iterable: Value) -> Value:
    """``dropwhile(predicate, iterable)``: some of the items."""
    return _filtered(machine, predicate, iterable, itertools.dropwhile)


@function("itertools.filterfalse")
def filterfalse(machine: Machine, predicate: Value, iterable: Value) -> Value:
    """``filterfalse(predicate, iterable)``: some of the items."""
    return _filtered(machine, predicate, iterable, itertools.filterfalse)


def _filtered(machine: Machine, predicate: Value, iterable: Value, real: Callable[..., Any]) -> Value:
    found = machine.iterate(iterable)
    if found.items is not None:
        pairs = [
            (item, machine.truth(item if predicate is None else machine.call(predicate, item))) for item in found.items
        ]
        if all(truth is not None for _, truth in pairs):
            return _stream(item for item, _ in real(lambda pair: pair[1], pairs))
    return _some(machine, iterable)


@function("itertools.compress")
def compress(machine: Machine, data: Value, selectors: Value) -> Value:
    """``compress(data, selectors)``."""
    found, chosen = machine.iterate(data), machine.iterate(selectors)
    if found.items is not None and chosen.items is not None:
        truths = [machine.truth(selector) for selector in chosen.items]
        if None not in truths:
            return _stream(itertools.compress(found.items, truths))
    return _some(machine, data)


@function("itertools.pairwise")
def pairwise(machine: Machine, iterable: Value) -> Value:
    """``pairwise(iterable)``."""
    found = machine.iterate(iterable)
    if found.items is not None:
        return _stream(itertools.pairwise(found.items))
    length = found.length
    shorter = length - 1 if length is not None and dims.less(0, length) else None
    return _summary((found.element, found.element), shorter)


@function("itertools.batched")
def batched(machine: Machine, iterable: Value, n: Value) -> Value:
    """``batched(iterable, n)``: tuples of ``n``, the last one shorter."""
    found = machine.iterate(iterable)
    if found.items is not None and isinstance(n, int) and n > 0:
        return _stream(tuple(found.items[i : i + n]) for i in range(0, len(found.items), n))
    return _summary(Sequence("tuple", None, _element(machine, found), None))


@function("itertools.zip_longest")
def zip_longest(machine: Machine, *iterables: Value, fillvalue: Value = None) -> Value:
    """``zip_longest(*iterables, fillvalue=None)``."""
    parts = [machine.iterate(iterable) for iterable in iterables]
    if all(part.items is not None for part in parts):
        return _stream(itertools.zip_longest(*(part.items or [] for part in parts), fillvalue=fillvalue))
    return _summary(tuple(machine.join(_element(machine, part), fillvalue) for part in parts))
