"""Where samples first meet: the operation of the model that brings them together, and the one that lost them before.

The model runs three times under a mode that sees every operation: as it ran, with some samples exchanged, with the
others exchanged. An element that changed in both was made of several samples. Going back from there, the last
operation whose argument still had an axis of samples, and whose result has none, is the one to mend.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass, field
from snugly.runtime.frames import expression, is_user_file
from snugly.runtime.samples.makers import NOBODY, SEVERAL, changed, sample_axis
from snugly.runtime.samples.rerunning import Rerun

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import torch

    from snugly.facts.origins import Place
    from snugly.runtime.samples.makers import Batch

MOST_SEEN = 2**15
"""Of a larger tensor evenly spaced slices are compared."""
MOST_OPERATIONS = 20_000


@dataclass(slots=True)
class Value:
    """A tensor that an operation took or made.

    Attributes:
        shape: its sizes.
        seen: its elements, or some of them.
        labels: 0 or 1 for the half of the samples that made an element, or ``NOBODY`` or ``SEVERAL``.
        maker: the number of the operation that made it; ``None`` for an argument of the model.
        trained: it is a parameter of the model, or was made of one.
    """

    shape: tuple[int, ...]
    seen: torch.Tensor
    labels: torch.Tensor
    maker: int | None = None
    trained: bool = False

    @property
    def touched(self) -> bool:
        """Whether samples made any of it."""
        return bool((self.labels != NOBODY).any())

    @property
    def mixed(self) -> bool:
        """Whether several samples made an element of it."""
        return bool((self.labels == SEVERAL).any())

    @property
    def axis(self) -> int | None:
        """The axis of samples."""
        return sample_axis(self.labels)


@dataclass(slots=True)
class Operation:
    """An operation of torch that the model ran.

    Attributes:
        name: without its overload.
        inputs: the tensors it took, by number.
        outputs: the tensors it made.
    """

    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(slots=True)
class Trace:
    """A run of a model, operation by operation."""

    operations: list[Operation] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Layer:
    """A module that was running.

    Attributes:
        name: in the model.
        module: it.
        single: it was given one sequence: without a batch, or a batch of one.
    """

    name: str
    module: Any
    single: bool = False


@dataclass(frozen=True, slots=True)
class Meeting:
    """Where samples meet.

    Attributes:
        lost: the operation to mend, by which the axis of samples gets lost.
        met: the operation that brings samples together; ``None`` where the loss does.
        trace: what was run.
        place: of ``lost``, in the user's source.
        text: the source there.
        met_place: of ``met``.
        met_text: the source there.
        layers: the modules that ran ``lost``, the innermost first.
        met_layers: the same for ``met``.
    """

    lost: Operation
    met: Operation | None
    trace: Trace
    place: Place | None
    text: str
    met_place: Place | None
    met_text: str
    layers: tuple[Layer, ...]
    met_layers: tuple[Layer, ...]


def locate(rerun: Rerun, batch: Batch, chosen: torch.Tensor) -> Meeting | None:
    """Return where samples that were chosen meet the others; ``None`` where that is not seen.

    Args:
        rerun: the model.
        batch: the samples.
        chosen: a truth value for each sample.
    """
    trace = Trace()
    ends: list[int] = []
    runs = (batch.leaves, batch.exchanged(chosen), batch.exchanged(~chosen))
    for number, leaves in enumerate(runs):
        watching = _mode(trace, number)
        results = rerun(leaves, modes=[watching])
        if not watching.alike:
            return None
        ends = [found for each in results if (found := watching.number(each)) is not None]
    found = _meeting(trace, ends)
    if found is None:
        return None
    lost, met = found
    stops = {lost: _Stop(), **({} if met is None else {met: _Stop()})}
    rerun(batch.leaves, modes=[_mode(trace, len(runs), stops)])
    at, last = stops[lost], stops[met] if met is not None else _Stop()
    operation = None if met is None else trace.operations[met]
    return Meeting(
        trace.operations[lost],
        None if met == lost else operation,
        trace,
        at.place,
        at.text,
        last.place,
        last.text,
        at.layers,
        last.layers,
    )


def _meeting(trace: Trace, ends: Sequence[int]) -> tuple[int, int | None] | None:
    """Return the numbers of the operation to mend and of the one that brings samples together."""
    needed = _leading_to(trace, ends)
    met = next((at for at in needed if any(trace.values[out].mixed for out in trace.operations[at].outputs)), None)
    at = met
    if at is None:
        scattered = [each for each in ends if trace.values[each].touched and trace.values[each].axis is None]
        at = trace.values[scattered[0]].maker if scattered else None
    while at is not None:
        lost = [
            each
            for each in trace.operations[at].inputs
            if trace.values[each].touched and trace.values[each].axis is None
        ]
        if not lost or trace.values[lost[0]].maker is None:
            return at, met
        at = trace.values[lost[0]].maker
    return None


def _leading_to(trace: Trace, ends: Sequence[int]) -> list[int]:
    """Return the operations that made some values, in the order in which they ran."""
    needed: set[int] = set()
    waiting = [trace.values[each].maker for each in ends]
    while waiting:
        at = waiting.pop()
        if at is None or at in needed:
            continue
        needed.add(at)
        waiting += [trace.values[each].maker for each in trace.operations[at].inputs]
    return sorted(needed)


@dataclass(slots=True)
class _Stop:
    """The source at which an operation runs, and the modules that it is a part of."""

    place: Place | None = None
    text: str = ""
    layers: tuple[Layer, ...] = ()


def _mode(trace: Trace, run: int, stops: dict[int, _Stop] | None = None) -> Any:
    """Return a mode that writes down the first run and compares the later ones with it."""
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils.weak import WeakTensorKeyDictionary

    class Watching(TorchDispatchMode):  # type: ignore[misc]  # torch is not followed
        """Sees every operation."""

        @classmethod
        def _should_skip_dynamo(cls) -> bool:
            return False  # asking it to would import torch's compiler, which takes seconds

        def __init__(self) -> None:
            super().__init__()
            self.alike = True
            self._numbers: Any = WeakTensorKeyDictionary()
            self._writers: dict[int, int] = {}
            self._at = 0
            self._next = 0

        def number(self, tensor: torch.Tensor) -> int | None:
            """Return the number of a tensor as it is now: what made it, or what wrote into its memory since."""
            made: int | None = self._numbers.get(tensor)
            return None if made is None else max(made, self._writers.get(_memory(tensor), made))

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if stops is not None and self._at in stops:
                _look_around(stops[self._at])
            inputs = [self._taken(each) for each in _tensors((args, kwargs))]
            result = func(*args, **(kwargs or {}))
            trained = any(trace.values[each].trained for each in inputs if each < len(trace.values))
            written = func._schema.is_mutable
            outputs = [self._made(each, self._at, written=written, trained=trained) for each in _tensors(result)]
            self._note(func.overloadpacket.__name__, tuple(inputs), tuple(outputs))
            return result

        def _taken(self, tensor: torch.Tensor) -> int:
            known = self.number(tensor)
            if known is not None:
                return known
            return self._made(tensor, None, trained=isinstance(tensor, torch.nn.Parameter))

        def _made(
            self, tensor: torch.Tensor, maker: int | None, *, written: bool = False, trained: bool = False
        ) -> int:
            number = self._next
            self._next += 1
            self._numbers[tensor] = number
            if written:
                self._writers[_memory(tensor)] = number
            seen = _some(tensor.detach())
            if run == 0:
                unmade = seen.new_full(seen.shape, NOBODY, dtype=torch.int8)
                trace.values.append(Value(tuple(tensor.shape), seen.clone(), unmade, maker, trained))
            elif number >= len(trace.values) or trace.values[number].seen.shape != seen.shape:
                self.alike = False
            elif run <= 2:
                _compare(trace.values[number], seen, run)
            return number

        def _note(self, name: str, inputs: tuple[int, ...], outputs: tuple[int, ...]) -> None:
            if run == 0:
                trace.operations.append(Operation(name, inputs, outputs))
                self.alike = len(trace.operations) <= MOST_OPERATIONS
            elif self._at >= len(trace.operations) or trace.operations[self._at] != Operation(name, inputs, outputs):
                self.alike = False
            self._at += 1

    return Watching()


def _compare(value: Value, seen: torch.Tensor, run: int) -> None:
    """Mark what changed: by the chosen samples in the first comparing run, by the others in the second."""
    moved = changed(value.seen, seen)
    if run == 1:
        value.labels.masked_fill_(moved, 1)
    else:
        value.labels.copy_(value.labels.masked_fill(moved & (value.labels == 1), SEVERAL))
        value.labels.masked_fill_(moved & (value.labels == NOBODY), 0)


def _look_around(stop: _Stop) -> None:
    """Note the user's line that runs, and the modules, as far as the model goes."""
    import torch

    frame: Any = sys._getframe(2)
    layers: list[tuple[Any, bool]] = []
    user = None
    single = False
    while frame is not None and frame.f_code is not Rerun._run.__code__:
        if user is None and is_user_file(frame.f_code.co_filename):
            user = frame
        if frame.f_code.co_name == "forward":
            single = _is_single(frame.f_locals)
        module = frame.f_locals.get("self") if frame.f_code.co_name == "_call_impl" else None
        if isinstance(module, torch.nn.Module):
            layers.append((module, single))
        frame = frame.f_back
    if user is not None:
        at = expression(user)
        stop.place, stop.text = at.place, at.text
    names = {id(each): name for name, each in layers[-1][0].named_modules()} if layers else {}
    stop.layers = tuple(Layer(names.get(id(module), ""), module, alone) for module, alone in layers)


def _is_single(variables: Mapping[str, Any]) -> bool:
    """Tell whether a recurrent or attending layer of torch has one sequence, given the variables of its ``forward``."""
    given = variables.get("input", variables.get("query"))
    sizes = getattr(given, "shape", (0, 0))[:2]
    return variables.get("is_batched") is False or 1 in tuple(sizes)


def _tensors(value: Any) -> list[torch.Tensor]:
    import torch
    from torch.utils import _pytree as pytree

    return [each for each in pytree.tree_leaves(value) if isinstance(each, torch.Tensor)]


def _memory(tensor: torch.Tensor) -> int:
    import torch

    return tensor.untyped_storage().data_ptr() if tensor.layout is torch.strided else id(tensor)


def _some(tensor: torch.Tensor) -> torch.Tensor:
    """Return a tensor, or evenly spaced slices of its longest axes; of a sparse one nothing."""
    import torch

    tensor = tensor if tensor.layout is torch.strided else tensor.new_empty(0)
    while tensor.numel() > MOST_SEEN:
        axis = max(range(tensor.dim()), key=lambda at: tensor.shape[at])
        step = min(tensor.shape[axis] - 1, -(-tensor.numel() // MOST_SEEN))
        tensor = tensor[(slice(None),) * axis + (slice(None, None, max(2, step)),)]
    return tensor
