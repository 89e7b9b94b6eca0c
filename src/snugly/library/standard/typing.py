"""``typing``, ``abc``, ``enum``, ``dataclasses``: what is left of annotations and decorators once a program runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snugly.interpreter.values import Instance, Mapping, Sequence, Unknown, Value
from snugly.library.registry import function, quiet

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine

quiet("typing", "typing_extensions", "abc", "__future__", "dataclasses")


@function(
    "abc.abstractmethod",
    "typing.final",
    "typing.overload",
    "typing.no_type_check",
    "typing.runtime_checkable",
    "typing_extensions.override",
    "typing.override",
    "enum.unique",
    "beartype.beartype",
)
def unchanged(thing: Value) -> Value:
    """A decorator after which a thing is what it was."""
    return thing


@function("typing.cast")
def cast(typ: Value, val: Value) -> Value:
    """``cast(typ, val)``."""
    return val


@function("dataclasses.asdict")
def asdict(machine: Machine, obj: Value, *, dict_factory: Value = None) -> Value:
    """``asdict(obj)``."""
    if not isinstance(obj, Instance):
        return Unknown("dataclasses.asdict")
    return Mapping({name: _plain(machine, value) for name, value in obj.attributes.items()})


def _plain(machine: Machine, value: Value) -> Value:
    return asdict(machine, value) if isinstance(value, Instance) and value.type.dataclass_fields is not None else value


@function("dataclasses.astuple")
def astuple(obj: Value, *, tuple_factory: Value = None) -> Value:
    """``astuple(obj)``."""
    return tuple(obj.attributes.values()) if isinstance(obj, Instance) else Unknown("dataclasses.astuple")


@function("dataclasses.replace")
def replace(machine: Machine, obj: Value, /, **changes: Value) -> Value:
    """``replace(obj, **changes)``."""
    if not isinstance(obj, Instance):
        return Unknown("dataclasses.replace")
    return Instance(obj.type, {**obj.attributes, **changes}, obj.native)


@function("dataclasses.is_dataclass")
def is_dataclass(obj: Value) -> Value:
    """``is_dataclass(obj)``."""
    kind = obj.type if isinstance(obj, Instance) else obj
    return getattr(kind, "dataclass_fields", None) is not None


@function("typing.NewType")
def new_type(name: Value, tp: Value) -> Value:
    """``NewType(name, tp)``."""
    return tp


@function("typing.get_args")
def get_args(tp: Value) -> Value:
    """``get_args(tp)``."""
    return Sequence("tuple", None, Unknown("typing.get_args"), None)
