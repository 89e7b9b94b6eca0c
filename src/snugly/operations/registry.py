"""How an operation on facts is declared, found and applied.

An operation is a Python function with torch's own name and signature. Tensors come in as
``TensorFacts`` and go out as ``TensorFacts`` (or a tuple, a ``Dim``, a Python constant); integers may
be symbolic ``Dim``; a dtype is torch's name as a string; an index is an ``int``, ``Dim``, ``slice``, ``None``,
``...``, ``TensorFacts``, or a tuple of these; lists and tuples are themselves, or ``Repeated``. An argument whose value
is not known is ``UNKNOWN`` (a tensor parameter gets ``UNKNOWN_TENSOR`` instead, and a number of which the type or the
bounds are known is a ``Number``). It raises ``Misfit`` where torch would raise, and answers with unknown
parts where the facts do not decide: never with a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from snugly.facts.records import dataclass
from snugly.facts.rooms import Room, Things
from snugly.facts.tensors import UNKNOWN_TENSOR, TensorFacts

if TYPE_CHECKING:
    import inspect

    from snugly.facts.dims import Dim
    from snugly.facts.misfits import Misfit

Rule = TypeVar("Rule", bound=Callable[..., Any])


class _UnknownValue:
    """An argument that is there and whose value is not known."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _UnknownValue()
UNKNOWN_DEVICE = "?"
"""An argument that is certainly a device, it is not known which: so ``to`` keeps the dtype."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """A sequence argument whose items are not listed: ``length`` items, each as ``element`` says.

    ``torch.stack`` of the tensors that a loop collected gets one of these; a list whose items are known
    comes as a ``list``. Like every argument's parts, ``element`` is facts, a ``Dim``, a constant or ``UNKNOWN``.
    """

    element: Any
    length: Dim | None = None


_TENSOR_ONLY = ("TensorFacts", "TensorFacts | None")
_DTYPES: dict[type, str] = {bool: "bool", int: "int64", float: "float32", complex: "complex64"}
# Other spellings that torch's argument parser takes for numpy's sake, and keywords that never touch a fact.
SPELLINGS = {
    "axis": "dim",
    "axes": "dim",
    "keepdims": "keepdim",
    "x": "input",
    "x1": "input",
    "a": "input",
    "x2": "other",
}
WITHOUT_EFFECT = frozenset({"generator", "layout", "memory_format", "names", "non_blocking", "pin_memory", "inplace"})


class Operation:
    """What a torch operation does to facts.

    Attributes:
        name: the first of the qualified names it was declared with.
        function: the function on facts.
        parameters: names of its parameters, in order.
        positions: names of those that are given by position, in order.
        star: name of the parameter that takes further ones, if there is one.
        tensors: names of the parameters that take a tensor, known from their annotations.
    """

    __slots__ = (
        "_positions",
        "_signature",
        "_strict",
        "function",
        "name",
        "parameters",
        "positions",
        "star",
        "tensors",
    )

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        """Read the parameters of ``function`` once, so that a call costs little."""
        hints = {parameter: str(hint) for parameter, hint in function.__annotations__.items()}
        code = getattr(function, "__wrapped__", function).__code__
        self.name = name
        self.function = function
        self.parameters = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        self.tensors = frozenset(
            parameter for parameter in self.parameters if hints.get(parameter, "").startswith("TensorFacts")
        )
        places = self.parameters[: code.co_argcount]
        own = function.__code__
        self.positions = own.co_varnames[: own.co_argcount]
        self.star = own.co_varnames[own.co_argcount + own.co_kwonlyargcount] if own.co_flags & 0x04 else None
        self._positions = frozenset(i for i, parameter in enumerate(places) if parameter in self.tensors)
        strict = {parameter for parameter in self.tensors if hints[parameter] in _TENSOR_ONLY}
        self._strict = tuple(parameter in strict for parameter in places)
        self._signature: inspect.Signature | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Apply it. Raises ``TypeError`` where the arguments do not bind, as torch does, and ``Misfit``."""
        for argument, strict in zip(args, self._strict, strict=False):
            if argument is UNKNOWN or (strict and argument is not None and not isinstance(argument, TensorFacts)):
                args = tuple(self._tensor(position, argument) for position, argument in enumerate(args))
                break
        if not kwargs:
            return self.function(*args)
        out, kwargs = self._keywords(kwargs)
        result = self.function(*args, **kwargs)
        if isinstance(out, TensorFacts) and isinstance(result, TensorFacts) and out.dtype != result.dtype:
            return result.with_(dtype=out.dtype)
        return result

    def bind(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return the arguments by the names of the parameters. Raises ``TypeError`` where they do not bind."""
        import inspect

        if self._signature is None:
            self._signature = inspect.signature(self.function)
        return dict(self._signature.bind(*args, **self._keywords(kwargs)[1]).arguments)

    def _tensor(self, position: int, argument: Any) -> Any:
        """Return what a tensor parameter gets for something that is no facts of a tensor: as little as is known."""
        if position not in self._positions or isinstance(argument, TensorFacts) or argument is None:
            return argument
        if not self._strict[position]:
            return UNKNOWN_TENSOR if argument is UNKNOWN else argument
        return TensorFacts((), _DTYPES[type(argument)], "cpu", False) if type(argument) in _DTYPES else UNKNOWN_TENSOR

    def _keywords(self, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        out = None
        spelled: dict[str, Any] = {}
        for name, argument in kwargs.items():
            known = name
            if name not in self.parameters:
                if name == "out":
                    out = argument
                    continue
                if name in WITHOUT_EFFECT:
                    continue
                known = self.parameters[0] if name == "self" and self.parameters else SPELLINGS.get(name, name)
                if known not in self.parameters and name in ("input", "self") and self.parameters:
                    known = self.parameters[0]
            spelled[known] = UNKNOWN_TENSOR if argument is UNKNOWN and known in self.tensors else argument
        return out, spelled


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


_FUNCTIONS: Things[tuple[str, Callable[..., Any]]] = Room("operations", "facts").things("operations")
_OPERATIONS: dict[str, Operation] = {}
"""Those that were looked up: to read the parameters of all takes longer than to import them."""


def operation(*names: str) -> Callable[[Rule], Rule]:
    """Declare the decorated function as what ``names`` do to facts."""

    def declare(function: Rule) -> Rule:
        declared = names[0], function
        for name in names:
            _FUNCTIONS.declare(name, declared)
        return function

    return declare


def lookup(name: str) -> Operation | None:
    """Return the operation declared under a qualified name, such as ``"torch.Tensor.view"``."""
    found = _OPERATIONS.get(name)
    if found is None:
        declared = _FUNCTIONS.get(name)
        if declared is None:
            return None
        found = _OPERATIONS[name] = Operation(*declared)
    return found


def names() -> tuple[str, ...]:
    """Return every declared name, sorted."""
    return tuple(sorted(_FUNCTIONS))
