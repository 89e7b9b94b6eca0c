"""Where results come from, read from source only when someone asks.

Nearly every tensor that a run meets fits, and nobody ever asks where it came from. So an origin made here keeps the
place it was met at and what was given there, and works out texts, places and the sources of arguments on demand.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from snugly.facts.origins import Origin
from snugly.facts.tensors import TensorFacts
from snugly.operations.registry import Repeated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from snugly.facts.origins import Place, Source
    from snugly.interpreter.flow import Site
    from snugly.interpreter.machine import Machine
    from snugly.interpreter.values import Value

    Named = Callable[[], Mapping[str, Any]]


class Met(Origin):
    """The origin of what an operation made where a run met it.

    Attributes:
        facts: returns the arguments by parameter name as the operation got them.
        values: returns them as the program holds them, which tells the expressions that gave them.
        site: the call or operator.
    """

    __slots__ = ("facts", "site", "values")

    facts: Named
    values: Named
    site: Site | None

    def __init__(self, machine: Machine, operation: str, facts: Named, values: Named) -> None:
        """Keep where the run is."""
        self.operation = operation  # type: ignore[misc]
        self.layer = machine.layers[-1] if machine.layers else None  # type: ignore[misc]
        self.callers = callers(machine)  # type: ignore[misc]
        self.facts = facts
        self.values = values
        self.site = machine.sites[-1] if machine.sites else None

    def __getattr__(self, name: str) -> Any:
        """Work out a part that nobody has asked for yet."""
        work_out = _PARTS.get(name)
        if work_out is None:
            raise AttributeError(name)
        part = work_out(self)
        setattr(self, name, part)
        return part


class Constructed(Met):
    """The origin of a layer: the call that constructed it, whose arguments are all options."""

    __slots__ = ()

    def __init__(self, machine: Machine, path: str, bound: Mapping[str, Value]) -> None:
        """Keep where the run is, and the arguments by parameter name."""
        super().__init__(machine, path, lambda: bound, lambda: bound)
        self.layer = None  # type: ignore[misc]
        self.inputs = ()  # type: ignore[misc]
        self.options = dict(bound)  # type: ignore[misc]


def _source(met: Met) -> Source | None:
    return None if met.site is None else met.site.source.source(met.site.node)


def _place(met: Met) -> Place | None:
    source = _source(met)
    return None if source is None else source.place


def _text(met: Met) -> str:
    source = _source(met)
    return "" if source is None else source.text


def _inputs(met: Met) -> tuple[TensorFacts, ...]:
    return tuple(_tensors(met.facts()))


def _options(met: Met) -> dict[str, object]:
    return {key: value for key, value in met.facts().items() if not isinstance(value, TensorFacts)}


def _arguments(met: Met) -> dict[str, Source]:
    return {} if met.site is None else _sources(met.site, met.values())


_PARTS: dict[str, Callable[[Met], Any]] = {
    "place": _place,
    "text": _text,
    "inputs": _inputs,
    "options": _options,
    "arguments": _arguments,
}


def _tensors(arguments: Mapping[str, Any]) -> list[TensorFacts]:
    found: list[TensorFacts] = []
    for value in arguments.values():
        if isinstance(value, TensorFacts):
            found.append(value)
        elif isinstance(value, (list, tuple)):
            found.extend(item for item in value[:16] if isinstance(item, TensorFacts))
        elif isinstance(value, Repeated) and isinstance(value.element, TensorFacts):
            found.append(value.element)
    return found


def callers(machine: Machine) -> tuple[Place, ...]:
    """Return the calls of the user's functions that are open, innermost first."""
    return machine.frames[-1].callers if machine.frames else ()


def find_sources(machine: Machine, values: Mapping[str, Value]) -> dict[str, Source]:
    """Find which expression of the innermost call gave each argument, by the identity of its value."""
    return _sources(machine.sites[-1], values) if machine.sites else {}


def _sources(site: Site, values: Mapping[str, Value]) -> dict[str, Source]:
    keywords: dict[int, str | None] = {}
    if isinstance(site.node, ast.Call):
        keywords = {id(keyword.value): keyword.arg for keyword in site.node.keywords}
    found: dict[str, Source] = {}
    taken: set[int] = set()
    for name, value in values.items():
        nodes = [node for given, node in site.given if _is(given, value)]
        named = [node for node in nodes if keywords.get(id(node)) == name]
        free = [node for node in nodes if keywords.get(id(node), name) == name and id(node) not in taken]
        others = [] if isinstance(value, int | str | float | None) else nodes  # equal constants are one object
        chosen = next(iter((*named, *free, *others)), None)
        if chosen is not None:
            taken.add(id(chosen))
            found[name] = site.source.source(chosen)
    return found


def _is(given: Value, value: Value) -> bool:
    return given is value or (isinstance(value, tuple) and len(value) == 1 and value[0] is given)
