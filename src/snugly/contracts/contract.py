"""What a contract is: a loss's parameters, the modes it accepts, and the checks torch makes in torch's order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass
from snugly.facts.rooms import Room, Things

if TYPE_CHECKING:
    from collections.abc import Callable

    from snugly.contracts.arithmetic import Node
    from snugly.contracts.trace import Trace

REQUIRED: Any = type("Required", (), {"__repr__": lambda _: "REQUIRED"})()
"""The default of a parameter that has none."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a loss function.

    Attributes:
        name: torch's name.
        default: torch's default, or ``REQUIRED``.
        tensor: whether it takes a tensor.
        keyword_only: whether it cannot be passed by position.
    """

    name: str
    default: Any = REQUIRED
    tensor: bool = False
    keyword_only: bool = False


@dataclass(frozen=True, slots=True)
class Mode:
    """One legal combination of shapes and dtypes, as documentation that the tests hold to be true.

    Attributes:
        name: how verdicts and reports call it, such as ``"class indices"``.
        shapes: the shape of each argument: sizes by name, a name after ``*`` for any number of axes,
            alternatives separated by ``|`` that go together by position, as in ``"C | N C *D"``.
        dtypes: the dtypes that each argument may have; an argument that is not named follows the input.
        values: what the elements of an argument must be, in words.
        reduces_to: the shape of the result with ``reduction="none"``.
    """

    name: str
    shapes: dict[str, str]
    dtypes: dict[str, tuple[str, ...]]
    reduces_to: str
    values: dict[str, str] | None = None

    def alternatives(self, argument: str) -> tuple[tuple[str, ...], ...]:
        """Return the shapes that an argument may have, each as its axes: ``(("C",), ("N", "C", "*D"))``."""
        return tuple(tuple(shape.split()) for shape in self.shapes[argument].split("|"))


@dataclass(frozen=True, slots=True)
class Contract:
    """The contract of one loss.

    Attributes:
        loss: qualified name.
        parameters: torch's parameters, in torch's order.
        modes: the legal combinations.
        check: makes torch's checks on a trace and returns the facts of the result.
    """

    loss: str
    parameters: tuple[Parameter, ...]
    modes: tuple[Mode, ...]
    check: Callable[[Trace], Node]

    @property
    def tensors(self) -> tuple[str, ...]:
        """The names of the parameters that take tensors."""
        return tuple(parameter.name for parameter in self.parameters if parameter.tensor)

    def mode(self, name: str) -> Mode:
        """Return the mode called ``name``.

        Raises:
            KeyError: there is none.
        """
        for mode in self.modes:
            if mode.name == name:
                return mode
        raise KeyError(name)


CONTRACTS: Things[Contract] = Room("contracts", "facts").things("contracts")
"""The contract of each loss, by its qualified name."""


def declare(*contracts: Contract) -> None:
    """Declare the contracts of a family of losses."""
    for each in contracts:
        CONTRACTS.declare(each.loss, each)


def tensors(*names: str) -> tuple[Parameter, ...]:
    """Return required tensor parameters."""
    return tuple(Parameter(name, tensor=True) for name in names)


def optional_tensor(name: str, *, keyword_only: bool = False) -> Parameter:
    """Return a tensor parameter that may be left out."""
    return Parameter(name, None, tensor=True, keyword_only=keyword_only)


SIZE_AVERAGE = Parameter("size_average", None)
REDUCE = Parameter("reduce", None)
REDUCTION = Parameter("reduction", "mean")
