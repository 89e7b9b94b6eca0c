"""``torch.nn.Module`` and its parameters: what every layer, container and user's model has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snugly.facts.dims import Dim
from snugly.facts.dtypes import COMPLEX, FLOATING
from snugly.facts.tensors import TensorFacts
from snugly.interpreter.values import NOTHING, DType, Instance, Mapping, Sequence, Unknown, Value
from snugly.library.registry import Model, alias, function, model
from snugly.library.torch.arguments import dtype_name, flag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GRADIENT_DTYPES = frozenset(FLOATING) | frozenset(COMPLEX)
Shape = tuple[Dim | None, ...] | None


def default_dtype(machine: Any) -> str | None:
    """Return the dtype of ``torch.get_default_dtype()`` at this point of the program."""
    name: str | None = machine.settings.get("torch.default_dtype", "float32")
    return name


def new_parameter(machine: Any, shape: Shape, dtype: Value = None) -> TensorFacts:
    """Return the facts of a parameter that a layer makes."""
    return TensorFacts(shape, dtype_name(dtype, default_dtype(machine)), requires_grad=True, kind="parameter")


@function("torch.nn.Parameter", "torch.nn.parameter.Parameter")
def parameter(data: Value = None, requires_grad: Value = True) -> TensorFacts:
    """Describe ``torch.nn.Parameter``: the same tensor, as a leaf that a module registers."""
    facts = data if isinstance(data, TensorFacts) else TensorFacts((0,), "float32") if data is None else TensorFacts()
    return facts.with_(kind="parameter", requires_grad=flag(requires_grad))


@function("torch.nn.Buffer", "torch.nn.parameter.Buffer")
def buffer(data: Value = None, *, persistent: Value = True) -> TensorFacts:
    """Describe ``torch.nn.Buffer``: a tensor that moves with its module."""
    del persistent
    return data if isinstance(data, TensorFacts) else TensorFacts()


@model("torch.nn.Module", "torch.nn.modules.module.Module")
class Module(Model):
    """What the interpreter knows of ``torch.nn.Module``.

    The attributes of a layer are its members, as in torch: a model or a user's module is a child, a
    ``TensorFacts`` of kind ``"parameter"`` a parameter, one named in ``_buffers`` a buffer. For a
    user's class the attributes of the ``Instance`` come first.

    Attributes:
        training: the flag that ``train`` and ``eval`` set; it decides what dropout and batch
            normalization do.
        origin: the call that constructed it, set by the interpreter.
    """

    training: Value = True
    origin: Any = None
    place: Any = None
    _buffers: frozenset[str] = frozenset()
    _hooks: tuple[Value, ...] = ()
    _pre_hooks: tuple[Value, ...] = ()

    def __init__(self, *args: Value, **kwargs: Value) -> None:
        """Accept what the user's ``super().__init__()`` passes."""

    @property
    def _value(self) -> Value:
        """The object as the program holds it."""
        return self if self.owner is None else self.owner

    def call(self, machine: Any, *args: Value, **kwargs: Value) -> Value:
        """Run the user's ``forward``, or the layer's own, and the hooks before and after it."""
        for hook in self._pre_hooks:
            given = machine.call(hook, self._value, args)
            if given is not None and not isinstance(given, Unknown):
                args = given if isinstance(given, tuple) else (given,)
        if self.owner is not None:
            result = machine.call(machine.get(self.owner, "forward"), *args, **kwargs)
        else:
            result = self.forward(machine, *args, **kwargs)
        for hook in self._hooks:
            given = machine.call(hook, self._value, args, result)
            result = result if given is None or isinstance(given, Unknown) else given
        return result

    def forward(self, machine: Any, *args: Value, **kwargs: Value) -> Value:
        """Answer that the result is not known; layers say more."""
        return machine.unknown(f"{self.path}.forward")

    def _operate(self, machine: Any, name: str, *args: Value, **kwargs: Value) -> Value:
        """Apply an operation on behalf of this layer, which the origin of the result then names."""
        if self.origin is None:
            return machine.apply(name, *args, **kwargs)
        with machine.layer(self.origin):
            return machine.apply(name, *args, **kwargs)

    # Members.

    def add_module(self, machine: Any, name: Value, module: Value) -> None:
        """Make a module an attribute."""
        self._assign(machine, name, module)

    register_module = add_module

    def register_parameter(self, machine: Any, name: Value, param: Value) -> None:
        """Make a parameter an attribute."""
        self._assign(machine, name, param)

    def register_buffer(self, machine: Any, name: Value, tensor: Value, persistent: Value = True) -> None:
        """Make a tensor an attribute that moves with the module."""
        self._assign(machine, name, tensor)
        if isinstance(name, str):
            self._buffers = self._buffers | {name}

    def _assign(self, machine: Any, name: Value, value: Value) -> None:
        if not isinstance(name, str):
            return
        machine.touch(self)
        if self.owner is not None:
            machine.touch(self.owner)
            self.owner.attributes[name] = value
        else:
            setattr(self, name, value)

    def children(self) -> Sequence:
        """List the modules directly inside."""
        return Sequence("generator", [child for _, child in children_of(self._value)])

    def named_children(self) -> Sequence:
        """List the modules directly inside, with their names."""
        return Sequence("generator", list(children_of(self._value)))

    def modules(self) -> Sequence:
        """List this module and all inside it."""
        return Sequence("generator", [module for _, module in modules_of(self._value)])

    def named_modules(self, memo: Value = None, prefix: Value = "", remove_duplicate: Value = True) -> Sequence:
        """List this module and all inside it, with their dotted names."""
        return Sequence("generator", list(modules_of(self._value, prefix if isinstance(prefix, str) else "")))

    def parameters(self, recurse: Value = True) -> Sequence:
        """List the parameters."""
        return Sequence("generator", [facts for _, facts in parameters_of(self._value, recurse=recurse is not False)])

    def named_parameters(self, prefix: Value = "", recurse: Value = True, remove_duplicate: Value = True) -> Sequence:
        """List the parameters, with their dotted names."""
        start = f"{prefix}." if isinstance(prefix, str) and prefix else ""
        named = parameters_of(self._value, recurse=recurse is not False)
        return Sequence("generator", [(start + name, facts) for name, facts in named])

    def buffers(self, recurse: Value = True) -> Sequence:
        """List the buffers."""
        return Sequence("generator", [facts for _, facts in buffers_of(self._value, recurse=recurse is not False)])

    def named_buffers(self, prefix: Value = "", recurse: Value = True, remove_duplicate: Value = True) -> Sequence:
        """List the buffers, with their dotted names."""
        start = f"{prefix}." if isinstance(prefix, str) and prefix else ""
        named = buffers_of(self._value, recurse=recurse is not False)
        return Sequence("generator", [(start + name, facts) for name, facts in named])

    def get_submodule(self, machine: Any, target: Value) -> Value:
        """Follow a dotted name."""
        found = self._value
        for name in target.split(".") if isinstance(target, str) and target else ():
            found = dict(children_of(found)).get(name)
            if found is None:
                return machine.unknown(f"{self.path}.get_submodule")
        return found

    def get_parameter(self, machine: Any, target: Value) -> Value:
        """Find a parameter by its dotted name."""
        found = dict(parameters_of(self._value)).get(target) if isinstance(target, str) else None
        return machine.unknown(f"{self.path}.get_parameter") if found is None else found

    def state_dict(self, *args: Value, **kwargs: Value) -> Mapping:
        """Return parameters and buffers by their dotted names."""
        entries = dict(parameters_of(self._value, unique=False)) | dict(buffers_of(self._value))
        return Mapping({name: facts.with_(kind="tensor", requires_grad=False) for name, facts in entries.items()})

    def load_state_dict(self, state_dict: Value, strict: Value = True, assign: Value = False) -> tuple[Value, ...]:
        """Return the missing and the unexpected keys."""
        return (Sequence("list", []), Sequence("list", []))

    def internals(self, name: str) -> Value:
        """Return ``_modules``, ``_parameters`` or ``_buffers``, which programs read although they are internal."""
        if name == "_modules":
            return Mapping(dict(children_of(self._value)))
        if name == "_parameters":
            return Mapping(dict(parameters_of(self._value, recurse=False)))
        return Mapping(dict(buffers_of(self._value, recurse=False))) if name == "_buffers" else NOTHING

    # Modes, dtypes and devices.

    def train(self, machine: Any, mode: Value = True) -> Value:
        """Set the training flag here and inside."""
        for _, module in modules_of(self._value):
            _set_training(machine, module, mode)
        return self._value

    def eval(self, machine: Any) -> Value:
        """Clear the training flag here and inside."""
        return self.train(machine, mode=False)

    def requires_grad_(self, machine: Any, requires_grad: Value = True) -> Value:
        """Set whether gradients flow to every parameter."""
        known = flag(requires_grad)
        return self._convert(machine, lambda facts: facts.with_(requires_grad=known), parameters_only=True)

    def to(self, machine: Any, *args: Value, **kwargs: Value) -> Value:
        """Move to a device, or convert floating parameters and buffers to a dtype."""
        for argument in (*args, *kwargs.values()):
            if isinstance(argument, TensorFacts):
                return self._cast(machine, argument.dtype)
            name = dtype_name(argument, None) if isinstance(argument, DType) else None
            if name is not None:
                return self._cast(machine, name)
        return self._value

    def _cast(self, machine: Any, dtype: str | None) -> Value:
        def cast(facts: TensorFacts) -> TensorFacts:
            if facts.dtype is None or facts.dtype in GRADIENT_DTYPES:
                return facts.with_(dtype=None if facts.dtype is None else dtype)
            return facts

        return self._convert(machine, cast)

    def _convert(
        self, machine: Any, change: Callable[[TensorFacts], TensorFacts], *, parameters_only: bool = False
    ) -> Value:
        for _, module in modules_of(self._value):
            machine.touch(module)
            machine.touch(native_of(module))
            for holder, name, facts in held_tensors(module, parameters_only=parameters_only):
                holder[name] = change(facts)
        return self._value

    def float(self, machine: Any) -> Value:
        """Convert to ``float32``."""
        return self._cast(machine, "float32")

    def double(self, machine: Any) -> Value:
        """Convert to ``float64``."""
        return self._cast(machine, "float64")

    def half(self, machine: Any) -> Value:
        """Convert to ``float16``."""
        return self._cast(machine, "float16")

    def bfloat16(self, machine: Any) -> Value:
        """Convert to ``bfloat16``."""
        return self._cast(machine, "bfloat16")

    def type(self, machine: Any, dst_type: Value) -> Value:
        """Convert to a dtype."""
        return self._cast(machine, dtype_name(dst_type, None))

    def cuda(self, device: Value = None) -> Value:
        """Move to a GPU."""
        return self._value

    def cpu(self) -> Value:
        """Move to the CPU."""
        return self._value

    def to_empty(self, *, device: Value, recurse: Value = True) -> Value:
        """Move to a device without copying."""
        return self._value

    def apply(self, machine: Any, fn: Value) -> Value:
        """Call a function with each module inside, and with this one last."""
        for _, module in reversed(list(modules_of(self._value))):
            machine.call(fn, module)
        return self._value

    def compile(self, *args: Value, **kwargs: Value) -> None:
        """Change nothing that facts show."""

    def share_memory(self) -> Value:
        """Change nothing that facts show."""
        return self._value

    def zero_grad(self, set_to_none: Value = True) -> None:
        """Change nothing that facts show."""

    def extra_repr(self) -> str:
        """Return what the module adds to its text."""
        return ""

    def register_forward_hook(self, machine: Any, hook: Value, **options: Value) -> Value:
        """Call a function with each result; what it returns replaces the result, unless that is ``None``."""
        machine.touch(self)
        self._hooks = (*self._hooks, hook)
        return Handle(self, hook)

    def register_forward_pre_hook(self, machine: Any, hook: Value, **options: Value) -> Value:
        """Call a function before each result with the arguments, which it may replace."""
        machine.touch(self)
        self._pre_hooks = (*self._pre_hooks, hook)
        return Handle(self, hook)

    def register_full_backward_hook(self, hook: Value, **options: Value) -> Value:
        """Accept a function for gradients; it changes no shape."""
        return Handle(self, hook)

    register_backward_hook = register_full_backward_pre_hook = register_full_backward_hook


@model("torch.utils.hooks.RemovableHandle")
class Handle(Model):
    """What takes a hook away again."""

    def __init__(self, module: Module, hook: Value) -> None:
        """Keep the hook and whose it is."""
        self._module, self._hook = module, hook

    def remove(self, machine: Any) -> None:
        """Take the hook away."""
        machine.touch(self._module)
        self._module._hooks = tuple(hook for hook in self._module._hooks if hook is not self._hook)
        self._module._pre_hooks = tuple(hook for hook in self._module._pre_hooks if hook is not self._hook)


def within(machine: Any, module: Value, *args: Value, **kwargs: Value) -> Value:
    """Call a module inside a layer: one that the layer made itself speaks for the layer."""
    if isinstance(module, Module) and module.owner is None and module.origin is None:
        return module.call(machine, *args, **kwargs)
    return machine.call(module, *args, **kwargs)


def native_of(value: Value) -> Module | None:
    """Return the model of a layer or of a user's module."""
    if isinstance(value, Instance):
        value = value.native
    return value if isinstance(value, Module) else None


def members_of(module: Value) -> Iterator[tuple[dict[str, Value], str, Value]]:
    """Yield where each attribute of a module is kept, its name and its value."""
    native = native_of(module)
    holders = [module.attributes] if isinstance(module, Instance) else []
    if native is not None:
        holders.append(vars(native))
    for holder in holders:
        for name, member in list(holder.items()):
            if not name.startswith("_") and name not in ("owner", "origin", "place"):
                yield holder, name, member


def held_tensors(
    module: Value, *, parameters_only: bool = False
) -> Iterator[tuple[dict[str, Value], str, TensorFacts]]:
    """Yield the parameters and the buffers that a module holds itself."""
    native = native_of(module)
    buffers = native._buffers if native is not None else frozenset()
    for holder, name, member in members_of(module):
        if isinstance(member, TensorFacts) and (
            member.kind == "parameter" or (name in buffers and not parameters_only)
        ):
            yield holder, name, member


def children_of(module: Value) -> Iterator[tuple[str, Value]]:
    """Yield the modules directly inside a module, with their names."""
    for _, name, member in members_of(module):
        if native_of(member) is not None:
            yield name, member


def modules_of(module: Value, prefix: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, Value]]:
    """Yield a module and all inside it, each once, with dotted names."""
    seen = set() if seen is None else seen
    if id(module) in seen:
        return
    seen.add(id(module))
    yield prefix, module
    for name, child in children_of(module):
        yield from modules_of(child, f"{prefix}.{name}" if prefix else name, seen)


def parameters_of(module: Value, *, recurse: bool = True, unique: bool = True) -> Iterator[tuple[str, TensorFacts]]:
    """Yield the parameters of a module, each once, with dotted names."""
    seen: set[int] = set()
    for prefix, inner in modules_of(module) if recurse else [("", module)]:
        for _, name, facts in held_tensors(inner, parameters_only=True):
            if not unique or id(facts) not in seen:
                seen.add(id(facts))
                yield (f"{prefix}.{name}" if prefix else name), facts


def buffers_of(module: Value, *, recurse: bool = True) -> Iterator[tuple[str, TensorFacts]]:
    """Yield the buffers of a module, with dotted names."""
    for prefix, inner in modules_of(module) if recurse else [("", module)]:
        for _, name, facts in held_tensors(inner):
            if facts.kind != "parameter":
                yield (f"{prefix}.{name}" if prefix else name), facts


def copied(module: Value) -> Value:
    """Return a copy of a layer with layers and parameters of its own, as ``copy.deepcopy`` makes."""
    if not isinstance(module, Module) or module.owner is not None:
        return module
    import copy

    made = copy.copy(module)
    for name, member in vars(module).items():
        if isinstance(member, Module):
            setattr(made, name, copied(member))
        elif isinstance(member, TensorFacts) and member.kind == "parameter":
            setattr(made, name, member.with_())
    return made


def _set_training(machine: Any, module: Value, mode: Value) -> None:
    native = native_of(module)
    if native is not None:
        machine.touch(native)
        native.training = mode
    if isinstance(module, Instance) and "training" in module.attributes:
        machine.touch(module)
        del module.attributes["training"]


alias("torch.nn.modules.Module", "torch.nn.Module")
