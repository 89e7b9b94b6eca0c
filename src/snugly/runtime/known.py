"""Loss calls that were looked at, by place, and what tells whether another call is like one of them.

What changes from call to call at one place is compared each time: sizes, options, which optional tensors are there.
The rest (type, dtype, device, ``requires_grad``, how torch dispatches) is compared every ``PERIOD`` calls, in one step
of C: ``torch._C._dynamo.guards.TensorGuards``, with which torch's compiler compares the inputs of a compiled graph. It
is a private part of torch; where it is missing, Python compares.
"""

from __future__ import annotations

import inspect
from functools import cache
from itertools import repeat
from operator import length_hint
from types import BuiltinFunctionType, FunctionType
from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import CodeType, FrameType

    import torch

    Alike = Callable[..., bool]

PERIOD = 8
"""Of a known place, every so many calls all that tensors are made of is compared, elements and strides apart."""


class Pattern:
    """One place with one pattern of sizes: when to look at it again.

    Attributes:
        left: calls until then, but for those that ``known`` has counted since.
        due: which call that is, counted from the first.
        code: of the caller; kept alive, so that its id stays its own.
        known: the call that is handed out at the moment.
    """

    __slots__ = ("code", "due", "known", "left")

    def __init__(self, code: CodeType) -> None:
        """Be due at once."""
        self.left = 1
        self.due = 1
        self.code = code
        self.known: Known | None = None

    @property
    def calls(self) -> int:
        """How many calls there were."""
        return self.due - self.left + (0 if self.known is None else self.known.used)


class Known:
    """A call that others are compared with.

    It counts those that are like it by being handed out as often as may be until someone looks: an iterator does so
    in one step of C. The class for a function has besides, of each tensor ``NAME``, its ``size_NAME``, and of the rest
    ``option_NAME``.

    Attributes:
        code: the code that called the function, or called the module that did.
        at: the offset of its instruction.
        depth: how far up its frame is.
        module: where a module called the function, the code of its ``forward``.
        siblings: where a module called the function, the calls by the instruction that called the module.
        calls: hands it out.
        granted: how often it was to be.
        pattern: decides when to look again.
        is_like: compares all of the tensors that are always there.
        types: of these tensors; kept alive, because only their addresses are compared.
    """

    __slots__ = ("at", "calls", "code", "depth", "granted", "is_like", "module", "pattern", "siblings", "types")

    def __init__(self, pattern: Pattern, tensors: Sequence[torch.Tensor]) -> None:
        """Keep what is compared of the tensors, and none of them."""
        self.code: CodeType | None = None
        self.at = -1
        self.depth = 1
        self.module: CodeType | None = None
        self.siblings: dict[int, Known] = {}
        self.calls: Iterator[Known] = iter(())
        self.granted = 0
        self.pattern = pattern
        self.is_like = _alike(tensors)
        self.types = tuple(map(type, tensors))

    @property
    def used(self) -> int:
        """How many calls were counted that the pattern does not know of."""
        return self.granted - length_hint(self.calls)

    def settle(self) -> None:
        """Tell the pattern how many calls there were, and be handed out no more."""
        used, self.granted, self.calls = self.used, 0, iter(())
        self.pattern.left -= used
        self.pattern.known = None

    def grant(self) -> None:
        """Be handed out until someone is to look, or all is to be compared."""
        pattern = self.pattern
        if pattern.known is not None:
            pattern.known.settle()
        self.granted = min(PERIOD, pattern.left - 1)
        self.calls = repeat(self, self.granted)
        pattern.known = self


class Places:
    """The known calls of a function by their place.

    Attributes:
        last: the last call that no module made.
        by: the last call at each offset of who called the function; two codes may share one.
    """

    __slots__ = ("by", "last")

    def __init__(self) -> None:
        """Know no call."""
        self.by: dict[int, Known] = {}
        self.last = NOTHING

    def recall(self, by: dict[int, Known]) -> None:
        """Know these calls and no others."""
        self.by, self.last = by, NOTHING

    def put(self, known: Known, direct: FrameType, caller: FrameType, depth: int) -> None:
        """Have at hand what a frame called last, itself or through a module at that depth."""
        known.code, known.at, known.depth, known.module = caller.f_code, caller.f_lasti, depth, None
        self.last = NOTHING
        if depth == 1:
            self.last = known
        else:
            known.module = direct.f_code
            before = self.by.get(direct.f_lasti, NOTHING)
            known.siblings = before.siblings if before.module is known.module and before.depth == depth else {}
            known.siblings[known.at] = known
        self.by[direct.f_lasti] = known


@dataclass(frozen=True, slots=True)
class Signature:
    """The parameters of a loss function, by what is compared of them.

    Attributes:
        required: tensors that are always there.
        optional: tensors that need not be there, or may be numbers.
        options: everything else; the deprecated ``size_average`` and ``reduce`` do not change within one place.
        known: the class of its known calls.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...]
    options: tuple[str, ...]
    known: type[Known]

    def condition(self, known: str) -> str:
        """Write the expression that tells whether a call of the function is like ``known``."""
        own = {name: f"{known}.size_{name}" for name in (*self.required, *self.optional)}
        value = {name: f"{known}.option_{name}" for name in (*self.optional, *self.options)}
        parts = [
            *(f"{name}.shape == {own[name]}" for name in self.required),
            *(f"({name} is {value[name]} or {name}.shape == {own[name]})" for name in self.optional),
            *(f"({name} is {value[name]} or {name} == {value[name]})" for name in self.options),
        ]
        return " and ".join(parts)

    def key(self, arguments: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Return what is equal for calls that are alike: sizes and kinds of the tensors, and the options.

        ``None`` where no call is: what should be a tensor is none, or an option is an object that would be kept alive.
        """
        import torch

        parts: list[Any] = []
        for name in (*self.required, *self.optional):
            value = arguments[name]
            if isinstance(value, torch.Tensor):
                parts.append((value.shape, value.dtype, value.device, value.requires_grad))
            elif name in self.optional and (value is None or value.__class__ is float):
                parts.append(value)
            else:
                return None
        for name in self.options:
            value = arguments[name]
            if value.__class__ not in _PLAIN and not _is_lasting(value):
                return None
            parts.append(value)
        return tuple(parts)

    def describe(self, arguments: Mapping[str, Any], pattern: Pattern) -> Known:
        """Return a call that has a key, to compare others with."""
        known = self.known(pattern, [arguments[name] for name in self.required])
        for name in self.required:
            setattr(known, f"size_{name}", arguments[name].shape)
        for name in self.optional:
            value = arguments[name]
            absent = value is None or value.__class__ is float
            setattr(known, f"option_{name}", value if absent else ...)
            setattr(known, f"size_{name}", None if absent else value.shape)
        for name in self.options:
            setattr(known, f"option_{name}", arguments[name])
        return known


_PLAIN = frozenset((str, int, float, bool, type(None)))


def _is_lasting(option: Any) -> bool:
    """Tell whether an option is a function that belongs to its module: keeping it keeps nothing else alive."""
    if isinstance(option, FunctionType):
        return option.__closure__ is None
    return isinstance(option, BuiltinFunctionType)


@cache
def signature(function: FunctionType) -> Signature:
    """Return which parameters of a loss function are tensors."""
    required, optional, options = [], [], []
    for name, parameter in inspect.signature(function).parameters.items():
        annotation = str(parameter.annotation)
        if name in ("self", "size_average", "reduce"):
            continue
        if "Callable" in annotation or "Tensor" not in annotation:
            options.append(name)
        elif parameter.default is inspect.Parameter.empty and "|" not in annotation and "Union" not in annotation:
            required.append(name)
        else:
            optional.append(name)
    slots = [f"size_{name}" for name in (*required, *optional)] + [f"option_{name}" for name in (*optional, *options)]
    known = type("Known", (Known,), {"__slots__": tuple(slots), "__module__": __name__})
    return Signature(tuple(required), tuple(optional), tuple(options), known)


def _alike(tensors: Sequence[torch.Tensor]) -> Alike:
    """Return a function that tells whether tensors are like these: all but strides and elements."""
    guards = _guards() if tensors else None
    if guards is not None:
        sizes = [list(tensor.shape) for tensor in tensors]
        strides = [[None] * len(each) for each in sizes]  # not compared
        check: Alike = guards(*tensors, dynamic_dims_sizes=sizes, dynamic_dims_strides=strides).check
        if check(*tensors):
            return check  # it refuses one tensor given twice
    like = [_kind(tensor) for tensor in tensors]
    return lambda *others: [_kind(tensor) for tensor in others] == like


NOTHING = Known(Pattern(_alike.__code__), ())
"""What no call is like."""


def _kind(tensor: Any) -> tuple[Any, ...]:
    return tensor.__class__, tensor.shape, tensor.dtype, tensor.device, tensor.requires_grad


@cache
def _guards() -> Any:
    try:
        from torch._C._dynamo.guards import TensorGuards
    except ImportError:
        return None
    return TensorGuards
