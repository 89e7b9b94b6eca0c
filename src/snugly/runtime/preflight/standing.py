"""Stand-ins for the tensors of models while a step runs, shadows or copies, and optimizers that hold still."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from snugly.facts.records import dataclass, field
from snugly.runtime.preflight.batches import batch_axis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import torch
    from torch import nn

    from snugly.runtime.preflight.shadows import Shadows


@dataclass(slots=True)
class StandIns:
    """The stand-ins of one run.

    Attributes:
        make: returns a stand-in for a tensor.
        of: the stand-in for each tensor, by the identity of the tensor.
        parameters: the stand-ins of parameters that require a gradient, by name.
        reached: names of those that a gradient reached.
    """

    make: Callable[[torch.Tensor], torch.Tensor]
    of: dict[int, torch.Tensor] = field(default_factory=dict)
    parameters: dict[str, torch.Tensor] = field(default_factory=dict)
    reached: set[str] = field(default_factory=set)
    _watching: list[Any] = field(default_factory=list)

    def fill(self, models: Mapping[str, nn.Module]) -> None:
        """Put stand-ins into the modules; ``left_as_it_was`` takes them out again."""
        for prefix, model in models.items():
            for path, module in model.named_modules():
                for table in (module._parameters, module._buffers):
                    for name, tensor in table.items():
                        if tensor is not None:
                            made = self._stand_in(".".join(part for part in (prefix, path, name) if part), tensor)
                            table[name] = made
            for module in model.modules():
                self._replace_held(module)

    def _stand_in(self, name: str, tensor: torch.Tensor) -> torch.Tensor:
        made = self.of.get(id(tensor))
        if made is not None:
            return made
        made = self.of[id(tensor)] = self.make(tensor)
        self.of[id(made)] = made  # a module that two models share has its stand-ins already
        if made.is_leaf:  # it may have served in another run
            made.grad = None
            made.requires_grad_(tensor.requires_grad)
        if made.requires_grad and made.is_leaf:
            self.parameters[name] = made
            self._watching.append(made.register_post_accumulate_grad_hook(lambda _: self.reached.add(name)))
        return made

    def leave(self) -> None:
        """Watch the stand-ins no longer."""
        for each in self._watching:
            each.remove()

    def _replace_held(self, module: nn.Module) -> None:
        """Replace tensors that a module keeps beside its own tables: in lists, as recurrent layers do, and plainly."""
        import torch

        for name, held in list(vars(module).items()):
            if type(held) is list and any(id(each) in self.of for each in held):
                vars(module)[name] = [self.of.get(id(each), each) for each in held]
            elif isinstance(held, torch.Tensor):
                vars(module)[name] = self.of.setdefault(id(held), self.make(held))

    @property
    def without_gradient(self) -> list[str]:
        """Names of the parameters that require a gradient and got none."""
        return [name for name in self.parameters if name not in self.reached]

    @contextmanager
    def holding_still(self, steppers: Iterable[Any]) -> Iterator[None]:
        """Let optimizers, schedulers and gradient scalers do nothing, but forget the gradients of the stand-ins."""
        kept = [(stepper, dict(vars(stepper))) for stepper in steppers]
        for stepper, _ in kept:
            self._hold(stepper)
        try:
            yield
        finally:
            for stepper, state in kept:
                vars(stepper).clear()
                vars(stepper).update(state)

    def _hold(self, stepper: Any) -> None:
        def step(*given: Any, **_: Any) -> Any:
            closure = next((each for each in given if callable(each)), None)
            return closure() if closure is not None else None

        def zero_grad(*_: Any, **__: Any) -> None:
            for group in stepper.param_groups:
                for tensor in group["params"]:
                    if id(tensor) in self.of:
                        self.of[id(tensor)].grad = None

        state = vars(stepper)
        state["step"] = step
        if hasattr(stepper, "param_groups"):
            state["zero_grad"] = zero_grad
        if hasattr(stepper, "unscale_"):
            state.update(scale=lambda loss: loss, unscale_=lambda _: None, update=lambda *_: None)


@cache
def is_there(device: str | None) -> bool:
    """Tell whether this machine has a device."""
    import torch

    kind = (device or "cpu").partition(":")[0]
    if kind == "cpu":
        return True
    accelerator = torch.accelerator.current_accelerator() if hasattr(torch, "accelerator") else None
    return bool(torch.cuda.is_available() if accelerator is None else accelerator.type == kind)


def shadowing(shadows: Shadows, device: str | None = None, samples: int | None = None) -> Callable[[Any], Any]:
    """Return what makes the shadow of a tensor.

    Args:
        shadows: the run.
        device: where it stands; where the tensor does otherwise.
        samples: the number of samples, for tensors of a batch: the first axis of that size becomes the batch axis.
    """
    import torch

    place = None if device is None else torch.device(device)
    if place is not None and place.type == "cuda" and place.index is None:
        place = torch.device("cuda", 0)
    return lambda tensor: shadows.of(tensor, None if samples is None else batch_axis(tensor, samples), place)


def copies(tensor: torch.Tensor) -> torch.Tensor:
    """Return a copy on the CPU, a parameter where the tensor is one."""
    import torch

    made = torch.zeros_like(tensor, device="cpu") if tensor.device.type == "meta" else tensor.detach().clone().to("cpu")
    if isinstance(tensor, torch.nn.Parameter):
        return torch.nn.Parameter(made, requires_grad=tensor.requires_grad)
    return made.requires_grad_(tensor.requires_grad and tensor.is_leaf)
