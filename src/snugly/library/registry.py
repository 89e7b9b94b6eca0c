"""How a library is described to the interpreter: functions, classes and constants by their dotted path.

* ``@function("math.sqrt")``: a function on abstract values with the library's own signature. A first
  parameter named ``machine`` receives the interpreter (to call a user's function, report a misfit …).
  A torch operation that only turns facts into facts belongs to ``snugly.operations`` instead.
* ``@model("torch.nn.Linear")``: a class whose instances stand for the library's objects. Its
  ``__init__`` and public methods have the library's signatures (``machine`` first, where wanted, in
  methods too). The interpreter looks up attributes on it with ``getattr`` (names that start with an
  underscore excepted), calls ``call`` for ``object(...)``, ``item`` for ``object[...]``, ``length`` for
  ``len(object)``, ``iterate`` for ``for``, ``enter`` for ``with``. A user's class may inherit from it: then the
  model instance is ``Instance.native`` and ``model.owner`` points back to the ``Instance``.
* ``@attribute("numpy.ndarray.T")``: an attribute of a builtin value (an array, a picture, a text), computed from it.
* ``constant("torch.float32", value)``.
* ``quiet("logging")``: a package whose results decide no shape.
* ``alias("torch.nn.modules.linear.Linear", "torch.nn.Linear")``.

A module of ``snugly.library`` is imported when a program first uses something that it describes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from snugly.facts.rooms import Notes, Room, Things

if TYPE_CHECKING:
    from collections.abc import Callable

Target = TypeVar("Target")

_ROOM = Room("library", "facts", "contracts")
FUNCTIONS: Things[Callable[..., Any]] = _ROOM.things("functions")
MODELS: Things[type[Any]] = _ROOM.things("models")
CONSTANTS: Things[Any] = _ROOM.things("constants")
ALIASES: Notes[str] = _ROOM.notes("aliases")
QUIET: Notes[bool] = _ROOM.notes("quiet")


class Model:
    """What every library object has. A method that is not overridden answers "not known"."""

    path = ""
    owner: Any = None


def function(*paths: str) -> Callable[[Target], Target]:
    """Describe a library function under one or more dotted paths."""

    def declare(target: Target) -> Target:
        for path in paths:
            FUNCTIONS.declare(path, target)  # type: ignore[arg-type]
        return target

    return declare


def model(*paths: str) -> Callable[[type[Target]], type[Target]]:
    """Describe a library class under one or more dotted paths."""

    def declare(target: type[Target]) -> type[Target]:
        if "path" not in vars(target):
            target.path = paths[0]  # type: ignore[attr-defined]
        for path in paths:
            MODELS.declare(path, target)
        return target

    return declare


def attribute(*paths: str) -> Callable[[Target], Target]:
    """Describe an attribute under one or more dotted paths, by the function that computes it from what has it."""

    def declare(target: Target) -> Target:
        target.is_property = True  # type: ignore[attr-defined]
        return function(*paths)(target)

    return declare


def constant(path: str, value: Any) -> None:
    """Describe a library constant."""
    CONSTANTS.declare(path, value)


def alias(path: str, meant: str) -> None:
    """Say that one dotted path (or prefix of paths) means another."""
    ALIASES.declare(path, meant)
    canonical.cache_clear()


def quiet(*packages: str) -> None:
    """Say that what a package returns decides no shape: that it is not described is no gap to count."""
    for package in packages:
        QUIET.declare(package, True)


@lru_cache(maxsize=1)
def packages() -> frozenset[str]:
    """Return the top-level packages that are described, or said to decide no shape."""
    return frozenset(path.partition(".")[0] for table in (FUNCTIONS, MODELS, ALIASES, QUIET) for path in table)


@lru_cache(maxsize=4096)
def canonical(path: str) -> str:
    """Return the dotted path that ``path`` stands for: the longest aliased prefix is replaced, until there is none."""
    for _ in range(8):
        prefix = path
        while prefix and prefix not in ALIASES:
            prefix = prefix.rpartition(".")[0]
        if not prefix or path in MODELS or path in FUNCTIONS or path in CONSTANTS:
            return path
        path = ALIASES[prefix] + path[len(prefix) :]
    return path
