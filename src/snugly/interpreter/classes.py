"""The user's classes: resolution order, lookup, instances, ``super()``, dataclasses, enums, named tuples."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from snugly.facts.origins import Origin
from snugly.facts.records import dataclass
from snugly.interpreter.flow import Signal
from snugly.interpreter.joins import element_of
from snugly.interpreter.values import (
    NOTHING,
    Class,
    Function,
    Instance,
    LibraryName,
    Method,
    Native,
    Number,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from snugly.interpreter.machine import Machine

ENUMS = {"enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag"}
RECORDS = {"typing.NamedTuple", "typing_extensions.NamedTuple"}
DATACLASSES = {"dataclasses.dataclass", "pydantic.BaseModel", "attr.s", "attrs.define", "attr.define"}


@dataclass(frozen=True, eq=False, slots=True)
class Super:
    """``super()``: looks attributes up after ``after`` in the order of the receiver's class."""

    after: Class
    receiver: Value


def linearize(bases: tuple[Value, ...]) -> tuple[Value, ...]:
    """Return the resolution order of a class with these bases, itself left out (C3; library classes last)."""
    chains = [[base, *base.order[1:]] for base in bases if isinstance(base, Class)]
    chains.append([base for base in bases if isinstance(base, Class)])
    order: list[Value] = []
    while any(chains):
        chains = [chain for chain in chains if chain]
        for chain in chains:
            head = chain[0]
            if not any(head is later for other in chains for later in other[1:]):
                break
        else:
            head = chains[0][0]
        order.append(head)
        chains = [[entry for entry in chain if entry is not head] for chain in chains]
    own = [entry for entry in order if isinstance(entry, Class)]
    library: list[Value] = []
    for entry in [*own, *bases]:
        parents = entry.bases if isinstance(entry, Class) else (entry,)
        library += [base for base in parents if not isinstance(base, Class) and base not in library]
    return (*own, *library)


def lookup(cls: Class, name: str, after: Class | None = None) -> Value:
    """Return what the user's classes bind ``name`` to, along the resolution order, or ``NOTHING``."""
    order = cls.order or (cls,)
    if after is not None:
        order = order[order.index(after) + 1 :] if after in order else ()
    for entry in order:
        if isinstance(entry, Class):
            found = entry.names.get(name, NOTHING)
            if found is not NOTHING:
                return found
    return NOTHING


def library_bases(cls: Class) -> list[str]:
    """Return the paths of the library classes that a class inherits from."""
    return [entry.path for entry in cls.order if isinstance(entry, LibraryName)]


def is_opaque(cls: Class) -> bool:
    """Tell whether a base is not known, so that attributes may come from it."""
    return any(not isinstance(entry, (Class, LibraryName)) for entry in cls.order) or any(
        path != "object" for path in library_bases(cls)
    )


def instantiate(
    machine: Machine, cls: Class, args: list[Value], kwargs: dict[str, Value], rest: Value = NOTHING
) -> Value:
    """Return ``cls(*args, **kwargs)``; ``rest`` is a starred argument whose items are not listed."""
    from snugly.interpreter import calls

    if cls.kind == "enum":
        return _enum_member(cls, args)
    if cls.kind == "namedtuple":
        return _record(machine, cls, args, kwargs, rest)
    instance = Instance(cls)
    if lookup(cls, "__init__") is not NOTHING:
        calls.call(machine, machine.get(instance, "__init__"), args, kwargs, rest)
    elif cls.dataclass_fields is not None:
        _fill_dataclass(machine, instance, args, kwargs, rest)
    else:
        construct_native(machine, instance, args, kwargs)
    ensure_native(machine, instance)
    return instance


def _most_derived_first(machine: Machine, paths: list[str]) -> list[str]:
    """Return the described classes among these, a class before those that it inherits from."""
    models = [(path, machine.program.libraries.model(path)) for path in paths]
    known = [(path, found) for path, found in models if found is not None]
    return [path for path, _ in sorted(known, key=lambda one: -sum(issubclass(one[1], each) for _, each in known))]


def construct_native(machine: Machine, instance: Instance, args: list[Value], kwargs: dict[str, Value]) -> None:
    """Make the library's part of an instance: what ``super().__init__(...)`` does in the library."""
    from snugly.interpreter import calls

    for path in _most_derived_first(machine, library_bases(instance.type)):
        made = calls.construct(machine, path, args, kwargs)
        if not isinstance(made, Unknown):
            machine.touch(instance)
            instance.native = made
            made.owner = instance
            return


def ensure_native(machine: Machine, instance: Instance) -> None:
    """Make the library's part of an instance whose constructor never did."""
    if instance.native is None and any(
        machine.program.libraries.model(path) is not None for path in library_bases(instance.type)
    ):
        construct_native(machine, instance, [], {})


def _fill_dataclass(
    machine: Machine, instance: Instance, args: list[Value], kwargs: dict[str, Value], rest: Value
) -> None:
    fields = instance.type.dataclass_fields or {}
    given = dict(zip(fields, args, strict=False)) | kwargs
    machine.touch(instance)
    for name, default in fields.items():
        value = given.get(name, default)
        if name not in given and rest is not NOTHING:
            value = element_of(rest)
        elif value is NOTHING:
            value = Unknown(f"field {name}")
        elif name not in given and isinstance(value, Factory):
            value = machine.call(value.function)
        instance.attributes[name] = value
    if lookup(instance.type, "__post_init__") is not NOTHING:
        machine.call(machine.get(instance, "__post_init__"))


@dataclass(frozen=True, eq=False, slots=True)
class Factory:
    """The default of ``field(default_factory=...)``."""

    function: Value


def _enum_member(cls: Class, args: list[Value]) -> Value:
    for member in cls.names.values():
        if isinstance(member, Instance) and args and member.attributes.get("value") == args[0]:
            return member
    return Unknown("an enum member")


def _record(machine: Machine, cls: Class, args: list[Value], kwargs: dict[str, Value], rest: Value) -> Value:
    instance = Instance(cls)
    _fill_dataclass(machine, instance, args, kwargs, rest)
    return instance


def finish_class(machine: Machine, cls: Class, decorators: list[Value]) -> None:
    """Give a class what its bases and decorators add: dataclass fields, enum members."""
    paths = set(library_bases(cls))
    inherited: dict[str, Value] = {}
    for base in reversed(cls.order[1:]):
        if isinstance(base, Class) and base.dataclass_fields is not None:
            inherited.update(base.dataclass_fields)
            if base.kind == "namedtuple":
                cls.kind = base.kind
    if paths & ENUMS or any(isinstance(base, Class) and base.kind == "enum" for base in cls.order[1:]):
        _make_enum(cls)
    decorated = any(_is_dataclass(decorator) for decorator in decorators)
    if decorated or paths & (RECORDS | DATACLASSES) or inherited:
        cls.dataclass_fields = {**inherited, **_own_fields(machine, cls)}
    if paths & RECORDS:
        cls.kind = "namedtuple"


def _is_dataclass(decorator: Value) -> bool:
    return getattr(decorator, "path", None) in DATACLASSES or getattr(decorator, "name", None) in DATACLASSES


def _own_fields(machine: Machine, cls: Class) -> dict[str, Value]:
    fields: dict[str, Value] = {}
    for node in cls.node.body:
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        if "ClassVar" in ast.dump(node.annotation):
            continue
        fields[node.target.id] = _field_default(machine, node.value, cls.names.get(node.target.id, NOTHING))
    return fields


def _field_default(machine: Machine, node: ast.expr | None, value: Value) -> Value:
    if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in ("field", "Field"):
        from snugly.interpreter.expressions import evaluate

        for keyword in node.keywords:
            if keyword.arg in ("default_factory", "factory"):
                return Factory(evaluate(machine, keyword.value))
            if keyword.arg == "default":
                return evaluate(machine, keyword.value)
        return evaluate(machine, node.args[0]) if node.args else NOTHING
    return value


def _make_enum(cls: Class) -> None:
    cls.kind = "enum"
    count = 0
    for name, value in list(cls.names.items()):
        if name.startswith("_") or isinstance(value, (Function, Method, Native, Class)):
            continue
        count += 1
        known = count if isinstance(value, (Unknown, Number)) else value
        cls.names[name] = Instance(cls, {"name": name, "value": known})


def get_from_instance(machine: Machine, instance: Instance, name: str) -> Value:
    """Return ``instance.name``."""
    found = instance.attributes.get(name, NOTHING)
    if found is not NOTHING:
        return found
    if name == "__class__":
        return instance.type
    found = lookup(instance.type, name)
    if found is not NOTHING:
        return bind(machine, found, instance, instance.type)
    if name == "__dict__":
        from snugly.interpreter.values import Mapping

        return Mapping(dict(instance.attributes))
    ensure_native(machine, instance)
    if instance.native is not None:
        found = native_attribute(machine, instance.native, name)
        if found is not NOTHING:
            return found
    if lookup(instance.type, "__getattr__") is not NOTHING:
        return machine.call(machine.get(instance, "__getattr__"), name)
    return _missing(machine, instance, name)


def _missing(machine: Machine, instance: Instance, name: str) -> Value:
    if instance.type.kind == "enum" and name in ("value", "name"):
        return Unknown(f"attribute {name}")
    if is_opaque(instance.type):
        bases = ", ".join(library_bases(instance.type))
        return machine.unknown(f"{bases}.{name}")
    return Unknown(f"attribute {name}")


def bind(machine: Machine, found: Value, receiver: Value, cls: Class) -> Value:
    """Return what an attribute found in a class means on a receiver."""
    if isinstance(found, Function):
        if found.kind == "staticmethod":
            return found
        if found.kind == "classmethod":
            return Method(found, cls)
        if found.kind == "property":
            return machine.call(found, receiver)
        return Method(found, receiver)
    return found


def native_attribute(machine: Machine, native: Any, name: str) -> Value:
    """Return an attribute of a library's object, ``NOTHING`` where it has none."""
    path = getattr(native, "path", "")
    if name == "__class__" and path:
        return LibraryName(path)
    if name.startswith("_") and name not in ("__call__", "__len__", "__getitem__", "__iter__", "__enter__", "__init__"):
        return native.internals(name) if hasattr(native, "internals") else NOTHING
    if hasattr(native, "get_attribute"):
        found = machine.call(Native(native.get_attribute, "get_attribute"), name)
        if not isinstance(found, Unknown) and found is not NOTHING:
            return found
    try:
        found = getattr(native, _protocol_name(name))
    except AttributeError:
        return NOTHING
    except Signal:
        raise
    except Exception as error:  # noqa: BLE001 - a property of a library model that fails is only unknown
        machine.events.miss(machine.place, name, f"{type(error).__name__}: {error}"[:200])
        return Unknown(name)
    if callable(found) and hasattr(found, "__func__"):
        return Native(found, f"{getattr(native, 'path', '')}.{name}")
    return found


def _protocol_name(name: str) -> str:
    return {
        "__call__": "call",
        "__len__": "length",
        "__getitem__": "item",
        "__iter__": "iterate",
        "__enter__": "enter",
    }.get(name, name)


def get_from_super(machine: Machine, value: Super, name: str) -> Value:
    """Return ``super().name``."""
    receiver = value.receiver
    cls = receiver.type if isinstance(receiver, Instance) else receiver
    if not isinstance(cls, Class):
        return Unknown("super of something unknown")
    found = lookup(cls, name, value.after)
    if found is not NOTHING:
        return bind(machine, found, receiver, cls)
    if not isinstance(receiver, Instance):
        return Native(lambda *_args, **_kwargs: Instance(cls), "__new__")
    if name == "__init__":
        return Native(lambda *args, **kwargs: construct_native(machine, receiver, list(args), kwargs), "__init__")
    if name == "__setattr__":
        return Native(lambda key, new: _set_raw(machine, receiver, key, new), "__setattr__")
    ensure_native(machine, receiver)
    if receiver.native is not None:
        native = native_attribute(machine, receiver.native, name)
        if native is not NOTHING:
            return native
    return Unknown(f"super().{name}")


def _set_raw(machine: Machine, receiver: Instance, name: Value, new: Value) -> None:
    if isinstance(name, str):
        machine.touch(receiver)
        receiver.attributes[name] = new


def constructor_origin(machine: Machine, path: str, bound: dict[str, Value]) -> Origin:
    """Return the origin of a layer: the call that constructs it and the sources of its arguments."""
    from snugly.interpreter.origins import Constructed

    return Constructed(machine, path, bound) if machine.sites else Origin(path, options=dict(bound))
