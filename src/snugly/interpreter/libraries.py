"""Finds what ``snugly.library`` and ``snugly.operations`` say about a dotted path, loading a library when it is met."""

from __future__ import annotations

import ast
import importlib
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snugly.interpreter.values import NOTHING, DType, LibraryName, Native, Unknown, Value
from snugly.library import registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from snugly.interpreter.machine import Machine
    from snugly.operations.registry import Operation

_LIBRARY = re.compile(r"^LIBRARY\b[^=\n]*=\s*(\([^)]*\)|\[[^\]]*\]|\"[^\"]*\"|'[^']*')", re.MULTILINE)
PROPERTIES = {"T", "mT", "H", "mH", "data", "real", "imag", "grad", "device", "is_cuda", "itemsize", "nbytes", "size_", "flat"}


@cache
def catalog() -> dict[str, tuple[str, ...]]:
    """Return which modules of ``snugly.library`` describe each top-level package, without importing them."""
    found: dict[str, tuple[str, ...]] = {}
    folder = Path(registry.__file__).parent
    for path in sorted(folder.iterdir()):
        if path.is_dir() and (path / "__init__.py").exists():
            name, text = path.name, (path / "__init__.py").read_text(encoding="utf-8")
        elif path.suffix == ".py" and path.stem not in ("__init__", "registry"):
            name, text = path.stem, path.read_text(encoding="utf-8")
        else:
            continue
        match = _LIBRARY.search(text)
        if match is None:
            continue
        described = ast.literal_eval(match[1])
        for top in (described,) if isinstance(described, str) else described:
            found[top] = (*found.get(top, ()), f"snugly.library.{name}")
    return found


@cache
def load(top: str) -> None:
    """Import the descriptions of a top-level package."""
    for module in catalog().get(top, ()):
        importlib.import_module(module)


class Libraries:
    """Answers for one program. Descriptions are shared by all of them; nothing here changes."""

    def resolve(self, path: str) -> Value:
        """Return the value of a dotted path: a constant, or a name that can be called or looked into."""
        load(path.partition(".")[0])
        path = canonical(path)
        constant = registry.CONSTANTS.get(path, NOTHING)
        if constant is not NOTHING:
            return constant
        return LibraryName(path)

    def function(self, path: str) -> Callable[..., Any] | None:
        """Return the description of a library function."""
        load(path.partition(".")[0])
        return registry.FUNCTIONS.get(canonical(path))

    def model(self, path: str) -> type[Any] | None:
        """Return the description of a library class."""
        load(path.partition(".")[0])
        return registry.MODELS.get(canonical(path))

    def operation(self, path: str) -> Operation | None:
        """Return the operation of that name."""
        from snugly.operations.registry import lookup  # noqa: PLC0415 - operations are loaded when one is met

        return lookup(path)

    def losses(self) -> frozenset[str]:
        """Return the names of the loss functions that have a contract."""
        from snugly import contracts  # noqa: PLC0415 - contracts are loaded when the first loss is met

        return frozenset(getattr(contracts, "LOSSES", ()))

    def builtin(self, name: str) -> Value:
        """Return what a builtin name means, ``None`` where there is no such name."""
        load("builtins")
        path = f"builtins.{name}"
        if path in registry.CONSTANTS:
            return registry.CONSTANTS[path]
        if path in registry.FUNCTIONS or path in registry.MODELS or name in BUILTIN_NAMES:
            return LibraryName(path)
        return None

    def method(self, machine: Machine, path: str, receiver: Value) -> Value:
        """Return an attribute or a bound method of a value whose class has a dotted path."""
        load(path.partition(".")[0])
        name = path.rpartition(".")[2]
        function = registry.FUNCTIONS.get(path)
        owner = path.rpartition(".")[0]
        if function is None and owner == "builtins.bool":
            function = registry.FUNCTIONS.get(f"builtins.int.{name}")
        if function is not None:
            from snugly.interpreter.calls import call_native  # noqa: PLC0415 - calls look methods up

            if getattr(function, "is_property", False):
                return call_native(machine, function, path, [receiver], {})
            found = function
            return Native(_Bound(machine, found, path, receiver), path)
        if path in registry.CONSTANTS:
            return registry.CONSTANTS[path]
        if owner in ("torch.Tensor", "numpy.ndarray"):
            return self._tensor_method(machine, path, name, receiver)
        if owner.startswith("builtins."):
            return Unknown(path)
        return machine.unknown(path)

    def _tensor_method(self, machine: Machine, path: str, name: str, receiver: Value) -> Value:
        operation = self.operation(path)
        chosen = path
        if operation is None and name.endswith("_") and not name.endswith("__"):
            chosen = path[:-1]
            operation = self.operation(chosen)
        if operation is None:
            return machine.unknown(path)
        if name in PROPERTIES:
            return machine.apply(chosen, receiver)
        return Native(_Applied(machine, chosen, receiver), path)


class _Bound:
    """A library function with its receiver, the machine put first where it is wanted."""

    __slots__ = ("function", "machine", "path", "receiver")

    def __init__(self, machine: Machine, function: Callable[..., Any], path: str, receiver: Value) -> None:
        self.machine, self.function, self.path, self.receiver = machine, function, path, receiver

    def __call__(self, *args: Value, **kwargs: Value) -> Value:
        from snugly.interpreter.calls import takes_machine  # noqa: PLC0415 - calls look methods up

        if takes_machine(self.function):
            return self.function(self.machine, self.receiver, *args, **kwargs)
        return self.function(self.receiver, *args, **kwargs)


class _Applied:
    """An operation with its receiver."""

    __slots__ = ("machine", "path", "receiver")

    def __init__(self, machine: Machine, path: str, receiver: Value) -> None:
        self.machine, self.path, self.receiver = machine, path, receiver

    def __call__(self, *args: Value, **kwargs: Value) -> Value:
        return self.machine.apply(self.path, self.receiver, *args, **kwargs)


def canonical(path: str) -> str:
    """Follow aliases of the whole path, then of its beginnings."""
    for _ in range(8):
        if path in registry.ALIASES:
            path = registry.ALIASES[path]
            continue
        head, _, tail = path.rpartition(".")
        while head and head not in registry.ALIASES:
            head, _, more = head.rpartition(".")
            tail = f"{more}.{tail}"
        if not head:
            return path
        path = f"{registry.ALIASES[head]}.{tail}"
    return path


BUILTIN_NAMES = frozenset(
    "ArithmeticError AssertionError AttributeError BaseException BufferError DeprecationWarning EOFError Exception "
    "FileExistsError FileNotFoundError FloatingPointError FutureWarning GeneratorExit IOError ImportError IndexError "
    "InterruptedError KeyError KeyboardInterrupt LookupError MemoryError ModuleNotFoundError NameError "
    "NotImplementedError OSError OverflowError PermissionError RecursionError ReferenceError RuntimeError "
    "RuntimeWarning StopIteration SyntaxError SystemError SystemExit TimeoutError TypeError UnicodeDecodeError "
    "UnicodeError UserWarning ValueError Warning ZeroDivisionError ConnectionError abs all any ascii bin bool "
    "bytearray bytes callable chr classmethod compile complex delattr dict dir divmod enumerate eval exec exit filter "
    "float format frozenset getattr hasattr hash help hex id input int isinstance issubclass iter len list map max "
    "memoryview min next object oct open ord pow print property quit range repr reversed round set setattr slice "
    "sorted staticmethod str sum tuple type vars zip NotImplemented".split()
)

__all__ = ["BUILTIN_NAMES", "DType", "Libraries", "canonical", "catalog", "load"]
