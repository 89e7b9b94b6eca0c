"""Comprehensions: item by item where the items are known and few, summed up where they are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.interpreter.budget import CONCRETE_STEPS
from snugly.interpreter.iteration import listed
from snugly.interpreter.joins import element_of, equivalent, generalise, join, length_of, made_since, open_symbols
from snugly.interpreter.scopes import Scope
from snugly.interpreter.values import NOTHING, Case, Mapping, Range, Sequence, Unknown, Value

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from snugly.facts.dims import Dim
    from snugly.interpreter.machine import Machine

PROBED = 4
"""Up to how many items are followed one by one without looking whether one can stand for all."""

WORTHWHILE = 12
"""How many steps an item must take before that look is worth it."""

LISTED = 256
"""How many items a comprehension evaluates one by one."""


def list_comprehension(machine: Machine, node: ast.ListComp) -> Value:
    """Return ``[... for ...]``."""
    return _sequence(machine, node, "list")


def generator_expression(machine: Machine, node: ast.GeneratorExp) -> Value:
    """Return ``(... for ...)``, evaluated at once."""
    return _sequence(machine, node, "generator")


def set_comprehension(machine: Machine, node: ast.SetComp) -> Value:
    """Return ``{... for ...}``."""
    from snugly.interpreter.expressions import make_set

    return make_set(_sequence(machine, node, "list"))


def _sequence(machine: Machine, node: ast.ListComp | ast.GeneratorExp | ast.SetComp, kind: str) -> Sequence:
    from snugly.interpreter.expressions import evaluate

    result = _nested(machine, node.generators, lambda: evaluate(machine, node.elt))
    result.kind = kind
    return result


def dict_comprehension(machine: Machine, node: ast.DictComp) -> Value:
    """Return ``{...: ... for ...}``."""
    from snugly.interpreter.expressions import evaluate, put

    pairs = _nested(machine, node.generators, lambda: (evaluate(machine, node.key), evaluate(machine, node.value)))
    result = Mapping()
    if pairs.items is not None:
        for pair in pairs.items:
            put(result, *pair)
    else:
        pair = pairs.element
        result.open = True
        result.rest_key, result.rest = pair if isinstance(pair, tuple) else (Unknown("a key"), Unknown("a value"))
    return result


def _nested(machine: Machine, generators: list[ast.comprehension], element: Callable[[], Value]) -> Sequence:
    """Follow the ``for`` and ``if`` parts in a scope of their own."""
    frame = machine.frame
    outer = frame.scope
    inner = frame.scope = Scope({}, outer, "function", outer.source)
    try:
        return _level(machine, generators, 0, element)
    finally:
        frame.scope = outer
        if not inner.captured:
            machine.trail.forget(inner)


def _level(machine: Machine, generators: list[ast.comprehension], depth: int, element: Callable[[], Value]) -> Sequence:
    from snugly.interpreter.expressions import evaluate

    generator = generators[depth]
    source = machine.iterate(evaluate(machine, generator.iter))

    def inside() -> Sequence:
        if depth + 1 < len(generators):
            return _level(machine, generators, depth + 1, element)
        return Sequence("list", [element()])

    items = listed(source, LISTED)
    if items is not None and not _all_alike(items):
        return _one_by_one(machine, generator, items, inside)
    if source.items is not None or source.cases:
        return _by_cases(machine, generator, source, inside)
    if isinstance(source, Range) and items is not None:
        return _one_by_one(machine, generator, items, inside)
    made = len(machine.made)
    part, certain = _one(machine, generator, source.element, inside)
    part = generalise(part, made_since(machine.made, made) | open_symbols(source.element))
    return _repeated(part, source.length if certain else None)


def _all_alike(items: list[Value]) -> bool:
    return len(items) > 3 and all(equivalent(items[0], item) for item in items[1:])


def _one(
    machine: Machine, generator: ast.comprehension, item: Value, inside: Callable[[], Sequence]
) -> tuple[Sequence, bool]:
    """Follow one item: what it adds, and whether it certainly adds it."""
    from snugly.interpreter.assignment import assign
    from snugly.interpreter.branches import refine
    from snugly.interpreter.expressions import evaluate

    if item is NOTHING:
        return Sequence("list", []), True
    assign(machine, generator.target, item, record=False)
    certain = True
    for test in generator.ifs:
        answer = machine.truth(evaluate(machine, test))
        if answer is False:
            return Sequence("list", []), True
        if answer is None:
            certain = False
            refine(machine, test, truth=True)
    return inside(), certain


def _one_by_one(
    machine: Machine, generator: ast.comprehension, items: list[Value], inside: Callable[[], Sequence]
) -> Sequence:
    from snugly.interpreter.operators import concatenate

    result = Sequence("list", [])
    exact = True
    if len(items) > PROBED:
        summed = _probe(machine, generator, items, inside)
        if summed is not None:
            return summed
    before = machine.budget.steps
    for index, item in enumerate(items):
        if machine.budget.steps - before > CONCRETE_STEPS:
            return _summed_rest(machine, generator, (result, exact), items[index:], inside)
        part, certain = _one(machine, generator, item, inside)
        exact = exact and certain
        result = concatenate(result, part)
    return result if exact else Sequence("list", None, element_of(result), None)


def _summed_rest(
    machine: Machine,
    generator: ast.comprehension,
    so_far: tuple[Sequence, bool],
    items: list[Value],
    inside: Callable[[], Sequence],
) -> Sequence:
    """Follow one item that stands for all that are left, when following each would cost too much."""
    result, exact = so_far
    part, certain = _one(machine, generator, element_of(Sequence("list", items)), inside)
    size, each = length_of(result), length_of(part)
    known = exact and certain and size is not None and each is not None and len(generator.ifs) == 0
    length = size + each * len(items) if known and size is not None and each is not None else None
    return Sequence("list", None, join(element_of(result), element_of(part)), length)


def _probe(
    machine: Machine, generator: ast.comprehension, items: list[Value], inside: Callable[[], Sequence]
) -> Sequence | None:
    """Follow the first item and one that stands for the others: where they say the same, so do all."""
    before, made = machine.budget.steps, len(machine.made)
    first, certain = _one(machine, generator, items[0], inside)
    if not certain or machine.budget.steps - before < WORTHWHILE or _is_constant(first):
        return None
    other, also = _one(machine, generator, element_of(Sequence("list", items[1:])), inside)
    local = made_since(machine.made, made)
    summed, expected = generalise(other, local), generalise(first, local)
    if not also or not equivalent(expected, summed):
        return None
    return _repeated(expected, len(items))


def _is_constant(part: Sequence) -> bool:
    return bool(part.items) and all(isinstance(item, (str, int, float)) for item in part.items or ())


def _by_cases(
    machine: Machine, generator: ast.comprehension, source: Sequence, inside: Callable[[], Sequence]
) -> Sequence:
    cases = source.cases
    if source.items is not None:
        if _all_alike(source.items):
            cases = (Case(source.items[0], len(source.items)),)
        else:
            cases = (Case(element_of(source), len(source.items)),)
    total: Dim | None = 0
    joined: Value = NOTHING
    runs: list[Case] = []
    for case in cases:
        mark = len(machine.made)
        part, certain = _one(machine, generator, case.element, inside)
        part = generalise(part, made_since(machine.made, mark) | open_symbols(case.element))
        repeated = _repeated(part, case.times if certain else None)
        size = length_of(repeated)
        total = None if total is None or size is None else total + size
        joined = join(joined, element_of(repeated))
        runs.append(Case(element_of(repeated), size, case.name))
    return Sequence("list", None, joined, total, tuple(runs) if len(runs) > 1 else ())


def _repeated(part: Sequence, times: Dim | None) -> Sequence:
    size = length_of(part)
    length = None if size is None or times is None else size * times
    element = element_of(part)
    if element is NOTHING:
        return Sequence("list", [] if size == 0 else None, NOTHING, length)
    return Sequence("list", None, element, length)
