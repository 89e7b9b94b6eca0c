"""The layers of a model as a run met them: shapes in and out, and the memory kept for the backward pass."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass
from snugly.runtime.preflight.outcomes import sizes_at
from snugly.runtime.preflight.shadows import is_shadow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from snugly.facts.tensors import Shape


@dataclass(slots=True)
class Layer:
    """One call of a module that has no modules inside.

    Attributes:
        name: its path in the model, such as ``"layer1.0.conv2"``.
        kind: its class.
        inputs: the shape of each tensor that went in.
        output: the shape of the first tensor that came out.
        parameters: how many numbers it holds.
        saved: bytes kept for the backward pass during the call.
    """

    name: str
    kind: str
    inputs: tuple[Shape, ...]
    output: Shape | None
    parameters: int
    saved: int = 0


class Recorder:
    """Watches the modules of a model through hooks, and autograd through its saved tensors."""

    def __init__(self) -> None:
        """Start empty."""
        self.layers: list[Layer] = []
        self.saved = 0
        self._open: list[list[int]] = []
        self._storages: set[int] = set()
        self._kept: list[Any] = []

    @contextmanager
    def watching(self, models: Mapping[str, Any]) -> Iterator[None]:
        """Record the calls of every leaf module."""
        handles = []
        for prefix, model in models.items():
            for path, module in model.named_modules():
                if next(module.children(), None) is None:
                    name = ".".join(part for part in (prefix, path) if part) or type(module).__name__
                    handles += self._watch(name, module)
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _watch(self, name: str, module: Any) -> list[Any]:
        parameters = sum(each.numel() for each in module.parameters())
        kind = type(module).__name__

        def before(_module: Any, _args: Any) -> None:
            self._open.append([0])

        def after(_module: Any, args: Any, output: Any) -> None:
            saved = self._open.pop()[0] if self._open else 0
            self.layers.append(Layer(name, kind, tuple(_shapes(args)), next(_shapes(output), None), parameters, saved))

        return [module.register_forward_pre_hook(before), module.register_forward_hook(after)]

    @contextmanager
    def saving(self) -> Iterator[None]:
        """Count the bytes of what autograd keeps, each storage once and parameters not at all."""
        import torch

        def pack(tensor: Any) -> Any:
            if not isinstance(tensor, torch.nn.Parameter) and not (tensor.is_leaf and tensor.requires_grad):
                self._count(tensor)
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            yield

    def _count(self, tensor: Any) -> None:
        memory = tensor.memory if is_shadow(tensor) else tensor.untyped_storage()
        key = id(memory) if is_shadow(tensor) else memory._cdata
        if key in self._storages:
            return
        self._storages.add(key)
        self._kept.append(memory)
        size = memory.bytes if is_shadow(tensor) else memory.nbytes()
        self.saved += size
        if self._open:
            self._open[-1][0] += size


def _shapes(value: Any) -> Iterator[Shape]:
    import torch

    for leaf in torch.utils._pytree.tree_leaves(value):
        if isinstance(leaf, torch.Tensor):
            yield sizes_at(leaf)
