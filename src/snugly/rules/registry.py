"""Which rules there are. A rule is one module of a family folder; it is found, never listed.

A rule is a function that is given either a loss call with its verdict, or an operation as it was met, and yields
diagnoses. Its family is the folder it lives in, and its page ``docs/rules/CODE.md``. What it looks at is said where it
is declared, so that it is imported when there is such a call to look at, and not before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from snugly.facts.records import dataclass
from snugly.facts.rooms import Notes, Room, Things
from snugly.rules.findings import Severity

if TYPE_CHECKING:
    from snugly.contracts.calls import LossCall
    from snugly.facts.origins import Place
    from snugly.operations.registry import Application
    from snugly.rules.diagnosis import Diagnosis

Check = Callable[..., "Iterable[Diagnosis]"]
Retraction = Callable[["Application"], "Place | None"]
Declared = TypeVar("Declared", bound=Check)
Retracting = TypeVar("Retracting", bound=Retraction)
Subject = Literal["loss", "operation", "tool"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One bad pattern.

    Attributes:
        code: such as ``"SNG101"``.
        name: the bad pattern in kebab case, such as ``"batch-size-mismatch"``.
        severity: see ``Severity``; a diagnosis may say otherwise.
        family: the folder of the rule, such as ``"sizes"``.
        subject: what it looks at: a loss call, an operation, or (for what snugly says about a file) nothing here.
        refused: whether it looks at what torch refuses, at what torch does not refuse, or (``None``) at both.
        names: the losses or operations that it looks at, by the last part of their names; empty for all.
        given: arguments or options of a loss, one of which must be given; empty for every call.
        clauses: the clauses of a misfit of an operation that it looks at; empty for all.
    """

    code: str
    name: str
    severity: Severity
    family: str
    subject: Subject
    refused: bool | None
    names: frozenset[str]
    given: frozenset[str]
    clauses: frozenset[str]

    @property
    def check(self) -> Check:
        """The function; it takes ``(call, verdict)``, ``(call)`` or ``(application)``."""
        return _CHECKS[self.code]

    @property
    def summary(self) -> str:
        """The first line of the rule's docstring."""
        return (self.check.__doc__ or "").strip().partition("\n")[0]


_ROOM = Room("rules", "facts")
_CHECKS: Things[Check] = _ROOM.things("checks")
_RULES: Notes[tuple[Any, ...]] = _ROOM.notes("rules")
_RETRACTIONS: Things[Retraction] = _ROOM.things("retractions")
_RETRACTING: Notes[frozenset[str]] = _ROOM.notes("retracting")


def rule(
    code: str,
    *,
    name: str,
    severity: Severity,
    refused: bool | None = None,
    losses: Collection[str] = (),
    operations: Collection[str] = (),
    given: Collection[str] = (),
    clauses: Collection[str] = (),
) -> Callable[[Declared], Declared]:
    """Declare the decorated function as a rule.

    Its first parameter says what it looks at: ``call`` (``verdict`` can be next), ``application``, or none for a rule
    that only has a page because another room speaks it.

    Args:
        code: see ``Rule``, as for the others.
        name: the bad pattern.
        severity: how bad it is.
        refused: ``True`` for what torch refuses, ``False`` for what it does not refuse; a rule on operations says one.
        losses: the losses that it looks at.
        operations: the operations that it looks at.
        given: arguments or options of a loss, one of which must be given.
        clauses: the clauses of an operation's misfit.
    """
    restrictions = frozenset((*losses, *operations)), frozenset(given), frozenset(clauses)

    def declare(check: Declared) -> Declared:
        parameters = check.__code__.co_varnames[: check.__code__.co_argcount]
        subject: Subject = "tool"
        if parameters:
            subject = "loss" if parameters[0] == "call" else "operation"
        family = check.__module__.split(".")[-2]
        _CHECKS.declare(code, check)
        _RULES.declare(code, (name, str(severity), family, subject, refused, *restrictions))
        return check

    return declare


def withdrawal(code: str, *, operations: Collection[str]) -> Callable[[Retracting], Retracting]:
    """Declare the decorated function as what takes back findings of a rule, where a later operation shows them meant.

    It is given each operation of these names that torch accepts, and returns the place of the finding that it clears.

    Args:
        code: the code of the rule.
        operations: the last part of the names of the operations that it looks at.
    """

    def declare(retract: Retracting) -> Retracting:
        _RETRACTIONS.declare(code, retract)
        _RETRACTING.declare(code, frozenset(operations))
        return retract

    return declare


@cache
def withdrawals(name: str) -> tuple[str, ...]:
    """Return the codes of the rules that an operation of a name may make take something back."""
    last = name.rpartition(".")[2]
    return tuple(code for code in sorted(_RETRACTING) if last in _RETRACTING[code])


def retraction(code: str) -> Retraction:
    """Return what takes back the findings of a rule; see ``withdrawal``."""
    return _RETRACTIONS[code]


@cache
def rules(subject: Subject | None = None) -> tuple[Rule, ...]:
    """Return every rule, or those about one subject, by code."""
    every = (_described(code) for code in sorted(_RULES))
    return tuple(found for found in every if subject in (None, found.subject))


def _described(code: str) -> Rule:
    name, severity, *rest = _RULES[code]
    return Rule(code, name, Severity(severity), *rest)


def loss_rules(call: LossCall, refused: bool) -> tuple[Rule, ...]:  # noqa: FBT001 - the verdict
    """Return the rules that look at a loss call, by the loss, by what it gives, and by whether torch refuses it."""
    given = {*call.arguments, *call.options}
    looking = _looking("loss", call.loss.rpartition(".")[2], refused)
    return tuple(each for each in looking if not each.given or not each.given.isdisjoint(given))


@cache
@cache
def operation_rules(name: str, clause: str | None) -> tuple[Rule, ...]:
    """Return the rules that look at an operation, by its name and by the clause of its misfit, if it has one."""
    looking = _looking("operation", name.rpartition(".")[2], clause is not None)
    return tuple(each for each in looking if not each.clauses or clause in each.clauses)


@cache
def _looking(subject: Subject, name: str, refused: bool) -> tuple[Rule, ...]:  # noqa: FBT001 - a key of the cache
    return tuple(
        each for each in rules(subject) if each.refused in (None, refused) and (not each.names or name in each.names)
    )


def lookup(code_or_name: str) -> Rule | None:
    """Return the rule of a code (``"SNG101"``, any case) or a name (``"batch-size-mismatch"``)."""
    return next((each for each in rules() if code_or_name.upper() == each.code or code_or_name == each.name), None)
