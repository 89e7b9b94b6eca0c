"""``match``: patterns on values that are known, every case that may apply on those that are not."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from snugly.interpreter.values import NOTHING, Choice, Instance, Mapping, Sequence, Unknown, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from snugly.interpreter.machine import Machine


def run(machine: Machine, node: ast.Match, run_block: Callable[[Machine, list[ast.stmt]], None]) -> None:
    """Follow a ``match`` statement."""
    from snugly.interpreter.expressions import evaluate

    subject = evaluate(machine, node.subject)
    _cases(machine, node.cases, subject, run_block)


def _cases(
    machine: Machine,
    cases: list[ast.match_case],
    subject: Value,
    run_block: Callable[[Machine, list[ast.stmt]], None],
) -> None:
    from snugly.interpreter.branches import both
    from snugly.interpreter.expressions import evaluate

    for index, case in enumerate(cases):
        answer = matches(machine, case.pattern, subject)
        if answer is not False and case.guard is not None:
            guard = machine.truth(evaluate(machine, case.guard))
            answer = False if guard is False else (answer if guard else None)
        if answer is False:
            continue
        if answer:
            run_block(machine, case.body)
        else:
            both(
                machine,
                lambda case=case: run_block(machine, case.body),  # type: ignore[misc]
                lambda index=index: _cases(machine, cases[index + 1 :], subject, run_block),  # type: ignore[misc]
            )
        return


def matches(machine: Machine, pattern: ast.pattern, subject: Value) -> bool | None:
    """Tell whether a pattern applies, binding the names in it; ``None`` when it depends."""
    from snugly.interpreter.assignment import bind_name
    from snugly.interpreter.branches import is_kind
    from snugly.interpreter.expressions import evaluate
    from snugly.interpreter.operators import same_values

    match pattern:
        case ast.MatchValue(value=value):
            return same_values(subject, evaluate(machine, value))
        case ast.MatchSingleton(value=constant):
            return None if isinstance(subject, Unknown) else subject is constant
        case ast.MatchAs(pattern=inner, name=name):
            answer = True if inner is None else matches(machine, inner, subject)
            if name is not None:
                bind_name(machine, name, subject)
            return answer
        case ast.MatchOr(patterns=patterns):
            answers = [matches(machine, inner, subject) for inner in patterns]
            return True if True in answers else (None if None in answers else False)
        case ast.MatchSequence(patterns=patterns):
            return _sequence(machine, patterns, subject)
        case ast.MatchMapping(keys=keys, patterns=patterns):
            return _mapping(machine, keys, patterns, subject)
        case ast.MatchClass(cls=cls):
            for inner in [*pattern.patterns, *pattern.kwd_patterns]:
                matches(machine, inner, Unknown("a part of an object"))
            answer = is_kind(subject, evaluate(machine, cls))
            return answer if not answer or not (pattern.patterns or pattern.kwd_patterns) else None
        case _:
            return None


def _sequence(machine: Machine, patterns: list[ast.pattern], subject: Value) -> bool | None:
    if not isinstance(subject, (tuple, Sequence, Unknown, Choice, Instance)):
        return False
    items = list(subject) if isinstance(subject, tuple) else (subject.items if isinstance(subject, Sequence) else None)
    starred = any(isinstance(pattern, ast.MatchStar) for pattern in patterns)
    if items is not None and not starred and len(items) != len(patterns):
        return False
    if items is None or starred:
        for pattern in patterns:
            if not isinstance(pattern, ast.MatchStar):
                matches(machine, pattern, Unknown("an item"))
        return None
    answers = [matches(machine, pattern, item) for pattern, item in zip(patterns, items, strict=True)]
    return False if False in answers else (None if None in answers else True)


def _mapping(machine: Machine, keys: list[ast.expr], patterns: list[ast.pattern], subject: Value) -> bool | None:
    from snugly.interpreter.expressions import evaluate

    if not isinstance(subject, (Mapping, Unknown, Choice, Instance)):
        return False
    answers: list[bool | None] = []
    for key, pattern in zip(keys, patterns, strict=True):
        constant = evaluate(machine, key)
        found = subject.entries.get(constant, NOTHING) if isinstance(subject, Mapping) else Unknown("an entry")
        if found is NOTHING:
            return None if isinstance(subject, Mapping) and subject.open else False
        answers.append(matches(machine, pattern, found))
    if not isinstance(subject, Mapping):
        return None if isinstance(subject, (Unknown, Choice, Instance)) else False
    return False if False in answers else (None if None in answers else True)
