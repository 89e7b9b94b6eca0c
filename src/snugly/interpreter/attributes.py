"""Attributes: reading, writing and deleting ``value.name`` for every kind of value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.tensors import TensorFacts
from snugly.interpreter import classes
from snugly.interpreter.joins import join, settle
from snugly.interpreter.values import (
    NOTHING,
    Choice,
    Class,
    DType,
    Function,
    Instance,
    LibraryName,
    Mapping,
    Method,
    Module,
    Native,
    Number,
    Partial,
    Sequence,
    Text,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from snugly.interpreter.machine import Machine

TENSOR_CLASSES = {
    "tensor": "torch.Tensor",
    "parameter": "torch.Tensor",
    "ndarray": "numpy.ndarray",
    "image": "PIL.Image.Image",
}

ONLY_OF_TENSORS = frozenset(
    ("view", "view_as", "permute", "unsqueeze", "contiguous", "log_softmax", "masked_fill", "new_zeros", "new_ones",
     "new_full", "new_tensor", "type_as", "expand_as", "index_select", "bmm", "requires_grad_")
)  # fmt: skip
"""Methods that tensors have, and nothing else that a program calls them on."""


def get(machine: Machine, value: Value, name: str) -> Value:
    """Return ``value.name``."""
    if name == "__dict__" and isinstance(value, (LibraryName, Module, Class)):
        return machine.call(LibraryName("builtins.vars"), value)
    rule = _RULES.get(type(value))
    if rule is not None:
        return rule(machine, value, name)
    if isinstance(value, TensorFacts):
        return tensor_attribute(machine, value, name)
    if hasattr(value, "_fields") and name in value._fields:
        return getattr(value, name)
    kind = builtin_kind(value)
    if kind is not None:
        return machine.program.libraries.builtin_method(machine, kind, name, value)
    if isinstance(value, (Function, Method, Native, Partial)):
        return _of_function(value, name)
    if isinstance(value, DType):
        return machine.program.libraries.method(machine, f"torch.dtype.{name}", value)
    if isinstance(value, slice):
        return getattr(value, name, Unknown(name))
    found = classes.native_attribute(machine, value, name)
    if found is NOTHING:
        return machine.unknown(f"{getattr(value, 'path', type(value).__name__)}.{name}")
    return found


def _of_library(machine: Machine, value: LibraryName, name: str) -> Value:
    if name in ("__name__", "__qualname__"):
        return value.path.rpartition(".")[2]
    return machine.program.libraries.resolve(f"{value.path}.{name}")


def _of_unknown(machine: Machine, value: Unknown, name: str) -> Value:
    """Return an attribute of something unknown: what only a tensor has is a method of a tensor of any shape."""
    if name in ONLY_OF_TENSORS:
        return tensor_attribute(machine, TensorFacts(), name)
    return Unknown(value.reason or f"attribute {name}")


def builtin_kind(value: Value) -> str | None:
    """Return the name of the Python type of a builtin value."""
    if isinstance(value, (str, Text)):
        return "str"
    if isinstance(value, Number):
        return value.type
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, tuple):
        return "tuple"
    if isinstance(value, Sequence):
        return value.kind if value.kind in ("set", "frozenset", "deque", "tuple", "generator") else "list"
    if isinstance(value, Mapping):
        return value.kind
    if isinstance(value, (int, float, complex, bytes)):
        return type(value).__name__
    return "int" if type(value).__name__ == "Expr" else None


def _of_choice(machine: Machine, value: Choice, name: str) -> Value:
    options = [option for option in value.options if option is not None]
    if all(isinstance(option, TensorFacts) for option in options):
        return get(machine, settle(value), name)
    result: Value = NOTHING
    for option in options:
        result = join(result, get(machine, option, name))
    return Unknown(name) if result is NOTHING else result


def _of_module(machine: Machine, value: Module, name: str) -> Value:
    found = value.names.get(name, NOTHING)
    if found is not NOTHING:
        return found
    module = machine.program.submodule(machine, value, name)
    return Unknown(f"{value.name}.{name}") if module is None else module


def _of_class(machine: Machine, value: Class, name: str) -> Value:
    found = classes.lookup(value, name)
    if found is not NOTHING:
        if isinstance(found, Function):
            return Method(found, value) if found.kind == "classmethod" else found
        return found
    if name in ("__name__", "__qualname__"):
        return value.name
    if name == "__init__":
        return Native(lambda receiver, *args, **kwargs: _library_init(machine, receiver, args, kwargs), "__init__")
    for path in classes.library_bases(value):
        if _is_class_method(machine, f"{path}.{name}"):
            return machine.program.libraries.method(machine, f"{path}.{name}", value)
        inherited = machine.program.libraries.resolve(f"{path}.{name}")
        if not isinstance(inherited, LibraryName):
            return inherited
    return Unknown(f"{value.name}.{name}")


def _library_init(machine: Machine, receiver: Value, args: tuple[Value, ...], kwargs: dict[str, Value]) -> None:
    if isinstance(receiver, Instance):
        classes.construct_native(machine, receiver, list(args), kwargs)


def _is_class_method(machine: Machine, path: str) -> bool:
    """Tell whether a library describes a function that takes the class it is called on."""
    function = machine.program.libraries.function(path)
    code = getattr(function, "__code__", None)
    return code is not None and "cls" in code.co_varnames[: min(2, code.co_argcount)]


def _of_function(value: Value, name: str) -> Value:
    if name in ("__name__", "__qualname__"):
        inner = value.function if isinstance(value, Method) else value
        return getattr(inner, "name", "") or Text()
    if name == "__self__" and isinstance(value, Method):
        return value.receiver
    if isinstance(value, Function) and name == "setter":
        return Native(lambda _setter: value, "setter")
    if isinstance(value, Partial) and name == "func":
        return value.function
    return Unknown(f"attribute {name} of a function")


def tensor_attribute(machine: Machine, value: TensorFacts, name: str) -> Value:
    """Return ``value.name`` for a tensor or an array: a fact, a computed attribute, or a bound method."""
    if name == "shape":
        return _shape(value)
    if name == "ndim":
        return Number("int", 0) if value.rank is None else value.rank
    if name == "dtype":
        return Unknown("a dtype") if value.dtype is None else DType(value.dtype)
    if name == "requires_grad":
        return Number("bool") if value.requires_grad is None else value.requires_grad
    owner = TENSOR_CLASSES.get(value.kind, "torch.Tensor")
    return machine.program.libraries.method(machine, f"{owner}.{name}", value)


_RULES: dict[type, Callable[[Machine, Any, str], Value]] = {
    Choice: _of_choice,
    TensorFacts: tensor_attribute,
    Instance: classes.get_from_instance,
    LibraryName: _of_library,
    Module: _of_module,
    Class: _of_class,
    classes.Super: classes.get_from_super,
    Unknown: _of_unknown,
}


def _shape(value: TensorFacts) -> Value:
    if value.shape is None:
        return Sequence("tuple", None, Number("int", 0), None)
    return tuple(Number("int", 0) if size is None else size for size in value.shape)


def set_(machine: Machine, value: Value, name: str, new: Value) -> None:
    """Do ``value.name = new``."""
    value = settle(value)
    if isinstance(value, Instance):
        setter = classes.lookup(value.type, name)
        if isinstance(setter, Function) and setter.kind == "property":
            return
        machine.touch(value)
        value.attributes[name] = new
    elif isinstance(value, Class):
        machine.touch(value)
        value.names[name] = new
    elif isinstance(value, Module):
        value.names[name] = new
    elif hasattr(value, "set_attribute"):
        machine.touch(value)
        machine.call(Native(value.set_attribute, "set_attribute"), name, new)
    elif hasattr(value, "path") and hasattr(value, "__dict__") and not isinstance(value, LibraryName):
        machine.touch(value)
        try:
            setattr(value, name, new)
        except AttributeError:
            return
