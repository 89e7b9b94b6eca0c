"""Finds what ``snugly.library`` and ``snugly.operations`` say about a dotted path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.interpreter.values import NOTHING, LibraryName, Native, Unknown, Value
from snugly.library import registry
from snugly.library.registry import canonical

if TYPE_CHECKING:
    from collections.abc import Callable

    from snugly.interpreter.machine import Machine
    from snugly.operations.registry import Operation

PROPERTIES = {
    "T",
    "mT",
    "H",
    "mH",
    "data",
    "real",
    "imag",
    "grad",
    "device",
    "is_cuda",
    "itemsize",
    "nbytes",
    "size_",
    "flat",
}


class Libraries:
    """Answers for one program. Descriptions are shared by all of them."""

    def __init__(self) -> None:
        """Start with nothing asked."""
        self._builtins: dict[str, Value] = {}

    def resolve(self, path: str) -> Value:
        """Return the value of a dotted path: a constant, or a name that can be called or looked into."""
        path = canonical(path)
        constant = registry.CONSTANTS.get(path, NOTHING)
        if constant is not NOTHING:
            return constant
        return LibraryName(path)

    def describes(self, package: str) -> bool:
        """Tell whether there is a description of a top-level package."""
        return package in registry.packages()

    def function(self, path: str) -> Callable[..., Any] | None:
        """Return the description of a library function."""
        found: Callable[..., Any] | None = registry.FUNCTIONS.get(canonical(path))
        return found

    def model(self, path: str) -> type[Any] | None:
        """Return the description of a library class."""
        found: type[Any] | None = registry.MODELS.get(canonical(path))
        return found

    def operation(self, path: str) -> Operation | None:
        """Return the operation of that name."""
        from snugly.operations.registry import lookup

        return lookup(path)

    def builtin(self, name: str) -> Value:
        """Return what a builtin name means, ``None`` where there is no such name."""
        found = self._builtins.get(name, NOTHING)
        if found is NOTHING:
            found = self._builtins[name] = self._builtin(name)
        return found

    def _builtin(self, name: str) -> Value:
        path = f"builtins.{name}"
        if path in registry.CONSTANTS:
            return registry.CONSTANTS[path]
        if path in registry.FUNCTIONS or path in registry.MODELS or name in BUILTIN_NAMES:
            return LibraryName(path)
        return None

    def builtin_method(self, machine: Machine, kind: str, name: str, receiver: Value) -> Value:
        """Return a bound method of a builtin value, or of one of the containers of ``collections``."""
        if kind in COLLECTIONS:
            if f"collections.{kind}.{name}" in registry.FUNCTIONS:
                return self.method(machine, f"collections.{kind}.{name}", receiver)
            kind = COLLECTIONS[kind]
        return self.method(machine, f"builtins.{kind}.{name}", receiver)

    def method(self, machine: Machine, path: str, receiver: Value) -> Value:
        """Return an attribute or a bound method of a value whose class has a dotted path."""
        name = path.rpartition(".")[2]
        function = registry.FUNCTIONS.get(path)
        owner = path.rpartition(".")[0]
        if function is None and owner == "builtins.bool":
            function = registry.FUNCTIONS.get(f"builtins.int.{name}")
        if function is not None:
            from snugly.interpreter.calls import call_native

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
        from snugly.interpreter.calls import takes_machine

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


COLLECTIONS = {
    "deque": "list",
    "Counter": "dict",
    "defaultdict": "dict",
    "OrderedDict": "dict",
    "ChainMap": "dict",
    "BatchEncoding": "dict",
}

BUILTIN_NAMES = frozenset(
    [
        "ArithmeticError",
        "AssertionError",
        "AttributeError",
        "BaseException",
        "BufferError",
        "DeprecationWarning",
        "EOFError",
        "Exception",
        "FileExistsError",
        "FileNotFoundError",
        "FloatingPointError",
        "FutureWarning",
        "GeneratorExit",
        "IOError",
        "ImportError",
        "IndexError",
        "InterruptedError",
        "KeyError",
        "KeyboardInterrupt",
        "LookupError",
        "MemoryError",
        "ModuleNotFoundError",
        "NameError",
        "NotImplementedError",
        "OSError",
        "OverflowError",
        "PermissionError",
        "RecursionError",
        "ReferenceError",
        "RuntimeError",
        "RuntimeWarning",
        "StopIteration",
        "SyntaxError",
        "SystemError",
        "SystemExit",
        "TimeoutError",
        "TypeError",
        "UnicodeDecodeError",
        "UnicodeError",
        "UserWarning",
        "ValueError",
        "Warning",
        "ZeroDivisionError",
        "ConnectionError",
        "abs",
        "all",
        "any",
        "ascii",
        "bin",
        "bool",
        "bytearray",
        "bytes",
        "callable",
        "chr",
        "classmethod",
        "compile",
        "complex",
        "delattr",
        "dict",
        "dir",
        "divmod",
        "enumerate",
        "eval",
        "exec",
        "exit",
        "filter",
        "float",
        "format",
        "frozenset",
        "getattr",
        "hasattr",
        "hash",
        "help",
        "hex",
        "id",
        "input",
        "int",
        "isinstance",
        "issubclass",
        "iter",
        "len",
        "list",
        "map",
        "max",
        "memoryview",
        "min",
        "next",
        "object",
        "oct",
        "open",
        "ord",
        "pow",
        "print",
        "property",
        "quit",
        "range",
        "repr",
        "reversed",
        "round",
        "set",
        "setattr",
        "slice",
        "sorted",
        "staticmethod",
        "str",
        "sum",
        "tuple",
        "type",
        "vars",
        "zip",
        "NotImplemented",
    ]
)

__all__ = ["BUILTIN_NAMES", "Libraries", "canonical"]
