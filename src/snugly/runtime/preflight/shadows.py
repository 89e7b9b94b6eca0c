"""Shadows: tensors without elements, whose sizes are known for every batch size of a formation at once.

An operator that meets shadows runs as torch's own kernel for tensors without memory, once for each batch size, and only
when it has not run with such arguments before: a network repeats its blocks, and a kernel that has said what comes of
two shapes needs not be asked again. So a pass costs what the distinct calls cost, and what holds for each size holds
because torch said so at that size.
"""

from __future__ import annotations

import operator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from snugly.runtime.preflight.formation import ElementsNeededError, Formation, Number
from snugly.runtime.preflight.forms import Form, Forms, Memory
from snugly.runtime.preflight.layerwise import answer
from snugly.runtime.preflight.operators import special
from snugly.runtime.preflight.signatures import (
    at_member,
    described,
    key_of,
    kind_of,
    knows_no_sizes,
    returned,
    tensor_places,
    tensors,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import torch


@cache
def shadow_class() -> type[Any]:
    """Return the class of shadows, made when torch is there."""
    import torch

    class Shadow(torch.Tensor):  # type: ignore[misc]
        """A tensor without elements.

        Attributes:
            form: its dtype, sizes and strides for every batch size.
            memory: what it would lie in.
            place: the device that it stands on, which this machine need not have.
            shadows: the mode that made it.
        """

        form: Form
        memory: Memory
        place: torch.device
        shadows: Shadows

        __torch_function__ = torch._C._disabled_torch_function_impl

        @classmethod
        def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            """Run an operator outside of the mode, as hooks of autograd may."""
            del types
            shadows = next(each.shadows for each in tensors((args, kwargs or {})) if isinstance(each, cls))
            return shadows.run(func, args, kwargs or {})

        @property
        def device(self) -> torch.device:
            """The device that it stands on."""
            return self.place

        @property
        def is_cuda(self) -> bool:
            """Whether that is a GPU of NVIDIA's or AMD's."""
            return bool(self.place.type == "cuda")

        @property
        def is_cpu(self) -> bool:
            """Whether that is the CPU."""
            return bool(self.place.type == "cpu")

        def get_device(self) -> int:
            """Return the number of the device, -1 for the CPU."""
            return -1 if self.place.type == "cpu" else self.place.index or 0

        def __repr__(self, *_: Any, **__: Any) -> str:
            """Show what is known."""
            sizes = ", ".join(map(str, self.form.sizes))
            return f"Shadow({str(self.form.dtype).removeprefix('torch.')}[{sizes}])"

    return Shadow


def is_shadow(value: Any) -> bool:
    """Tell whether a value is a shadow."""
    return isinstance(value, shadow_class())


class Shadows:
    """The shadows of one run, and the operators that meet them.

    Attributes:
        formation: the batch sizes.
        forms: the forms of all shadows.
        constants: called with a shadow and the tensor whose elements it has, where the step wrote them out.
        asked: the device that the call at hand asks for; ``None`` where it asks for none.
        around: the device of the tensors in the call at hand.
    """

    def __init__(self, formation: Formation, constants: Callable[[Any, Any], None] | None = None) -> None:
        """Start without shadows."""
        self.formation = formation
        self.forms = Forms(formation)
        self.constants = constants
        self.asked: torch.device | None = None
        self.around: torch.device | None = None
        self._known: dict[Any, list[Any]] = {}
        self._of: dict[int, tuple[Any, Any]] = {}
        self._masks: dict[int, tuple[Any, Any]] = {}

    def of(self, tensor: torch.Tensor, axis: int | None = None, place: torch.device | None = None) -> Any:
        """Return the shadow of a tensor, the same for the same tensor.

        Args:
            tensor: a tensor with elements, or without.
            axis: the axis along which the samples lie; its size becomes that of the batch.
            place: where the shadow stands; where the tensor does otherwise.
        """
        found = self._of.get(id(tensor))
        if found is not None:
            return found[1]
        import torch

        if tensor.layout is not torch.strided:
            msg = f"a tensor of layout {tensor.layout} has no shadow"
            raise ElementsNeededError(msg)
        sizes: list[int | Number] = list(tensor.shape)
        strides: tuple[int | Number, ...] = tensor.stride()
        if axis is not None:
            sizes[axis] = self.formation.number(self.formation.members)
            kept = torch.empty(tensor.shape, device="meta") if 0 in strides else None
            strides = self.forms.strides(sizes, kept.stride() if kept is not None else tensor.stride())
        standing = torch.device("cpu") if tensor.device.type == "meta" else tensor.device
        made = self.make(self.forms.form(tensor.dtype, tuple(sizes), strides), None, place or standing)
        if isinstance(tensor, torch.nn.Parameter):
            made._is_param = True
        self._of[id(tensor)] = tensor, made
        return made

    def make(self, form: Form, memory: Memory | None, place: torch.device) -> Any:
        """Return a new shadow of a form; in a memory of its own unless one is given."""
        import torch

        outer = form.outer
        if outer is None or outer[0] != len(self.formation.flying):
            size_of = self.formation.size_of
            sizes = tuple(size_of(each) if type(each) is Number else each for each in form.sizes)
            strides = tuple(size_of(each) if type(each) is Number else each for each in form.strides)
            outer = form.outer = len(self.formation.flying), sizes, strides
        shadow: Any = torch.Tensor._make_wrapper_subclass(
            shadow_class(), outer[1], strides=outer[2], dtype=form.dtype, device=standing_in(place)
        )
        shadow.form, shadow.place, shadow.shadows = form, place, self
        shadow.memory = memory if memory is not None else Memory(self.forms.bytes(form))
        return shadow

    @contextmanager
    def asking(self, wanted: torch.device) -> Iterator[None]:
        """Put what a call makes onto the device that it asks for."""
        before, self.asked = self.asked, wanted
        try:
            yield
        finally:
            self.asked = before

    @contextmanager
    def among(self, args: Any) -> Iterator[None]:
        """Put what a call makes by itself onto the device of its tensors."""
        before = self.around
        self.around = next((each.place for each in tensors(args) if is_shadow(each)), None)
        try:
            yield
        finally:
            self.around = before

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Answer every operator for the time of a ``with`` block."""
        with _mode_class()(self):
            yield

    def run(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Run an operator: return shadows of what torch says comes out."""
        import torch

        with torch._C.DisableTorchFunction():
            return self._run(func, args, kwargs)

    def _run(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        import torch

        if not isinstance(func, torch._ops.OpOverload):
            msg = f"{func} is no operator that tensors without elements know"
            raise ElementsNeededError(msg)
        own = special().get(func)
        found = NotImplemented if own is None else own(self, args, kwargs)
        if found is not NotImplemented:
            return found
        if own is None and knows_no_sizes(func):
            msg = f"{func} needs the elements"
            raise ElementsNeededError(msg)
        given, named = self.given(args), {name: self.given(each) for name, each in kwargs.items()}
        for at in tensor_places(func):
            if at < len(given) and isinstance(given[at], (int, float, complex, Number)):
                given[at] = self._zero_dimensional(given[at])
        place = self._place(func, list(tensors((given, named))), named)
        key = key_of((func, given, named))
        found = None if key is None else self._known.get(key)
        if found is None:
            found = answer(self.forms, func, given, named) or self._ask(func, given, named)
            if key is not None:
                self._known[key] = found
        schema = returned(func)
        ways = zip(found, schema.ways(found), strict=True)
        return schema.shaped([self._result(each, way, given, named, place) for each, way in ways])

    def given(self, value: Any) -> Any:
        """Return an argument with shadows for all tensors, and numbers for sizes."""
        import torch

        if isinstance(value, torch.Tensor):
            return value if is_shadow(value) else self.of(value)
        if isinstance(value, (torch.SymInt, torch.SymFloat, torch.SymBool)):
            node = value.node
            return node.values[self.formation.lead] if node.is_constant() else node
        if type(value) in {list, tuple}:
            return [self.given(each) for each in value]
        return value

    def _zero_dimensional(self, number: Any) -> Any:
        """Return a number as the tensor of no axes that torch takes it to be."""
        import torch

        value = number.values[self.formation.lead] if type(number) is Number else number
        return self.make(self.forms.form(torch.tensor(value).dtype, (), ()), None, torch.device("cpu"))

    def _ask(self, func: Any, given: Any, named: Mapping[str, Any]) -> list[Any]:
        """Return the forms of what an operator returns, and plain values as they are."""
        formation = self.formation
        answers: dict[int, list[Any]] = {}
        for member in (formation.lead, *(each for each in formation.flying if each != formation.lead)):
            try:
                out = func(*at_member(given, member), **{name: at_member(each, member) for name, each in named.items()})
            except Exception:
                if member == formation.lead:
                    raise
                continue  # it falls out below, and is flown again
            outs = out if isinstance(out, (list, tuple)) else (out,) if func._schema.returns else ()
            answers[member] = [described(each) for each in outs]
        kinds = {member: [kind_of(each) for each in found] for member, found in answers.items()}
        lead = kinds[formation.lead]
        other = [member for member in formation.flying if kinds.get(member) != lead]
        formation.part(other, lambda: f"what {func} does at {formation.members[formation.lead]}")
        return [self._joined([answers[member][at] for member in formation.flying]) for at in range(len(lead))]

    def _joined(self, found: list[Any]) -> Any:
        first = found[0]
        if not isinstance(first, tuple):
            return first
        dtype = first[0]
        sizes, strides = (
            tuple(self._size(each) for each in zip(*(one[part] for one in found), strict=True)) for part in (1, 2)
        )
        return self.forms.form(dtype, sizes, strides)

    def _size(self, values: tuple[int, ...]) -> int | Number:
        if values.count(values[0]) == len(values):
            return values[0]
        formation = self.formation
        if len(values) == len(formation.members):
            return formation.number(values)
        whole: list[Any] = [None] * len(formation.members)
        for at, each in zip(formation.flying, values, strict=True):
            whole[at] = each
        return formation.number(whole)

    def _result(self, found: Any, way: Any, given: Any, named: Mapping[str, Any], place: torch.device) -> Any:
        if not isinstance(found, Form):
            return found
        kind, where = way
        source: Any = None if where is None else named[where] if isinstance(where, str) else given[where]
        if kind == "same":
            if source.form is not found:
                msg = "an operation that changes the sizes of a tensor in place"
                raise ElementsNeededError(msg)
            return source
        return self.make(found, source.memory if kind == "view" and is_shadow(source) else None, place)

    def _place(self, func: Any, given: list[Any], named: dict[str, Any]) -> torch.device:
        """Return the device of what comes out.

        Raises:
            RuntimeError: the tensors stand on several devices, and the operator wants one.
        """
        import torch

        asked = named.get("device")
        if "device" in named:
            named["device"] = torch.device("meta")
        named.pop("generator", None)
        if "pin_memory" in named:
            named["pin_memory"] = None
        places = {each.place for each in given}
        if asked is not None:
            return self.asked or next((each.place for each in given), self.around or asked)
        if not places:
            return self.around or torch.device("cpu")
        if len(places) == 1:
            return places.pop()
        found = {each.place for each in given if each.form.sizes or each.place.type != "cpu"} or places
        if len(found) > 1 and func not in _mixing():
            shown = " and ".join(dict.fromkeys(str(each.place) for each in given if each.place in found))
            msg = f"Expected all tensors to be on the same device, but found at least two devices, {shown}!"
            raise RuntimeError(msg)
        return next(each.place for each in given if each.place in found)

    def constant(self, real: Any) -> Any:
        """Return the shadow of a tensor that the step wrote out, whose elements are known."""
        made = self.make(
            self.forms.form(real.dtype, tuple(real.shape), real.stride()), None, self.around or real.device
        )
        if self.constants is not None:
            self.constants(made, real)
        return made

    def dense(self, dtype: torch.dtype, sizes: tuple[Any, ...], place: torch.device) -> Any:
        """Return a new shadow that is laid out row by row."""
        return self.make(self.forms.laid_out(dtype, sizes), None, place)

    def alike(self, a: int | Number, b: int | Number) -> bool:
        """Tell whether two sizes are the same for the lead; members for which that is otherwise fall out."""
        if type(a) is not Number and type(b) is not Number:
            return a == b
        one, other = (each if type(each) is Number else self.formation.constant(each) for each in (a, b))
        return bool(self.formation.decide(self.formation.apply(operator.eq, one, other)))

    def counted(self, mask: Any) -> Number:
        """Return how many elements of a mask are true, the same number for the same mask."""
        found = self._masks.get(id(mask))
        if found is None:
            found = self._masks[id(mask)] = mask, self.formation.unknown()
        number: Number = found[1]
        return number


@cache
def _mode_class() -> type[Any]:
    from torch.utils._python_dispatch import TorchDispatchMode

    class Watching(TorchDispatchMode):  # type: ignore[misc]
        """Hands every operator to the shadows."""

        def __init__(self, shadows: Shadows) -> None:
            super().__init__()
            self._shadows = shadows

        @classmethod
        def _should_skip_dynamo(cls) -> bool:
            """Do not load torch's compiler only to tell it that it must not compile this."""
            return False

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            del types
            return self._shadows.run(func, args, kwargs or {})

    return Watching


@cache
def _mixing() -> frozenset[Any]:
    """Return the operators whose arguments may stand on several devices."""
    import torch

    aten = torch.ops.aten
    indexing = (aten.index.Tensor, aten.index_put.default, aten.index_put_.default, aten._index_put_impl_.default)
    return frozenset((aten.copy_.default, aten.copy.default, aten._to_copy.default, *indexing))


@cache
def standing_in(place: torch.device) -> torch.device:
    """Return the device that torch takes a shadow's to be: its own, or the CPU where this machine has no such one."""
    import torch

    from snugly.runtime.preflight.standing import is_there

    return place if is_there(str(place)) else torch.device("cpu")
