"""Which rules there are. A rule is one module of a family folder; it is found, never listed.

A rule is a function that is given either a loss call with its verdict, or an operation as it was met, and yields
diagnoses. Its family is the folder it lives in, and its page ``docs/rules/CODE.md``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from snugly.facts.records import dataclass

if TYPE_CHECKING:
    from snugly.rules.diagnosis import Diagnosis
    from snugly.rules.findings import Severity

Check = Callable[..., "Iterable[Diagnosis]"]
Declared = TypeVar("Declared", bound=Check)
Subject = Literal["loss", "operation", "tool"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One bad pattern.

    Attributes:
        code: such as ``"SNG101"``.
        name: the bad pattern in kebab case, such as ``"batch-size-mismatch"``.
        severity: see ``Severity``; a diagnosis may say otherwise.
        subject: what it looks at: a loss call, an operation, or (for what snugly says about a file) nothing here.
        check: the function; it takes ``(call, verdict)`` or ``(application)``.
        operations: for a rule on operations that torch accepts, the last part of their names; a rule without looks at
            those that torch refuses.
    """

    code: str
    name: str
    severity: Severity
    subject: Subject
    check: Check
    operations: frozenset[str] = frozenset()

    @property
    def family(self) -> str:
        """The folder of the rule, such as ``"sizes"``."""
        return self.check.__module__.split(".")[-2]

    @property
    def summary(self) -> str:
        """The first line of the rule's docstring."""
        return (self.check.__doc__ or "").strip().partition("\n")[0]


_RULES: dict[str, Rule] = {}


def rule(
    code: str, *, name: str, severity: Severity, operations: frozenset[str] = frozenset()
) -> Callable[[Declared], Declared]:
    """Declare the decorated function as a rule.

    Its first parameter says what it looks at: ``call`` (with ``verdict`` next), ``application``, or none for a rule
    that only has a page because another room speaks it.
    """

    def declare(check: Declared) -> Declared:
        parameters = check.__code__.co_varnames[: check.__code__.co_argcount]
        subject: Subject = "tool"
        if parameters:
            subject = "loss" if parameters[0] == "call" else "operation"
        if code in _RULES and _RULES[code].check.__module__ != check.__module__:
            msg = f"{code} is declared by both {_RULES[code].check.__module__} and {check.__module__}"
            raise ValueError(msg)
        _RULES[code] = Rule(code, name, severity, subject, check, operations)
        return check

    return declare


@cache
def rules(subject: Subject | None = None) -> tuple[Rule, ...]:
    """Return every rule, or those about one subject, by code."""
    _load()
    return tuple(found for _, found in sorted(_RULES.items()) if subject in (None, found.subject))


@cache
def operation_rules(name: str, refused: bool) -> tuple[Rule, ...]:  # noqa: FBT001 - a key of the cache
    """Return the rules that look at an operation, by its name and by whether torch refuses it."""
    last = name.rpartition(".")[2]
    return tuple(each for each in rules("operation") if (not each.operations if refused else last in each.operations))


def lookup(code_or_name: str) -> Rule | None:
    """Return the rule of a code (``"SNG101"``, any case) or a name (``"batch-size-mismatch"``)."""
    _load()
    found = _RULES.get(code_or_name.upper())
    return found or next((each for each in _RULES.values() if each.name == code_or_name), None)


@cache
def _load() -> None:
    import snugly.rules

    for family in pkgutil.iter_modules(snugly.rules.__path__):
        if not family.ispkg:
            continue
        package: Any = importlib.import_module(f"snugly.rules.{family.name}")
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package.__name__}.{module.name}")
