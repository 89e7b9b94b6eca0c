"""How an operation on facts is declared, found and applied.

An operation is a Python function with torch's own name and signature. Tensors come in as
``TensorFacts`` and go out as ``TensorFacts`` (or a tuple, a ``Dim``, a Python constant); integers may
be symbolic ``Dim``; a dtype is torch's name as a string; an index is an ``int``, ``Dim``, ``slice``, ``None``,
``...``, ``TensorFacts``, or a tuple of these; lists and tuples are themselves, or ``Repeated``. An argument whose value
is not known is ``UNKNOWN`` (a tensor parameter gets ``UNKNOWN_TENSOR`` instead). It raises ``Misfit`` where torch would raise, and answers with unknown
parts where the facts do not decide: never with a guess.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from snugly.facts.tensors import UNKNOWN_TENSOR

if TYPE_CHECKING:
    from snugly.facts.dims import Dim
    from snugly.facts.misfits import Misfit

Rule = TypeVar("Rule", bound=Callable[..., Any])


class _UnknownValue:
    """An argument that is there and whose value is not known."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _UnknownValue()


@dataclass(frozen=True, slots=True)
class Repeated:
    """A sequence argument whose items are not listed: ``length`` items, each as ``element`` says.

    ``torch.stack`` of the tensors that a loop collected gets one of these; a list whose items are known
    comes as a ``list``. Like every argument's parts, ``element`` is facts, a ``Dim``, a constant or ``UNKNOWN``.
    """

    element: Any
    length: Dim | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """What a torch operation does to facts.

    Attributes:
        name: the first of the qualified names it was declared with.
        function: the function on facts.
        tensors: names of the parameters that take a tensor, known from their annotations.
    """

    name: str
    function: Callable[..., Any]
    tensors: frozenset[str]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Apply it. Raises ``TypeError`` where the arguments do not bind, as torch does, and ``Misfit``."""
        bound = inspect.signature(self.function).bind(*args, **kwargs)
        for name in self.tensors:
            if bound.arguments.get(name) is UNKNOWN:
                bound.arguments[name] = UNKNOWN_TENSOR
        return self.function(*bound.args, **bound.kwargs)


@dataclass(frozen=True, slots=True, eq=False)
class Application:
    """One operation as it was met in a program: what rules on operations look at.

    Attributes:
        name: qualified name as the user wrote it, ``"torch.Tensor.view"`` for a method; operators are
            ``"operator.sub"``, ``"operator.eq"`` ….
        arguments: the values by parameter name, tensors as TensorFacts.
        result: what came out; ``None`` when it does not fit.
        misfit: what torch raises, when it does not fit.
    """

    name: str
    arguments: Mapping[str, Any]
    result: Any
    misfit: Misfit | None = None


_OPERATIONS: dict[str, Operation] = {}


def operation(*names: str) -> Callable[[Rule], Rule]:
    """Declare the decorated function as what ``names`` do to facts."""

    def declare(function: Rule) -> Rule:
        hints = {name: str(hint) for name, hint in function.__annotations__.items()}
        tensors = frozenset(name for name, hint in hints.items() if "TensorFacts" in hint and name != "return")
        declared = Operation(names[0], function, tensors)
        for name in names:
            _OPERATIONS[name] = declared
        return function

    return declare


@cache
def _load() -> None:
    import snugly.operations

    for module in pkgutil.iter_modules(snugly.operations.__path__):
        importlib.import_module(f"snugly.operations.{module.name}")


def lookup(name: str) -> Operation | None:
    """Return the operation declared under a qualified name, such as ``"torch.Tensor.view"``."""
    _load()
    return _OPERATIONS.get(name)


def names() -> tuple[str, ...]:
    """Return every declared name, sorted."""
    _load()
    return tuple(sorted(_OPERATIONS))
