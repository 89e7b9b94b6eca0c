"""The containers of ``torch.nn``: modules and parameters in a row or by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import NOTHING, Mapping, Sequence, Value
from snugly.library.registry import model
from snugly.library.torch.arguments import integer
from snugly.library.torch.module import Module, members_of

if TYPE_CHECKING:
    from snugly.facts.dims import Dim


class _Row(Module):
    """Members by position: the attributes ``"0"``, ``"1"`` … as torch names them.

    A row that was filled from a list whose items are not known one by one has one ``_element`` that stands for
    each of them, and a ``_length``.
    """

    _element: Value = NOTHING
    _length: Dim | None = 0
    _summed: bool = False

    def _names(self) -> list[str]:
        return [name for _, name, member in members_of(self) if name != "training" and self._holds(member)]

    def _holds(self, member: Value) -> bool:
        return isinstance(member, TensorFacts) or not isinstance(member, bool | int | str | float | None)

    def _members(self) -> list[Value]:
        return [vars(self)[name] for name in self._names()]

    def _fill(self, members: list[Value]) -> None:
        for name in self._names():
            delattr(self, name)
        for position, member in enumerate(members):
            setattr(self, str(position), member)

    def _sum_up(self, machine: Any, values: Sequence) -> None:
        element = values.element
        for member in self._members():
            element = machine.join(element, member)
        self._summed, self._element = True, element
        self._length = None if values.length is None else values.length + len(self._names())

    def _extend(self, machine: Any, values: Value) -> None:
        items = machine.iterate(values)
        if items.items is not None and not self._summed:
            self._fill([*self._members(), *items.items])
        else:
            if items.items is not None:
                for item in items.items:
                    self._element = machine.join(self._element, item)
                self._length = None if self._length is None else self._length + len(items.items)
                return
            self._sum_up(machine, items)

    def append(self, machine: Any, module: Value) -> Value:
        """Add a member at the end."""
        machine.touch(self)
        self._extend(machine, (module,))
        return self._value

    def extend(self, machine: Any, modules: Value) -> Value:
        """Add members at the end."""
        machine.touch(self)
        self._extend(machine, modules)
        return self._value

    def insert(self, machine: Any, index: Value, module: Value) -> Value:
        """Add a member before a position."""
        machine.touch(self)
        position = integer(index)
        if self._summed or position is None:
            self._sum_up(machine, Sequence(element=module, length=1))
            return self._value
        members = self._members()
        members.insert(position, module)
        self._fill(members)
        return self._value

    def pop(self, machine: Any, key: Value = -1) -> Value:
        """Remove a member and return it."""
        machine.touch(self)
        position = integer(key)
        if self._summed or position is None:
            return machine.unknown(f"{self.path}.pop")
        members = self._members()
        member = members.pop(position)
        self._fill(members)
        return member

    def iterate(self) -> Sequence:
        """Return the members, in order."""
        if self._summed:
            return Sequence("generator", None, self._element, self._length)
        return Sequence("generator", self._members())

    def length(self) -> Dim | None:
        """Return the number of members."""
        return self._length if self._summed else len(self._names())

    def item(self, machine: Any, key: Value) -> Value:
        """Return a member, or a row of the members of a slice."""
        if isinstance(key, slice):
            return self._slice(machine, key)
        position = integer(key)
        members = self._members()
        if self._summed:
            return self._element
        if position is None:
            return self._any(machine, members)
        if -len(members) <= position < len(members):
            return members[position]
        return machine.unknown(f"{self.path} has no item {position}")

    def _any(self, machine: Any, members: list[Value]) -> Value:
        joined = members[0] if members else machine.unknown(f"{self.path} is empty")
        for member in members[1:]:
            joined = machine.join(joined, member)
        return joined

    def _slice(self, machine: Any, key: slice) -> Value:
        part = type(self)()
        part.origin = self.origin
        bounds = [None if bound is None else integer(bound) for bound in (key.start, key.stop, key.step)]
        if self._summed or any(
            bound is not None and known is None
            for bound, known in zip((key.start, key.stop, key.step), bounds, strict=True)
        ):
            part._summed, part._element, part._length = True, self.item(machine, None), None
            return part
        names = self._names()[slice(*bounds)]
        for name in names:
            setattr(part, name, vars(self)[name])
        if not isinstance(self, Sequential):
            part._fill(part._members())
        return part

    def set_item(self, machine: Any, key: Value, value: Value) -> None:
        """Replace a member."""
        machine.touch(self)
        position = integer(key)
        if self._summed:
            self._element = machine.join(self._element, value)
        elif position is None:
            self._sum_up(machine, Sequence(element=value, length=0))
        else:
            names = self._names()
            if -len(names) <= position < len(names):
                setattr(self, names[position], value)

    def delete_item(self, machine: Any, key: Value) -> None:
        """Remove a member."""
        machine.touch(self)
        position = integer(key)
        names = self._names()
        if position is not None and -len(names) <= position < len(names):
            members = self._members()
            members.pop(position)
            self._fill(members)


@model("torch.nn.Sequential", "torch.nn.modules.container.Sequential")
class Sequential(_Row):
    """Modules called one after the other."""

    def __init__(self, machine: Any = None, *args: Value) -> None:
        """Take modules, or one ordered dict of them."""
        if len(args) == 1 and isinstance(args[0], Mapping):
            if args[0].rest is not None or args[0].open:
                self._sum_up(machine, Sequence(element=args[0].rest, length=None))
                return
            for name, module in args[0].entries.items():
                setattr(self, str(name), module)
        else:
            self._fill(list(args))

    def forward(self, machine: Any, *args: Value, **kwargs: Value) -> Value:
        """Call each module with the result of the one before."""
        if self._summed:
            return self._repeat(machine, *args)
        members = self._members()
        if not members:
            return args[0] if args else machine.unknown("torch.nn.Sequential without modules")
        result = machine.call(members[0], *args, **kwargs)
        for member in members[1:]:
            result = machine.call(member, result)
        return result

    def _repeat(self, machine: Any, *args: Value) -> Value:
        """Call a module that stands for each of an unknown number: what stays the same is known."""
        given = args[0] if args else None
        if self._element is NOTHING or given is None:
            return machine.unknown("torch.nn.Sequential of modules that are not known")
        once = machine.call(self._element, given)
        settled = machine.join(given, once) if self._length is None else once
        return machine.join(settled, machine.call(self._element, settled))


@model("torch.nn.ModuleList", "torch.nn.modules.container.ModuleList")
class ModuleList(_Row):
    """Modules in a list."""

    def __init__(self, machine: Any = None, modules: Value = None) -> None:
        """Take an iterable of modules."""
        if modules is not None:
            self._extend(machine, modules)


@model("torch.nn.ParameterList", "torch.nn.modules.container.ParameterList")
class ParameterList(_Row):
    """Parameters in a list; tensors become parameters."""

    def __init__(self, machine: Any = None, values: Value = None) -> None:
        """Take an iterable of parameters or tensors."""
        if values is not None:
            self._extend(machine, values)

    def _fill(self, members: list[Value]) -> None:
        super()._fill([as_parameter(member) for member in members])


class _Table(Module):
    """Members by name, as attributes."""

    _open: bool = False

    def __init__(self, machine: Any = None, modules: Value = None) -> None:
        """Take a dict or pairs."""
        if modules is not None:
            self.update(machine, modules)

    def _member(self, value: Value) -> Value:
        return value

    def _names(self) -> list[str]:
        return [name for _, name, _ in members_of(self) if name != "training"]

    def update(self, machine: Any, modules: Value) -> None:
        """Add members from a dict or pairs."""
        machine.touch(self)
        entries: Any
        if isinstance(modules, Mapping):
            entries = modules.entries.items()
            self._open = self._open or modules.rest is not None or modules.open
        elif isinstance(modules, _Table):
            entries = [(name, vars(modules)[name]) for name in modules._names()]
        else:
            pairs = machine.iterate(modules)
            entries = pairs.items if pairs.items is not None else []
            self._open = self._open or pairs.items is None
        for entry in entries:
            if isinstance(entry, tuple) and len(entry) == 2 and isinstance(entry[0], str):
                setattr(self, entry[0], self._member(entry[1]))
            else:
                self._open = True

    def item(self, machine: Any, key: Value) -> Value:
        """Return the member of a name."""
        if isinstance(key, str) and key in self._names():
            return vars(self)[key]
        members = [vars(self)[name] for name in self._names()]
        if self._open or isinstance(key, str) or not members:
            return machine.unknown(f"{self.path} has no item that is known under this key")
        joined = members[0]
        for member in members[1:]:
            joined = machine.join(joined, member)
        return joined

    def set_item(self, machine: Any, key: Value, value: Value) -> None:
        """Set the member of a name."""
        machine.touch(self)
        if isinstance(key, str):
            setattr(self, key, self._member(value))
        else:
            self._open = True

    def delete_item(self, machine: Any, key: Value) -> None:
        """Remove the member of a name."""
        machine.touch(self)
        if isinstance(key, str) and key in self._names():
            delattr(self, key)

    def contains(self, key: Value) -> bool | None:
        """Tell whether there is a member of that name."""
        if isinstance(key, str):
            return True if key in self._names() else (None if self._open else False)
        return None

    def length(self) -> int | None:
        """Return the number of members."""
        return None if self._open else len(self._names())

    def iterate(self) -> Sequence:
        """Return the names."""
        return self.keys()

    def keys(self) -> Sequence:
        """Return the names."""
        return Sequence("generator", list(self._names()))

    def values(self) -> Sequence:
        """Return the members."""
        return Sequence("generator", [vars(self)[name] for name in self._names()])

    def items(self) -> Sequence:
        """Return pairs of names and members."""
        return Sequence("generator", [(name, vars(self)[name]) for name in self._names()])

    def get(self, key: Value, default: Value = None) -> Value:
        """Return the member of a name, or a default."""
        return vars(self)[key] if isinstance(key, str) and key in self._names() else default

    def pop(self, machine: Any, key: Value) -> Value:
        """Remove a member and return it."""
        member = self.item(machine, key)
        self.delete_item(machine, key)
        return member


@model("torch.nn.ModuleDict", "torch.nn.modules.container.ModuleDict")
class ModuleDict(_Table):
    """Modules in a dict."""


@model("torch.nn.ParameterDict", "torch.nn.modules.container.ParameterDict")
class ParameterDict(_Table):
    """Parameters in a dict; tensors become parameters."""

    def _member(self, value: Value) -> Value:
        return as_parameter(value)


def as_parameter(value: Value) -> Value:
    """Return a tensor as a parameter, anything else as it is."""
    if isinstance(value, TensorFacts) and value.kind != "parameter":
        return value.with_(kind="parameter", requires_grad=True)
    return value


@model("torch.nn.Container")
class Container(Module):
    """The old base of containers."""
