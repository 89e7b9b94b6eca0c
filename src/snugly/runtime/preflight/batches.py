"""Batches of another size: which axis of a tensor the samples lie along, and stand-ins with fewer or more of them."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass, field
from snugly.runtime.preflight.formation import at_lead

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

# Functions that carry labels on without mixing samples up; they are done with the real labels too.
CARRYING = frozenset((
    "view", "reshape", "flatten", "squeeze", "unsqueeze", "transpose", "permute", "t", "contiguous", "clone", "detach",
    "long", "int", "float", "double", "half", "bool", "to", "type", "__getitem__", "one_hot", "movedim", "expand",
))  # fmt: skip
_MOST_CARRIED = 1 << 22


def mapped(batch: Any, change: Callable[[torch.Tensor], Any]) -> Any:
    """Return a batch of the same form with every tensor changed, in order; what holds no tensor is kept."""
    import torch

    if isinstance(batch, torch.Tensor):
        return change(batch)
    if isinstance(batch, (list, tuple)):
        items = [mapped(each, change) for each in batch]
        if hasattr(batch, "_fields"):
            return type(batch)(*items)
        return type(batch)(items) if type(batch) in {list, tuple} else items
    if isinstance(batch, MutableMapping):
        made = copy.copy(batch)
        for key, each in batch.items():
            made[key] = mapped(each, change)
        return made
    if hasattr(batch, "__dict__") and not isinstance(batch, type) and not callable(batch):
        held = {name: mapped(each, change) for name, each in vars(batch).items()}
        if any(held[name] is not each for name, each in vars(batch).items()):
            made = copy.copy(batch)
            vars(made).update(held)
            return made
    return batch


def tensors_of(batch: Any) -> list[torch.Tensor]:
    """Return the tensors in a batch, in order."""
    found: list[torch.Tensor] = []

    def take(tensor: torch.Tensor) -> torch.Tensor:
        found.append(tensor)
        return tensor

    mapped(batch, take)
    return found


def batch_size(batch: Any) -> int | None:
    """Return the number of samples of a batch: the first size that most of its tensors share."""
    tensors = [tensor for tensor in tensors_of(batch) if tensor.dim()]
    sizes: Counter[int] = Counter(int(tensor.size(0)) for tensor in tensors)
    if not sizes:
        return None
    most = sizes.most_common()
    if len(most) > 1 and most[0][1] == most[1][1]:  # (T, N, F) beside (N,): the size that every tensor has somewhere
        shared = [size for size, _ in most if all(size in tensor.shape for tensor in tensors)]
        return shared[-1] if shared else most[0][0]
    return most[0][0]


def batch_axis(tensor: torch.Tensor, size: int) -> int | None:
    """Return the axis of a tensor that the samples lie along; ``None`` when there is none."""
    return next((axis for axis, here in enumerate(tensor.shape) if here == size), None)


def resized(tensor: torch.Tensor, axis: int, size: int) -> torch.Tensor:
    """Return a tensor with another number of samples, without copying: a slice, or the first sample repeated."""
    if size <= tensor.size(axis):
        return tensor.narrow(axis, 0, size)
    return tensor.narrow(axis, 0, 1).expand(*tensor.shape[:axis], size, *tensor.shape[axis + 1 :])


def of_size(batch: Any, given: int, size: int) -> Any:
    """Return a real batch of ``size`` samples."""

    def cut(tensor: torch.Tensor) -> torch.Tensor:
        axis = batch_axis(tensor, given)
        return tensor if axis is None or size == given else resized(tensor, axis, size)

    return mapped(batch, cut)


@dataclass(slots=True)
class Twins:
    """The real tensor that each stand-in of a batch stands for, as long as it is carried on unmixed.

    A twin is kept as a recipe, so that the labels of further batches can be led the same way.
    """

    real: dict[int, tuple[Any, torch.Tensor]] = field(default_factory=dict)
    recipes: dict[int, Callable[[list[Any]], Any]] = field(default_factory=dict)

    def add(self, stand_in: torch.Tensor, real: torch.Tensor, leaf: int) -> None:
        """Remember the tensor that a leaf of the batch stands for."""
        self.real[id(stand_in)] = (stand_in, real)
        self.recipes[id(stand_in)] = lambda leaves: leaves[leaf]

    def add_constant(self, stand_in: torch.Tensor, real: torch.Tensor) -> None:
        """Remember a tensor that the step itself wrote out."""
        self.real[id(stand_in)] = (stand_in, real)

    def of(self, stand_in: Any) -> torch.Tensor | None:
        """Return the real tensor that a stand-in stands for."""
        found = self.real.get(id(stand_in))
        return found[1] if found is not None and found[0] is stand_in else None

    def carry(self, func: Callable[..., Any], args: Any, kwargs: Any, result: Any) -> None:
        """Do to the real tensor what was done to its stand-in, if that carries its elements on."""
        import torch

        if not args or getattr(func, "__name__", "") not in CARRYING or not isinstance(result, torch.Tensor):
            return
        real = self.of(args[0])
        if real is None or real.numel() > _MOST_CARRIED:
            return
        rest = tuple(at_lead(each) for each in args[1:])
        if any(not _constant(each) for each in torch.utils._pytree.tree_leaves((rest, kwargs))):
            return
        try:
            self.real[id(result)] = (result, func(real, *rest, **kwargs))
        except Exception:  # the twin has another size than the stand-in: its elements are not known
            return
        recipe = self.recipes.get(id(args[0]))
        if recipe is not None:
            self.recipes[id(result)] = lambda leaves: func(recipe(leaves), *rest, **kwargs)


def _constant(value: Any) -> bool:
    import torch

    return value is None or isinstance(value, (int, float, str, torch.dtype, slice, type(...)))


def stand_in_batch(batch: Any, make: Callable[[torch.Tensor], torch.Tensor]) -> tuple[Any, Twins]:
    """Return a batch of stand-ins, and the real tensor that each stands for."""
    twins = Twins()

    def stand_in(tensor: torch.Tensor) -> torch.Tensor:
        made = make(tensor.detach())
        twins.add(made, tensor.detach(), len(twins.real))
        return made

    return mapped(batch, stand_in), twins
