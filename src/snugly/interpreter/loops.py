"""Loops: followed one by one where that pays, to a fixed point where it does not, list growth extrapolated.

The first iteration is followed with its own item. Where it changes nothing that a next one can see, that was enough.
Else a second one, with an item that stands for all the others, tells whether anything changes from iteration to
iteration. If nothing does (temporaries aside), those two
were enough. If only lists grow, and by the same each time, their final length is computed. Otherwise the
second iteration is taken back and the loop is followed item by item while that is cheap, or what changes is
widened until it is stable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.facts.dims import Dim, Expr
from snugly.facts.dims import value as known
from snugly.facts.records import dataclass
from snugly.interpreter.budget import CONCRETE_ITERATIONS, CONCRETE_STEPS
from snugly.interpreter.flow import Broke, Continued, Exit, Loop, Signal
from snugly.interpreter.growth import Since, grow, stable, widen
from snugly.interpreter.iteration import listed
from snugly.interpreter.joins import element_of, equivalent, join, open_symbols
from snugly.interpreter.repeating import Habits, finish, growth_if_repeated
from snugly.interpreter.steady import Steady
from snugly.interpreter.trees import names
from snugly.interpreter.values import NOTHING, Case, Range, Sequence, Value, now
from snugly.interpreter.windows import Stride

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from snugly.facts.dims import Symbol
    from snugly.interpreter.machine import Machine

PASSES = 3
"""How often the body of a loop is followed with joined facts before what still changes is given up."""

RUNS = 8
"""How many runs of equal items a loop is split into."""


def run_for(machine: Machine, node: ast.For | ast.AsyncFor) -> None:
    """Follow a ``for`` statement."""
    from snugly.interpreter.assignment import assign
    from snugly.interpreter.expressions import evaluate, with_site
    from snugly.interpreter.statements import run_block

    iterated = evaluate(machine, node.iter)
    sequence: Sequence = with_site(machine, node.iter, lambda: machine.iterate(iterated))

    def body(item: Value) -> None:
        assign(machine, node.target, item)
        run_block(machine, node.body)

    habits = machine.habits.of(node.body, node.target, machine.carried.of(node.body, node.target))
    loop = _For(body, lambda item: assign(machine, node.target, item, record=False), habits)
    with_loop(machine, lambda: _follow_items(machine, sequence, loop), lambda: run_block(machine, node.orelse))


@dataclass(frozen=True, eq=False, slots=True)
class _For:
    """A ``for`` statement: how its body is followed with an item, how only its target is bound, and its habits."""

    body: Callable[[Value], None]
    bind: Callable[[Value], None]
    habits: Habits


def with_loop(machine: Machine, follow: Callable[[], None], otherwise: Callable[[], None]) -> None:
    """Follow a loop in a level of its own, then its ``else``, and join the states of its breaks."""
    mark = machine.trail.open()
    loop = Loop(mark)
    machine.frame.loops.append(loop)
    broke = False
    try:
        follow()
    except Broke:
        broke = True
    except BaseException:
        machine.frame.loops.pop()
        machine.trail.close_to(mark)
        machine.trail.keep()
        raise
    machine.frame.loops.pop()
    machine.trail.close_to(mark)
    try:
        if not broke:
            otherwise()
    except BaseException:
        machine.trail.close_to(mark)
        machine.trail.keep()
        raise
    if loop.breaks:
        machine.trail.merge([exit_.state for exit_ in loop.breaks], join, present=True)
    machine.trail.keep()


def iteration(machine: Machine, action: Callable[[], None]) -> None:
    """Follow a loop's body once; ``continue`` ends it."""
    loop = machine.frame.loops[-1]
    mark = machine.trail.open()
    machine.selected.clear()  # a mask that stands for those of several iterations selects another number in each
    outer, loop.iteration, loop.continues = (loop.iteration, loop.continues), mark, []
    present = True
    try:
        action()
    except Continued:
        pass
    except BaseException as signal:
        machine.trail.close_to(mark)
        continues = loop.continues
        loop.iteration, loop.continues = outer
        if not isinstance(signal, Broke) or not continues:
            machine.trail.keep()
            raise
        present = False
        loop.breaks.append(_break_exit(machine, loop))
        loop.continues = continues
    machine.trail.close_to(mark)
    if loop.continues:
        machine.trail.merge([exit_.state for exit_ in loop.continues], join, present=present)
    machine.trail.keep()
    loop.iteration, loop.continues = outer


def _break_exit(machine: Machine, loop: Loop) -> Exit:
    return Exit(machine.trail.capture(loop.mark))


def _follow_items(machine: Machine, sequence: Sequence, loop: _For) -> None:
    if sequence.items is None and sequence.cases:
        for case in sequence.cases:
            machine.batches.append(case.name)
            try:
                _follow_run(machine, case.element, case.times, loop)
            finally:
                machine.batches.pop()
        return
    items = listed(sequence, CONCRETE_ITERATIONS)
    if sequence.items is not None:
        runs = _runs(sequence.items)
        if len(runs) <= RUNS:
            for case in runs:
                _follow_run(machine, case.element, case.times, loop)
            return
    if isinstance(sequence, Range) and isinstance(sequence.length, int) and isinstance(sequence.start, int):
        _follow_range(machine, sequence, loop)
    elif isinstance(sequence, Range) and sequence.step not in (1, -1) and isinstance(sequence.start, (int, Expr)):
        _follow_strides(machine, sequence, sequence.start, loop)
    elif sequence.items is not None:
        _follow_distinct(machine, sequence.items, items is not None, loop)
    elif sequence.element is not NOTHING:
        _follow_run(machine, sequence.element, sequence.length, loop)


def _runs(items: list[Value]) -> list[Case]:
    runs: list[Case] = []
    for item in items:
        if runs and equivalent(runs[-1].element, item):
            times = runs[-1].times
            runs[-1] = Case(runs[-1].element, 1 if times is None else times + 1)
        else:
            runs.append(Case(item, 1))
            if len(runs) > RUNS:
                break
    return runs


def _follow_range(machine: Machine, sequence: Range, loop: _For) -> None:
    """Follow a range of known ends: its first number, a symbol for those between, and a short last step."""
    count, start, step = sequence.length, sequence.start, sequence.step
    assert isinstance(count, int)  # noqa: S101 - the caller looked
    if count <= 2:
        for index in range(count):
            iteration(machine, lambda index=index: loop.body(start + index * step))  # type: ignore[misc]
        return
    split_last = step not in (1, -1)
    between = count - 2 if split_last else count - 1
    middle: Value = start + step * machine.new_symbol("i", 1, between)
    rest = [start + step * index for index in range(1, between + 1)] if count <= CONCRETE_ITERATIONS else None
    _probe(machine, start, middle, between, rest, loop)
    if split_last:
        iteration(machine, lambda: loop.body(start + step * (count - 1)))


def _follow_strides(machine: Machine, sequence: Range, start: Dim, loop: _For) -> None:
    """Follow a range in strides whose end is not known: its first number, and a symbol for the later ones."""
    later = start + sequence.step * machine.new_symbol("i", 1)
    more = None if sequence.length is None else sequence.length - 1
    machine.strides.append(Stride((start, later), sequence.stop if isinstance(sequence.stop, (int, Expr)) else None))
    try:
        _probe(machine, start, later, more, None, loop)
    finally:
        machine.strides.pop()


def _follow_distinct(
    machine: Machine,
    items: list[Value],
    few: bool,  # noqa: FBT001 - one caller, beside it
    loop: _For,
) -> None:
    rest = element_of(Sequence("list", items[1:]))
    _probe(machine, items[0], rest, len(items) - 1, items[1:] if few else None, loop)


def _follow_run(machine: Machine, element: Value, times: Dim | None, loop: _For) -> None:
    count = known(times)
    if count == 0:
        return
    if count == 1:
        iteration(machine, lambda: loop.body(element))
        return
    more = None if times is None else times - 1
    rest = [element] * (count - 1) if count is not None and count <= CONCRETE_ITERATIONS else None
    _probe(machine, element, element, more, rest, loop)


def _probe(
    machine: Machine,
    first: Value,
    other: Value,
    more: Dim | None,
    rest: list[Value] | None,
    loop: _For,
) -> None:
    """Follow the first item, then one that stands for the ``more`` others, and see whether that was enough."""
    trail = machine.trail
    before = machine.budget.steps
    loop_began = Since(now(), len(machine.made), open_symbols(other))
    trail.open()
    exits = _exits(machine)
    iteration(machine, lambda: loop.body(first))
    started = {key: saved for key, (_, saved) in trail.levels[-1].items()}
    cost = machine.budget.steps - before
    if isinstance(more, Expr) and known(more) is not None:
        more = known(more)
    cheap = rest is not None and cost * len(rest) <= CONCRETE_STEPS
    grown = growth_if_repeated(machine, trail.levels[-1], loop.habits, loop_began, (first, other))
    if grown is not None and not (grown and _exits(machine) != exits) and not (grown.lists and more in (0, 1)):
        trail.keep()
        one_by_one = bool(grown.sums) and cheap
        count = _counted(machine, more) if grown.lists else more
        finish(machine, grown, count, loop_began.local(machine), listed=one_by_one)
        loop.bind(other)
        # what the other iterations would have cost decides as ever how closely an outer loop is followed
        machine.budget.steps += cost * (1 + len(rest or ()) if one_by_one else 1)
        return
    trail.keep()
    events = machine.events.mark()
    trail.open()
    since = Since(now(), len(machine.made))
    left: Signal | None = None
    try:
        iteration(machine, lambda: loop.body(other))
    except Signal as signal:
        left = signal
    if left is None and stable(
        machine,
        trail.levels[-1],
        started,
        loop.habits.carried,
        Since(since.moment, loop_began.symbols, loop_began.items),
    ):
        grow(machine, trail.keep(), started, _counted(machine, more), loop_began)
        return
    if cheap and rest is not None:
        trail.undo()
        machine.events.drop_since(events)
        for item in rest:
            iteration(machine, lambda item=item: loop.body(item))  # type: ignore[misc]
        return
    if left is not None:
        trail.keep()
        raise left
    trail.keep()
    lists = to_fixed_point(machine, lambda: loop.body(other), loop.habits.carried, loop_began.items)
    lists.finish(None if more is None else more - 1)


def _counted(machine: Machine, more: Dim | None) -> Dim:
    """Return how many iterations there are, under a name of its own where that is not known."""
    return machine.new_symbol("L", 0) if more is None else more


def _exits(machine: Machine) -> int:
    """Count the ways out of the loop and of its function that some paths take."""
    frame = machine.frame
    return len(frame.loops[-1].breaks) + len(frame.returns)


def to_fixed_point(
    machine: Machine, action: Callable[[], None], carried: frozenset[str], items: frozenset[Symbol] = frozenset()
) -> Steady:
    """Follow a body with ever wider facts until they no longer change, and return the lists that grow evenly in it."""
    lists = Steady(machine)
    for number in range(PASSES):
        lists.name_lengths()
        machine.trail.open()
        since = Since(now(), len(machine.made), items)
        try:
            iteration(machine, action)
        except Signal:
            machine.trail.keep()
            raise
        lists.measure(machine.trail.levels[-1], since.moment)
        changed = widen(machine, machine.trail.levels[-1], carried, since, final=number == PASSES - 1)
        machine.trail.keep()
        if not changed:
            break
    return lists


def run_while(machine: Machine, node: ast.While) -> None:
    """Follow a ``while`` statement."""
    from snugly.interpreter.statements import run_block

    carried = _carried(machine, node)
    with_loop(machine, lambda: _follow_while(machine, node, carried), lambda: run_block(machine, node.orelse))


def _carried(machine: Machine, node: ast.While) -> frozenset[str]:
    read = {name.id for name in names(node.test)}
    return machine.carried.of(node.body) | read


def _follow_while(machine: Machine, node: ast.While, carried: frozenset[str]) -> None:
    from snugly.interpreter.branches import both, refine
    from snugly.interpreter.expressions import evaluate
    from snugly.interpreter.statements import run_block

    def body() -> None:
        refine(machine, node.test, truth=True)
        run_block(machine, node.body)

    started_steps = machine.budget.steps
    for _ in range(CONCRETE_ITERATIONS):
        answer = machine.truth(evaluate(machine, node.test))
        if answer is False:
            return
        if answer is None or machine.budget.steps - started_steps > CONCRETE_STEPS:
            break
        machine.trail.open()
        since = Since(now(), len(machine.made))
        try:
            iteration(machine, body)
            same = not widen(machine, machine.trail.levels[-1], carried, since, final=False, dry=True)
        finally:
            machine.trail.keep()
        if same:
            return
    answer = machine.truth(evaluate(machine, node.test))
    lists: list[Steady] = []
    if answer is None:
        both(machine, lambda: lists.append(to_fixed_point(machine, body, carried)), lambda: None)
    else:
        lists.append(to_fixed_point(machine, body, carried))
    for each in lists:
        each.finish(None)
    refine(machine, node.test, truth=False)
